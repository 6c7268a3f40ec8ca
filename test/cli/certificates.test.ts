/** A server whose certificate nobody knows: refused, believed by `--ca-file`, and with `--insecure` said loudly each time. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { bytesFrom, createWorld } from '../library/world.js'
import { testCertificate } from '../transport/certificate.js'
import { secureFront } from '../transport/secure-front.js'
import { runInProcess } from './in-process.js'

test('certificates of a file are believed, and insecure says so even where it was asked to be quiet', async (t) => {
  const world = await createWorld(t)
  const { accessKeyId, accessKeySecret } = world.server
  const bytes = bytesFrom(3, 300_000)
  const file = await world.file(bytes)
  const pem = join(world.folder, 'ca.pem')
  await writeFile(pem, testCertificate)
  const environment = {
    HOME: world.folder,
    LONGHAUL_STORE: world.store,
    OSS_ENDPOINT: await secureFront(t, world.server.port),
    OSS_ACCESS_KEY_ID: accessKeyId,
    OSS_ACCESS_KEY_SECRET: accessKeySecret,
  }
  const put = (...flags: string[]) =>
    runInProcess(
      ['put', '--quiet', '--retry-for', 'forever', ...flags, file, 'oss://examplebucket/a'],
      environment,
    )
  const unknown = await put()
  assert.equal(unknown.exitCode, 6)
  assert.match(unknown.err.join('\n'), /self-signed certificate.*\. Give .* --ca-file .* --insecure\.$/)
  const believed = await put('--ca-file', pem)
  assert.deepEqual([believed.exitCode, believed.err], [0, []])
  assert.deepEqual(await world.objectBytes('a'), bytes)
  for (let round = 0; round < 2; round += 1) {
    const unchecked = await put('--insecure')
    assert.equal(unchecked.exitCode, 0)
    assert.match(unchecked.err.join('\n'), /^WARNING: --insecure: no certificate is checked/)
  }
})
