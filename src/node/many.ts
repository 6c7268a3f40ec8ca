/** Many files in one call: one limit, one pool of connections and of blocks, and one manifest for all of them. */
import { manifestStore } from '../checkpoints/manifests.js'
import { UploadError } from '../engine/errors.js'
import type { SkipRule } from '../many/compare.js'
import { assertDistinctKeys as assertDistinct, type Sources } from '../many/distinct.js'
import type { ManyEvent, ManySummary } from '../many/events.js'
import type { ManifestStore } from '../many/ports.js'
import { type ManyRequest, runMany } from '../many/run.js'
import { createDigester } from '../services/digester.js'
import { checkHeaders } from '../services/oss/headers.js'
import { checkKey } from '../services/oss/names.js'
import { createFiles } from '../sources/file.js'
import { createPoolFor } from '../sources/pool.js'
import type { Bucket } from './bucket.js'
import { withTransport } from './connection.js'
import { type CheckedOptions, checkOptions, type UploadOptions } from './options.js'
import { createNodeRuntime } from './runtime.js'
import { defaultStore, storeOf } from './store.js'
import { textDigest } from './text-digest.js'
import { bucketOf } from './upload.js'

/** Small files want other measures than parts do. */
const autoThreads = 4

export interface UploadManyOptions
  extends Omit<UploadOptions, 'adopt' | 'onEvent' | 'progressCallback' | 'workers'> {
  /**
   * Bodies in flight at once over all files together, small files and parts of large ones alike; 1 to 100, with as many
   * connections. `'auto'` is 4. Default 4.
   */
  readonly numThreads?: number | 'auto' | undefined
  /**
   * Names the run, so that a later call with the same name goes on with it: what one uploaded, and what has not changed
   * since, the other passes over. Two calls of one name at a time are not possible: the second gets `locked`. `false`:
   * nothing is remembered of the run as a whole, only of each unfinished file. Default `''`, one for the bucket.
   */
  readonly manifest?: string | false | undefined
  /**
   * Where manifests are, for a `store` that is no folder, such as `manifestStore('/var/lib/uploads')`. Without it such a
   * run is not remembered.
   */
  readonly manifests?: ManifestStore | undefined
  /**
   * Keep the manifest when nothing is left to do, so that the next run sends only what changed since this one, without
   * asking the service. Right for as long as nobody else changes the objects. Default false: a run that is done is
   * forgotten, and the same call later sends all files again.
   */
  readonly keepManifest?: boolean | undefined
  /** Kept in the manifest for `pendingRuns`: whatever it takes to make the same call again. Has to survive JSON. */
  readonly definition?: unknown
  /**
   * What to pass over by looking at the service, one HEAD per file. `'same'`: files whose object has their size, their
   * CRC-64 and their headers; such a file is read for it. `'existing'`: files whose key has an object, whatever is in it.
   * Default `'never'`.
   */
  readonly skip?: SkipRule | undefined
  /** The run ends once so many files have failed; 1: at the first. Default: never, all files are tried. */
  readonly maxFailures?: number | undefined
  /** As for one upload, for every file that is large enough for parts. Default false. */
  readonly adopt?: boolean | undefined
  readonly onEvent?: ((event: ManyEvent) => void) | undefined
  /** Called some ten times a second with bytes done and bytes in all, of the files met so far. Not awaited. */
  readonly progressCallback?: ((consumedBytes: number, totalBytes: number) => void) | undefined
}

/**
 * Uploads many files. Each is what `resumableUpload` makes of it, and a failed one stops no other. The sources are asked
 * for one by one as there is room, and never held: an async generator may tell a million.
 *
 * ```ts
 * const summary = await resumableUploadMany(bucket, [{ filename: '/data/a.jpg', key: 'photos/a.jpg' }], {
 *   manifest: 'photos',
 *   numThreads: 8,
 * })
 * for (const { filename, error } of summary.failures) console.log(`${filename}: ${error.code}`)
 * ```
 *
 * Resolves when all sources were tried, however many failed. Rejects with an `UploadManyError` (an `UploadError` with a
 * `summary`) when the run ended before: `cancelled` by the signal, no progress at all for the time allowed, `maxFailures`,
 * or the same failure of all of the first files; after which the same call goes on.
 */
