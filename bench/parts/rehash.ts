/** How fast parts of an earlier run are read again, against plain reading, and whether what is sent beside it suffers. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Crc64 } from '../../src/checksum/crc64.js'
import { allocateInPlace } from '../../src/checksum/kernels.js'
import { type Bucket, resumableUpload } from '../../src/index.js'
import { inRounds, spreadText } from '../rounds.js'
import { randomFile } from '../speed/material.js'
import type { Verdict } from '../verdicts.js'
import type { PartsPlace } from './parts.js'
import { sendUntil, serveBucket } from './served-bucket.js'

const MiB = 1024 * 1024
const partSize = 8 * MiB

export async function rehash({ folder, quick }: PartsPlace): Promise<readonly Verdict[]> {
  const parts = quick ? 16 : 64
  const rounds = quick ? 1 : 3
  const file = join(folder, 'file.bin')
  randomFile(file, parts * partSize)
  const store = join(folder, 'store')
  const { bucket, stop } = await serveBucket(folder)
  try {
    const upload = { bucket, file, store }
    const begin = (key: string, count: number): Promise<void> =>
      sendUntil(count, { bucket, key, file, options: { store, partSize } })
    let keptBytes = 0
    const [plain, again, summed] = await inRounds(rounds, [
      { name: 'plain reading', run: () => plainReading(file, parts * partSize) },
      {
        name: 'reading again',
        async run() {
          await begin('nearly', parts - 1)
          const went = await goOn({ ...upload, key: 'nearly', limitRate: undefined })
          keptBytes = went.keptBytes
          return (went.keptBytes * 1000) / went.checkedMs
        },
      },
      { name: 'reading and CRC-64', run: () => summedReading(file, parts * partSize) },
    ])
    if (plain === undefined || again === undefined || summed === undefined) throw new Error('no standings')
    await begin('half', parts / 2)
    const limitRate = 64 * MiB
    const beside = await goOn({ ...upload, key: 'half', limitRate })
    const sendingRate = (beside.sentBytes * 1000) / beside.sentMs
    return [
      {
        what: `reading ${keptBytes / MiB} MiB again, CRC-64 and journal included, against plain reading, median of ${rounds}`,
        bound: 'at least 0.8 times',
        measured: `${again.ratio.toFixed(2)} times, ${spreadText(again.spread)} (${(again.rate / 1e6).toFixed(0)} of ${(plain.rate / 1e6).toFixed(0)} MB/s); a bare loop with CRC-64: ${summed.ratio.toFixed(2)} times`,
        holds: again.ratio >= 0.8,
      },
      {
        what: `sending at 64 MiB/s beside reading ${beside.keptBytes / MiB} MiB again`,
        bound: 'at least 0.95 times',
        measured: `${(sendingRate / limitRate).toFixed(2)} times`,
        holds: sendingRate >= 0.95 * limitRate,
      },
    ]
  } finally {
    await stop()
  }
}

interface Upload {
  readonly bucket: Bucket
  readonly key: string
  readonly file: string
  readonly store: string
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

/** The same with the CRC-64 of what was read: what Node takes for reading again before anything is ours. */
async function summedReading(file: string, size: number): Promise<number> {
  const handle = await open(file, 'r')
  const began = performance.now()
  let at = 0
  const reader = async (): Promise<void> => {
    const room = allocateInPlace(2 * MiB) ?? Buffer.alloc(2 * MiB)
    const crc = new Crc64()
    let turn = 0
    const next = (): Promise<Uint8Array> | undefined => {
      if (at >= size) return undefined
      const start = at
      at += MiB
      turn = MiB - turn
      const block = room.subarray(turn, turn + MiB)
      return handle.read(block, 0, MiB, start).then(() => block)
    }
    for (let reading = next(); reading !== undefined; ) {
      const block = await reading
      reading = next()
      crc.update(block)
    }
  }
  await Promise.all([reader(), reader()])
  await handle.close()
  return (size * 1000) / (performance.now() - began)
}
