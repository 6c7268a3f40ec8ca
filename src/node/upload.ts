/** The documented call: a bucket, a key and a file become one run of the engine after another, until one says it is done. */
import { type Discarded, discardUpload as discardWithEngine } from '../engine/discard.js'
import { UploadError } from '../engine/errors.js'
import type { OnEvent, UploadEvent } from '../engine/events.js'
import { createUpload, type Upload } from '../engine/handle.js'
import type { CancelSignal, CheckpointStore } from '../engine/ports.js'
import { quietly } from '../engine/quiet.js'
import { createStateKeeper } from '../engine/state.js'
import { runUpload, type UploadResult } from '../engine/upload.js'
import { createDigester } from '../services/digester.js'
import { checkHeaders } from '../services/oss/headers.js'
import { checkKey } from '../services/oss/names.js'
import { openFileSource } from '../sources/file.js'
import { createPoolFor } from '../sources/pool.js'
import { Bucket } from './bucket.js'
import { withTransport } from './connection.js'
import { rememberingFailures } from './last-error.js'
import { checkOptions, type UploadOptions } from './options.js'
import { createNodeRuntime } from './runtime.js'
import { storeOf } from './store.js'
import { withPartWorkers } from './workers/part-workers.js'

/**
 * Uploads a file and goes on where an earlier call for the same bucket and key stopped, whatever stopped it. Resolves
 * when the object exists and its CRC-64 is the file's; rejects with an `UploadError`, after which the same call goes on.
 *
 * @param bucket a `Bucket`, or a bucket's name with the rest from the environment (see `Bucket.fromEnvironment`)
 * @param key the object's name, 1 to 1023 bytes of UTF-8, not beginning with `/` or `\`
 * @param filename the local file
 */
export async function resumableUpload(
  bucket: Bucket | string,
  key: string,
  filename: string,
  options: UploadOptions = {},
): Promise<UploadResult> {
  return startUpload(bucket, key, filename, options).done
}

/**
 * The same as a handle that can be paused, resumed and discarded, and tells at any moment what it is doing. Wrong
 * arguments reject its `done`.
 *
 * ```ts
 * const upload = startUpload(bucket, 'exampledir/object.dat', '/data/local.dat')
 * const { kind, waiting } = upload.state()
 * if (kind === 'waiting') console.log(`${waiting[0]?.message} Since ${new Date(waiting[0]?.since ?? 0)}.`)
 * await upload.done
 * ```
 */
export function startUpload(
  bucket: Bucket | string,
  key: string,
  filename: string,
  options: UploadOptions = {},
): Upload {
  const keeper = createStateKeeper(createNodeRuntime())
  const onEvent = (event: UploadEvent): unknown => {
    keeper.hear(event)
    return options.onEvent?.(event)
  }
  return createUpload({
    run: (signal) => runOnce(bucket, key, { filename, options, signal, onEvent }),
    discard: async () => {
      const { store, headers, retry } = options
      await discardUpload(bucket, key, { store, headers, onEvent, retry })
    },
    signal: options.signal,
    keeper,
  })
}

async function runOnce(
  bucket: Bucket | string,
  key: string,
  work: {
    readonly filename: string
    readonly options: UploadOptions
    readonly signal: CancelSignal
    readonly onEvent: OnEvent
  },
): Promise<UploadResult> {
  const { filename, options, signal, onEvent } = work
  const opened = bucketOf(bucket)
  const checked = checkOptions(key, options)
  const checkpoints = storeOf(options.store)
  if (typeof filename !== 'string' || filename === '') {
    throw new UploadError('invalid-argument', 'The file to upload must be given by its path.')
  }
  const pool = createPoolFor(checked.mostThreads)
  const source = await openFileSource(filename, { pool })
  try {
    const identity = await source.identity()
    const { mostThreads, limitRate } = checked
    const way = { numThreads: mostThreads, limitRate, network: opened.network }
    return await withTransport(way, async (transport) => {
      const { service, close } = withPartWorkers(opened.serviceOver(transport), {
        ...opened.forWorkers(),
        workers: identity.size < checked.multipartThreshold ? 0 : checked.workers,
        numThreads: mostThreads,
        filename,
        identity,
        onEvent: quietly(onEvent),
      })
      try {
        const runtime = createNodeRuntime()
        return await rememberingFailures(checkpoints, { runtime, onEvent: quietly(onEvent) }, (remembering) =>
          runUpload(
            { service, source, checkpoints: remembering, digester: createDigester(), runtime },
            { ...checked, key, signal, progressCallback: options.progressCallback, onEvent },
          ),
        )
      } finally {
        await close()
      }
    })
  } finally {
    await source.close()
  }
}

export interface DiscardOptions {
  readonly store?: string | CheckpointStore | undefined
  /** Only what the requests themselves need, such as `x-oss-request-payer`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly signal?: AbortSignal | undefined
  readonly steal?: boolean | undefined
  readonly onEvent?: OnEvent | undefined
  readonly retry?: UploadOptions['retry']
}

/**
 * Aborts the unfinished upload of this key at the service and forgets it. Does nothing when there is none. An upload that
 * had already become an object is left as it is.
 *
 * @returns the ids that were aborted, and whether the object turned out to be complete
 */
export async function discardUpload(
  bucket: Bucket | string,
  key: string,
  options: DiscardOptions = {},
): Promise<Discarded> {
  const opened = bucketOf(bucket)
  checkKey(key)
  const checkpoints = storeOf(options.store)
  return withTransport({ numThreads: 1, network: opened.network }, (transport) =>
    discardWithEngine(
      { service: opened.serviceOver(transport), checkpoints, runtime: createNodeRuntime() },
      {
        key,
        headers: checkHeaders(options.headers ?? {}),
        signal: options.signal ?? new AbortController().signal,
        steal: options.steal ?? false,
        noProgressForMs: options.retry?.noProgressForMs ?? 60_000,
        onEvent: options.onEvent,
      },
    ),
  )
}

export function bucketOf(bucket: Bucket | string): Bucket {
  return typeof bucket === 'string' ? Bucket.fromEnvironment(bucket) : bucket
}
