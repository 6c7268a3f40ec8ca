/** A bucket of a real server that keeps all in memory, and uploads to it that stop half-way. */
import { join } from 'node:path'
import { Bucket, resumableUpload, UploadError, type UploadOptions } from '../../src/index.js'
import { startServe } from '../../test/interop/serving.js'

export interface ServedBucket {
  readonly bucket: Bucket
  stop(): Promise<void>
}

export async function serveBucket(folder: string): Promise<ServedBucket> {
  const server = await startServe({
    folder: join(folder, 'server'),
    durability: 'memory',
    buckets: ['bench'],
  })
  const { endpoint, region, accessKeyId, accessKeySecret } = server
  const credentials = { accessKeyId, accessKeySecret }
  return {
    bucket: new Bucket({ endpoint, region, name: 'bench', credentials }),
    stop: () => server.stop(),
  }
}

/** Stops when so many parts are stored; those in flight then may be stored as well. */
export async function sendUntil(
  parts: number,
  {
    bucket,
    key,
    file,
    options,
  }: {
    readonly bucket: Bucket
    readonly key: string
    readonly file: string
    readonly options: UploadOptions
  },
): Promise<void> {
  const stop = new AbortController()
  let stored = 0
  await resumableUpload(bucket, key, file, {
    ...options,
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'part-stored' && ++stored === parts) stop.abort(new Error('as far as it should'))
    },
  }).catch((error: unknown) => {
    if (!(error instanceof UploadError) || error.code !== 'cancelled') throw error
  })
}
