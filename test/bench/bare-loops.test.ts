/** The bare loops stand beside ours as yardsticks: they must send every byte, and what they compare must be able to differ. */
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { bringContestants, yardsticks } from '../../bench/speed/contestants.js'
import { manyFiles, randomFile } from '../../bench/speed/material.js'
import { runContestant } from '../../bench/speed/run.js'
import { type DiscardServer, startDiscardServer } from '../../bench/speed/server.js'
import { testCertificate } from '../transport/certificate.js'

const MiB = 1024 * 1024
/** The last part is shorter and ends within a block. */
const [size, partSize] = [5 * MiB + 12_345, 2 * MiB]

const folder = mkdtempSync(join(tmpdir(), 'longhaul-bare-'))
const ca = join(folder, 'ca.pem')
const file = join(folder, 'one.bin')
let server: DiscardServer

before(async () => {
  writeFileSync(ca, testCertificate)
  server = await startDiscardServer()
})
after(() => {
  server.end()
  rmSync(folder, { recursive: true, force: true })
})

const { present } = await bringContestants(yardsticks, { folder, say: () => {} })

for (const contestant of present) {
  const place = { bucket: 'bench', parallel: 2 } as const
  const oneBy = (scheme: 'http' | 'https') =>
    ({ ...place, kind: 'one', endpoint: server[scheme], key: 'one.bin', file, partSize }) as const

  test(`${contestant.title}: a file goes in parts, over HTTP and HTTPS, and a wrong byte at its end is told`, async () => {
    await server.know([randomFile(file, size).knowledge('one.bin', partSize)])
    for (const scheme of ['http', 'https'] as const) {
      const told = await runContestant(contestant, oneBy(scheme), { folder, ca })
      assert.ok(told.seconds > 0 && told.cpuSeconds > 0)
    }
    spoilAt(file, size - 1)
    await assert.rejects(
      runContestant(contestant, oneBy('http'), { folder, ca }),
      /partNumber=3.*the CRC-64 of what/,
    )
  })

  test(`${contestant.title}: all files of a folder go, and a wrong byte in the last of them is told`, async () => {
    const files = join(folder, 'files')
    const { knowledge } = manyFiles(files, 7)
    await server.know(knowledge)
    const asked = { ...place, kind: 'many', endpoint: server.http, folder: files } as const
    await runContestant(contestant, asked, { folder, ca })
    spoilAt(join(files, knowledge[0]?.key ?? ''), 0)
    await assert.rejects(runContestant(contestant, asked, { folder, ca }), /000000\.bin: the CRC-64 of what/)
  })
}

function spoilAt(path: string, position: number): void {
  const fd = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(fd, byte, 0, 1, position)
  writeSync(fd, Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, position)
  closeSync(fd)
}
