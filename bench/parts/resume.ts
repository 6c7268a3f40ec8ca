/** How soon an upload of ten thousand parts sends again: from the call to the first byte of the part that is missing. */
import { closeSync, ftruncateSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { Bucket, resumableUpload, UploadError } from '../../src/index.js'
import { startServe } from '../../test/interop/serving.js'
import type { Verdict } from '../speed/goals.js'
import type { PartsPlace } from './parts.js'

/** The smallest there may be: how many there are is what counts here. */
const partSize = 100 * 1024

export async function resumeManyParts({ folder, quick }: PartsPlace): Promise<readonly Verdict[]> {
  const parts = quick ? 300 : 10_000
  const file = join(folder, 'file.bin')
  const fd = openSync(file, 'w')
  ftruncateSync(fd, parts * partSize)
  closeSync(fd)
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
    const common = { store: join(folder, 'store'), partSize, multipartThreshold: 0 }
    const stop = new AbortController()
    let stored = 0
    await resumableUpload(bucket, 'file.bin', file, {
      ...common,
      numThreads: 8,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'part-stored' && ++stored === parts - 20)
          stop.abort(new Error('as far as it should'))
      },
    }).catch((error: unknown) => {
      if (!(error instanceof UploadError) || error.code !== 'cancelled') throw error
    })
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
    await server.stop()
  }
}
