/** What a caller may ask of an upload, checked in full before anything is opened or sent. */
import { UploadError } from '../engine/errors.js'
import type { OnEvent } from '../engine/events.js'
import type { NamedUpload } from '../engine/life.js'
import { assertPartSize } from '../engine/plan.js'
import type { CheckpointStore, Headers } from '../engine/ports.js'
import type { ProgressCallback } from '../engine/progress.js'
import type { Verify } from '../engine/reconcile.js'
import type { AutoThreads } from '../engine/window.js'
import { checkHeaders } from '../services/oss/headers.js'
import { ossLimits } from '../services/oss/limits.js'
import { checkKey } from '../services/oss/names.js'
import { RateLimit } from '../transport/rate.js'
import { createRateLimit } from './rate-limit.js'

const MiB = 1024 * 1024

export interface UploadOptions {
  /**
   * The folder of the checkpoint files, or any `CheckpointStore`. Default: the folder that `LONGHAUL_STORE` names, else
   * `.longhaul/uploads` in the home directory.
   */
  readonly store?: string | CheckpointStore | undefined
  /**
   * HTTP headers for the object: content type, `x-oss-meta-*`, storage class, ACL, tagging, encryption, callback,
   * `x-oss-forbid-overwrite`. Each goes on the requests where the service wants it. Default: none.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Bytes: a file of this size or more is sent by multipart upload, a smaller one by one PutObject; an empty file always
   * by PutObject. 0 to 5 GiB. Default 10 MiB.
   */
  readonly multipartThreshold?: number | undefined
  /**
   * Bytes per part: 100 KiB to 5 GiB, with at most 10,000 parts. Larger on a stable network, smaller on a bad one.
   * Default: 8 MiB, and from 40,000 MiB on the file's size divided by 5,000, rounded up to a whole MiB. A resumed upload
   * keeps the size it began with.
   */
  readonly partSize?: number | undefined
  /**
   * Called with the bytes done and the bytes in all, as they become true. Never goes back; reaches the total only when
   * the object exists; an empty file gets one call of (0, 0). Not awaited; what it throws becomes an event.
   */
  readonly progressCallback?: ProgressCallback | undefined
  /**
   * Parts in flight at once, 1 to 100, with as many connections. `'auto'`: begins with 4 and finds by measuring, up to 32:
   * more while that is faster, fewer when the service answers 429 or 503 or connections break; the event `window` tells
   * each change and why. Default 1.
   */
  readonly numThreads?: number | 'auto' | undefined
  /**
   * Worker threads that send whole parts beside the loop that made the call: 0 to 16, of which at most one
   * less than `numThreads` are begun. `'auto'`: one
   * more whenever the loop has been busy for two seconds while several parts were in flight and a core was idle, kept only
   * if more goes out with it; the event `workers` tells each change. Each keeps up to 8.5 MiB of blocks beside what Node
   * takes for a thread. None with `limitRate`. Default `'auto'`.
   */
  readonly workers?: number | 'auto' | undefined
  /** Stops at once and keeps what was sent; the call rejects with `cancelled`. */
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: OnEvent | undefined
  /**
   * `'always'`: each part of an earlier run is read again once per state of the file before it is trusted. `'changed'`: a
   * part recorded under the file's present state is trusted. `'paranoid'`: all parts are read again in every run, and
   * once more before Complete. Default `'always'`.
   */
  readonly verify?: Verify | undefined
  /** Abandon (abort) what is there and begin anew. Default false. */
  readonly restart?: boolean | undefined
  /**
   * Where the store names no upload for the key, look for one at the service and go on with it: after the store was lost,
   * or from another machine. `true`: the one whose parts can be parts of this file and of which a part has the file's
   * bytes; where several fit the call rejects with `conflict` and chooses none, and where none fits a new one begins. An
   * upload id: that one, or the call rejects with `not-found` or `conflict`. Every part is compared with the file before it
   * is kept. Multipart upload alone, and not with `restart`. Make sure that nobody else works on it. Default false.
   *
   * `{ uploadId, partSize, size }`: the upload that the record of another tool names (`takeOver` reads such records). Its
   * parts alone are listed; where it has any, one has to be the file's. The call rejects with `not-found` when it is gone,
   * unless the object of the key equals the file, and with `conflict` when the store has another upload of the key.
   */
  readonly adopt?: boolean | string | NamedUpload | undefined
  /** Take over the checkpoint from a holder that can't be proved dead. Default false. */
  readonly steal?: boolean | undefined
  /**
   * Bytes a second over all parts together, at least 1. Or a limit from `createRateLimit`, which several calls can share
   * and which can be changed while they run. Default: unlimited.
   */
  readonly limitRate?: number | RateLimit | undefined
  readonly retry?:
    | {
        /** Milliseconds without any progress after which the call rejects with `interrupted`. Default 15 minutes; `Infinity` sits out an outage. */
        readonly noProgressForMs?: number | undefined
      }
    | undefined
}

