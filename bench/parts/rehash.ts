/** How fast parts of an earlier run are read again, against plain reading, and whether what is sent beside it suffers. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Bucket, resumableUpload, UploadError } from '../../src/index.js'
import { startServe } from '../../test/interop/serving.js'
import type { Verdict } from '../speed/goals.js'
import { randomFile } from '../speed/material.js'
import type { PartsPlace } from './parts.js'

const MiB = 1024 * 1024
const partSize = 8 * MiB

export async function rehash({ folder, quick }: PartsPlace): Promise<readonly Verdict[]> {
  const parts = quick ? 16 : 64
  const file = join(folder, 'file.bin')
  randomFile(file, parts * partSize)
  const server = await startServe({
    folder: join(folder, 'server'),
    durability: 'memory',
    buckets: ['bench'],
  })
  try {
    const { endpoint, region, accessKeyId, accessKeySecret } = server
    const bucket = new Bucket({
      endpoint,
      region,
      name: 'bench',
      credentials: { accessKeyId, accessKeySecret },
    })
    const upload = { bucket, file, store: join(folder, 'store') }
    await sendUntil({ ...upload, key: 'nearly', parts: parts - 1 })
    const plain = await plainReading(file, parts * partSize)
    const again = await goOn({ ...upload, key: 'nearly', limitRate: undefined })
    const rate = (again.keptBytes * 1000) / again.checkedMs
    await sendUntil({ ...upload, key: 'half', parts: parts / 2 })
    const limitRate = 64 * MiB
    const beside = await goOn({ ...upload, key: 'half', limitRate })
    const sendingRate = (beside.sentBytes * 1000) / beside.sentMs
    return [
      {
        what: `reading ${again.keptBytes / MiB} MiB again, CRC-64 and journal included, against plain reading`,
        bound: 'at least 0.8 times',
        measured: `${(rate / plain).toFixed(2)} times (${(rate / 1e6).toFixed(0)} of ${(plain / 1e6).toFixed(0)} MB/s)`,
        holds: rate >= 0.8 * plain,
      },
      {
        what: `sending at 64 MiB/s beside reading ${beside.keptBytes / MiB} MiB again`,
        bound: 'at least 0.95 times',
        measured: `${(sendingRate / limitRate).toFixed(2)} times`,
        holds: sendingRate >= 0.95 * limitRate,
      },
    ]
  } finally {
    await server.stop()
  }
}

interface Upload {
  readonly bucket: Bucket
  readonly key: string
  readonly file: string
  readonly store: string
}

async function sendUntil({
  bucket,
  key,
  file,
  store,
  parts,
}: Upload & { readonly parts: number }): Promise<void> {
  const stop = new AbortController()
  let stored = 0
  await resumableUpload(bucket, key, file, {
    store,
    partSize,
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'part-stored' && ++stored === parts) stop.abort(new Error('as far as it should'))
    },
  }).catch((error: unknown) => {
    if (!(error instanceof UploadError) || error.code !== 'cancelled') throw error
  })
}

async function goOn(upload: Upload & { readonly limitRate: number | undefined }): Promise<{
  readonly keptBytes: number
  readonly checkedMs: number
  readonly sentBytes: number
  readonly sentMs: number
}> {
  const { bucket, key, file, store, limitRate } = upload
  let resumedMs = 0
  let checkedMs = 0
  let sentMs = 0
  const { bytes } = await resumableUpload(bucket, key, file, {
    store,
    partSize,
    limitRate,
    onEvent: ({ type }) => {
      const nowMs = performance.now()
      if (type === 'resumed') resumedMs = nowMs
      if (type === 'part-kept') checkedMs = nowMs
      if (type === 'part-stored') sentMs = nowMs
    },
  })
  return {
    keptBytes: bytes.kept,
    checkedMs: checkedMs - resumedMs,
    sentBytes: bytes.sent,
    sentMs: sentMs - resumedMs,
  }
}

/** Bytes a second by two readers, block by block, as parts are read again. */
async function plainReading(file: string, size: number): Promise<number> {
  const handle = await open(file, 'r')
  const began = performance.now()
  let at = 0
  const reader = async (): Promise<void> => {
    const block = Buffer.allocUnsafe(MiB / 2)
    while (at < size) {
      const start = at
      at += block.length
      await handle.read(block, 0, block.length, start)
    }
  }
  await Promise.all([reader(), reader()])
  await handle.close()
  return (size * 1000) / (performance.now() - began)
}
