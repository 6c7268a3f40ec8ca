/** Uploads what comes once and has no known end, such as the output of another program. */
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { UploadError } from '../engine/errors.js'
import type { StreamProgressCallback } from '../engine/stream-progress.js'
import { runStreamUpload } from '../engine/stream-upload.js'
import type { UploadResult } from '../engine/upload.js'
import { createDigester } from '../services/digester.js'
import { type BlockPool, createBlockPool } from '../sources/pool.js'
import { type ByteStream, createStreamSource } from '../sources/stream.js'
import type { Bucket } from './bucket.js'
import { withTransport } from './connection.js'
import { checkOptions, type UploadOptions } from './options.js'
import { createNodeRuntime } from './runtime.js'
import { defaultStore, storeOf } from './store.js'
import { bucketOf } from './upload.js'

export type { ByteStream, StreamProgressCallback }

export interface StreamOptions
  extends Omit<UploadOptions, 'verify' | 'adopt' | 'progressCallback' | 'workers'> {
  /**
   * Parts in flight at once, 1 to 100, with as many connections. `'auto'` is 4, since parts that are kept take memory or
   * disk. Default 1.
   */
  readonly numThreads?: number | 'auto' | undefined
  /**
   * Bytes of the first parts: 100 KiB to 5 GiB. Later parts are larger once a five-hundredth of what came before is more.
   * Default: 8 MiB, or what a file of `expectedSize` would get.
   */
  readonly partSize?: number | undefined
  /**
   * Bytes that the input may have, at most. Without it an input may have 33 TiB; with it, all that an object can, since
   * its parts begin larger. A smaller input does no harm. Default: not known.
   */
  readonly expectedSize?: number | undefined
  /**
   * Where parts of more than 16 MiB are kept until they are sent: a folder, or `'memory'`. Never more than
   * `numThreads + 1` parts are kept at a time. Default: the folder of the store, or that of temporary files where the store
   * is no folder.
   */
  readonly spool?: string | undefined
  /** What the input is called in messages. Default `the stream`. */
  readonly name?: string | undefined
  /** Called with the bytes done, and those in all once the input has ended. Never goes back. */
  readonly progressCallback?: StreamProgressCallback | undefined
}

/**
 * Uploads a stream of bytes. Resolves when the object exists and its CRC-64 is that of the bytes that came; rejects with
 * an `UploadError`. Each part is kept until it is sent, so that it can be sent again; but what came can't be read once
 * more, so nothing is resumable: whatever ends the call early also aborts the upload at the service, and where that fails
 * too, or the process is killed, the store remembers it for the next upload of the key and for `discardUpload`.
 *
 * An input smaller than `multipartThreshold` becomes one PutObject; an empty one an empty object. The input is closed in
 * every case. A producer that fails looks like one that has finished: destroy the stream with an error where it can be told.
 *
 * ```ts
 * const dump = spawn('pg_dump', ['db'], { stdio: ['ignore', 'pipe', 'inherit'] })
 * await uploadStream(bucket, 'backups/db.sql', dump.stdout, { numThreads: 4 })
 * ```
 */
export async function uploadStream(
  bucket: Bucket | string,
  key: string,
  input: ByteStream,
  options: StreamOptions = {},
): Promise<UploadResult> {
  const opened = bucketOf(bucket)
  const { store, spool, name = 'the stream', expectedSize, progressCallback, onEvent } = options
  if (typeof input?.[Symbol.asyncIterator] !== 'function') {
    throw new UploadError(
      'invalid-argument',
      'The input must be a Readable or another async iterable of bytes.',
    )
  }
  if (expectedSize !== undefined && !(Number.isSafeInteger(expectedSize) && expectedSize >= 0)) {
    throw new UploadError(
      'invalid-argument',
      `expectedSize must be a whole number of bytes from 0 on, not ${String(expectedSize)}.`,
    )
  }
  if (spool === '') throw new UploadError('invalid-argument', "The spool's folder name is empty.")
  const numThreads = options.numThreads === 'auto' ? autoNumThreads : (options.numThreads ?? 1)
  const checked = checkOptions(key, { ...options, numThreads, progressCallback: undefined })
  const checkpoints = storeOf(store)
  let pool: BlockPool | undefined
  const source = createStreamSource(input, {
    name,
    folder: folderOf(spool, store),
    pool: () => {
      pool ??= createBlockPool({ blocks: Math.min(2 * numThreads + 2, 64) })
      return pool
    },
  })
  try {
    return await withTransport({ ...checked, numThreads, network: opened.network }, (transport) =>
      runStreamUpload(
        {
          service: opened.serviceOver(transport),
          source,
          checkpoints,
          digester: createDigester(),
          runtime: createNodeRuntime(),
        },
        {
          ...checked,
          key,
          numThreads,
          expectedSize,
          progressCallback,
          onEvent,
          signal: options.signal ?? new AbortController().signal,
        },
      ),
    )
  } finally {
    await source.close()
  }
}

/** Parts kept are memory or disk, so their number is not left to a measurement. */
const autoNumThreads = 4

function folderOf(spool: string | undefined, store: StreamOptions['store']): string | undefined {
  if (spool === 'memory') return undefined
  if (spool !== undefined) return resolve(spool)
  if (typeof store === 'string') return resolve(store)
  return store === undefined ? defaultStore() : tmpdir()
}