export async function resumableUploadMany(
  bucket: Bucket | string,
  sources: Sources,
  options: UploadManyOptions = {},
): Promise<ManySummary> {
  const opened = bucketOf(bucket)
  const checked = checkManyOptions(options)
  const { mostThreads: numThreads } = checked
  const checkpoints = storeOf(options.store)
  const target = { service: opened.service, bucket: opened.name, name: options.manifest || '' }
  const manifest =
    options.manifest === false
      ? undefined
      : await manifestsOf(options)?.acquire(target, { steal: checked.steal })
  const pool = createPoolFor(numThreads)
  try {
    return await withTransport(
      { numThreads, limitRate: checked.limitRate, network: opened.network },
      (transport) =>
        runMany(
          {
            service: opened.serviceOver(transport),
            checkpoints,
            digester: createDigester(),
            runtime: createNodeRuntime(),
            files: createFiles(pool),
            textDigest,
            manifest,
          },
          sources,
          requestOf(options, checked),
        ),
    )
  } finally {
    await manifest?.release()
  }
}

/**
 * Looks through sources for two files that would become one object, so that it is known before anything is sent. They are
 * told twice, here and for the upload; some 45 bytes are held for each.
 *
 * @returns how many sources there are
 * @throws UploadError `invalid-argument`, naming both files
 */
export async function assertDistinctKeys(
  sources: () => Sources,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<number> {
  const { signal = new AbortController().signal } = options
  return assertDistinct(sources, { digest: textDigest, signal })
}

function requestOf(options: UploadManyOptions, checked: CheckedOptions): ManyRequest {
  return {
    ...checked,
    numThreads: checked.mostThreads,
    adopt: options.adopt ?? false,
    skip: options.skip ?? 'never',
    maxFailures: options.maxFailures ?? Number.POSITIVE_INFINITY,
    keepManifest: options.keepManifest ?? false,
    definition: options.definition,
    signal: options.signal ?? new AbortController().signal,
    onEvent: options.onEvent,
    progressCallback: options.progressCallback,
    check(source) {
      const { filename, key, headers } = source
      if (typeof filename !== 'string' || filename === '') {
        throw new UploadError('invalid-argument', 'A source must name its file by its path.')
      }
      checkKey(key)
      return headers === undefined ? checked.headers : { ...checked.headers, ...checkHeaders(headers) }
    },
  }
}

function checkManyOptions(options: UploadManyOptions): CheckedOptions {
  const { skip = 'never', maxFailures, manifest, adopt, onEvent, progressCallback } = options
  if (!['never', 'same', 'existing'].includes(skip)) {
    throw refuse(`skip must be 'never', 'same' or 'existing', not ${JSON.stringify(skip)}.`)
  }
  if (maxFailures !== undefined && !(typeof maxFailures === 'number' && maxFailures >= 1)) {
    throw refuse(`maxFailures must be a number from 1 on, not ${String(maxFailures)}.`)
  }
  if (manifest !== undefined && manifest !== false && typeof manifest !== 'string') {
    throw refuse('manifest must be a name for the run, or false.')
  }
  if (adopt !== undefined && typeof adopt !== 'boolean') throw refuse('adopt must be true or false.')
  for (const [name, given] of Object.entries({ onEvent, progressCallback })) {
    if (given !== undefined && typeof given !== 'function') throw refuse(`${name} must be a function.`)
  }
  const { onEvent: _, progressCallback: __, ...shared } = options
  // What is asked of a key is asked of each when it comes.
  const { numThreads = 'auto' } = shared
  return checkOptions('any', { ...shared, numThreads: numThreads === 'auto' ? autoThreads : numThreads })
}

function manifestsOf({ store, manifests }: UploadManyOptions): ManifestStore | undefined {
  if (manifests !== undefined) return manifests
  if (store === undefined || typeof store === 'string') return manifestStore(store ?? defaultStore())
  return undefined
}

function refuse(message: string): UploadError {
  return new UploadError('invalid-argument', message)
}
