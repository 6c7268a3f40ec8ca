/** How well `limitRate` is kept on a real socket, counted where the bytes arrive. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { Bucket, createRateLimit, resumableUpload } from '../../src/index.js'
import { randomFile } from '../speed/material.js'
import { startDiscardServer } from '../speed/server.js'
import type { Verdict } from '../verdicts.js'

const MiB = 1024 * 1024
const rates = [1 * MiB, 20 * MiB, 100 * MiB]
/** The whole second, and each other one beginning a tick later. */
const tickMs = 50

export async function limitRows(place: {
  readonly folder: string
  readonly quick: boolean
  readonly say: (line: string) => void
}): Promise<readonly Verdict[]> {
  const forSeconds = place.quick ? 4 : 10
  const server = await startDiscardServer()
  const rows: Verdict[] = []
  try {
    for (const bytesPerSecond of place.quick ? rates.slice(0, 2) : rates) {
      const arrived = await measure({ ...place, bytesPerSecond, forSeconds, server })
      const all = arrived.slice(0, (forSeconds * 1000) / tickMs).reduce((sum, bytes) => sum + bytes, 0)
      const share = all / (bytesPerSecond * forSeconds)
      const most = mostInASecond(arrived) / bytesPerSecond
      const what = `limitRate ${bytesPerSecond / MiB} MiB/s`
      rows.push(
        {
          what: `${what}, over ${forSeconds} s`,
          bound: 'within 5 %',
          measured: `${(100 * share).toFixed(1)} %`,
          holds: Math.abs(share - 1) <= 0.05,
        },
        {
          what: `${what}, any one second`,
          bound: 'at most 1.1 times',
          measured: `${most.toFixed(2)} times`,
          holds: most <= 1.1,
        },
      )
    }
  } finally {
    server.end()
  }
  return rows
}

/** Bytes per tick from the first one on, as a proxy between client and server saw them. */
async function measure(options: {
  readonly folder: string
  readonly bytesPerSecond: number
  readonly forSeconds: number
  readonly server: Awaited<ReturnType<typeof startDiscardServer>>
}): Promise<readonly number[]> {
  const { folder, bytesPerSecond, forSeconds, server } = options
  const partSize = 8 * MiB
  const material = randomFile(join(folder, 'limited.bin'), bytesPerSecond * (forSeconds + 1))
  await server.know([material.knowledge('limited.bin', partSize)])
  const ticks: number[] = []
  let beganMs: number | undefined
  const proxy = createServer((near) => {
    const far = connect(Number(new URL(server.http).port), '127.0.0.1')
    near.on('data', (bytes) => {
      // What is no larger is a request's head.
      if (bytes.length < 2048 && beganMs === undefined) return
      beganMs ??= performance.now()
      const tick = Math.floor((performance.now() - beganMs) / tickMs)
      ticks[tick] = (ticks[tick] ?? 0) + bytes.length
    })
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const store = mkdtempSync(join(folder, 'store-'))
  try {
    const bucket = new Bucket({
      endpoint: `http://127.0.0.1:${port}`,
      name: 'bench',
      credentials: { accessKeyId: 'bench', accessKeySecret: 'bench' },
    })
    const limitRate = createRateLimit(bytesPerSecond)
    await resumableUpload(bucket, 'limited.bin', material.file, {
      store,
      partSize,
      multipartThreshold: 0,
      numThreads: 4,
      limitRate,
    })
  } finally {
    proxy.close()
    rmSync(store, { recursive: true, force: true })
    rmSync(material.file, { force: true })
  }
  return Array.from(ticks, (bytes) => bytes ?? 0)
}

function mostInASecond(ticks: readonly number[]): number {
  const width = 1000 / tickMs
  let most = 0
  for (let from = 0; from + width <= ticks.length; from += 1) {
    const sum = ticks.slice(from, from + width).reduce((all, bytes) => all + bytes, 0)
    most = Math.max(most, sum)
  }
  return most
}
