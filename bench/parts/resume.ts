/** How soon an upload of ten thousand parts sends again: from the call to the first byte of the part that is missing. */
import { closeSync, ftruncateSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { resumableUpload } from '../../src/index.js'
import type { Verdict } from '../verdicts.js'
import type { PartsPlace } from './parts.js'
import { sendUntil, serveBucket } from './served-bucket.js'

/** The smallest there may be: how many there are is what counts here. */
const partSize = 100 * 1024

export async function resumeManyParts({ folder, quick }: PartsPlace): Promise<readonly Verdict[]> {
  const parts = quick ? 300 : 10_000
  const file = join(folder, 'file.bin')
  const fd = openSync(file, 'w')
  ftruncateSync(fd, parts * partSize)
  closeSync(fd)
  const { bucket, stop } = await serveBucket(folder)
  try {
    const common = { store: join(folder, 'store'), partSize, multipartThreshold: 0 }
    await sendUntil(parts - 20, { bucket, key: 'file.bin', file, options: { ...common, numThreads: 8 } })
    const began = performance.now()
    let firstByteMs: number | undefined
    const { parts: counted } = await resumableUpload(bucket, 'file.bin', file, {
      ...common,
      numThreads: 4,
      onEvent: (event) => {
        if (event.type === 'progress' && event.sendingBytes + event.provedBytes > 0)
          firstByteMs ??= performance.now() - began
      },
    })
    const seconds = (firstByteMs ?? Number.NaN) / 1000
    return [
      {
        what: `resume of ${parts} parts: the first byte is sent`,
        bound: 'within 2 s',
        measured: `${seconds.toFixed(2)} s (${counted.kept} parts were there)`,
        holds: seconds <= 2,
      },
    ]
  } finally {
    await stop()
  }
}