export interface CheckedOptions {
  readonly headers: Headers
  readonly multipartThreshold: number
  readonly partSize: number | undefined
  readonly numThreads: number | AutoThreads
  /** Connections that parts may need at once. */
  readonly mostThreads: number
  readonly workers: number | 'auto'
  readonly verify: Verify
  readonly restart: boolean
  readonly adopt: boolean | string | NamedUpload
  readonly steal: boolean
  readonly limitRate: RateLimit | undefined
  readonly noProgressForMs: number
}

export const defaultMultipartThreshold = 10 * MiB
/** Each part has two blocks of the pool's 64. */
const autoThreads: AutoThreads = { most: 32, paceMs: 500 }
const maxNumThreads = 100
const maxWorkers = 16
const defaultNoProgressForMs = 15 * 60_000

/** @throws UploadError `invalid-argument` */
export function checkOptions(key: string, options: UploadOptions): CheckedOptions {
  checkKey(key)
  const {
    multipartThreshold = defaultMultipartThreshold,
    partSize,
    workers = 'auto',
    verify = 'always',
    limitRate,
    adopt = false,
  } = options
  const mostThreads = options.numThreads === 'auto' ? autoThreads.most : (options.numThreads ?? 1)
  const noProgressForMs = options.retry?.noProgressForMs ?? defaultNoProgressForMs
  if (!Number.isSafeInteger(mostThreads) || mostThreads < 1 || mostThreads > maxNumThreads) {
    throw refuse(
      `numThreads must be a whole number from 1 to ${maxNumThreads}, or 'auto', not ${String(mostThreads)}.`,
    )
  }
  if (workers !== 'auto' && !(Number.isSafeInteger(workers) && workers >= 0 && workers <= maxWorkers)) {
    throw refuse(`workers must be a whole number from 0 to ${maxWorkers}, or 'auto', not ${String(workers)}.`)
  }
  if (
    !Number.isSafeInteger(multipartThreshold) ||
    multipartThreshold < 0 ||
    multipartThreshold > ossLimits.maxPutSize
  ) {
    throw refuse(
      `multipartThreshold must be a whole number of bytes from 0 to ${ossLimits.maxPutSize} (5 GiB, the largest single PutObject), not ${String(multipartThreshold)}.`,
    )
  }
  if (partSize !== undefined) assertPartSize(partSize, ossLimits)
  if (!['always', 'changed', 'paranoid'].includes(verify)) {
    throw refuse(`verify must be 'always', 'changed' or 'paranoid', not ${JSON.stringify(verify)}.`)
  }
  if (!isAdoptable(adopt)) {
    throw refuse('adopt must be true, false, the id of an upload, or { uploadId, partSize, size }.')
  }
  if (adopt !== false && options.restart === true) {
    throw refuse('Give either adopt, which goes on, or restart, which begins anew.')
  }
  if (!(typeof noProgressForMs === 'number' && noProgressForMs >= 0)) {
    throw refuse(
      `retry.noProgressForMs must be 0 or more milliseconds, or Infinity, not ${String(noProgressForMs)}.`,
    )
  }
  for (const name of ['progressCallback', 'onEvent'] as const) {
    const given = options[name]
    if (given !== undefined && typeof given !== 'function') throw refuse(`${name} must be a function.`)
  }
  return {
    headers: checkHeaders(options.headers ?? {}),
    multipartThreshold,
    partSize,
    numThreads: options.numThreads === 'auto' ? autoThreads : mostThreads,
    mostThreads,
    workers: limitRate === undefined ? workers : 0,
    verify,
    restart: options.restart ?? false,
    adopt,
    steal: options.steal ?? false,
    limitRate: limitOf(limitRate),
    noProgressForMs,
  }
}

function limitOf(limitRate: UploadOptions['limitRate']): RateLimit | undefined {
  if (limitRate === undefined || limitRate instanceof RateLimit) return limitRate
  if (typeof limitRate === 'number' && limitRate >= 1) return createRateLimit(limitRate)
  throw refuse(
    `limitRate must be at least 1 byte a second, or a limit of createRateLimit, not ${String(limitRate)}.`,
  )
}

function isAdoptable(adopt: unknown): boolean {
  if (typeof adopt !== 'object' || adopt === null) {
    return typeof adopt === 'boolean' || (typeof adopt === 'string' && adopt !== '')
  }
  const { uploadId, partSize, size } = adopt as Record<string, unknown>
  const areBytes = [partSize, size].every((bytes) => Number.isSafeInteger(bytes) && Number(bytes) >= 1)
  return typeof uploadId === 'string' && uploadId !== '' && areBytes
}

function refuse(message: string): UploadError {
  return new UploadError('invalid-argument', message)
}
