/** One run of one upload: what it was asked, what it may use, and how it keeps trying. Ends with the process, or sooner. */
import { type CheckpointRecord, encodeRecord } from './checkpoint.js'
import { type FailureMeaning, ServiceError, UploadError } from './errors.js'
import type { OnEvent, UploadEvent } from './events.js'
import type {
  CancelSignal,
  CheckpointLog,
  CheckpointStore,
  Digester,
  Headers,
  ObjectService,
  Runtime,
  Source,
} from './ports.js'
import { createProgress, type Progress, type ProgressCallback } from './progress.js'
import { quietly } from './quiet.js'
import type { Verify } from './reconcile.js'
import { judgeFailure } from './retry.js'
import { createThreads, type Threads } from './threads.js'
import type { AutoThreads } from './window.js'

export interface Ports {
  readonly service: ObjectService
  readonly source: Source
  readonly checkpoints: CheckpointStore
  readonly digester: Digester
  readonly runtime: Runtime
}

/** An upload as a record of another tool names it. */
export interface NamedUpload {
  readonly uploadId: string
  /** Bytes. */
  readonly partSize: number
  /** Bytes of the file when the upload began. */
  readonly size: number
}

export interface UploadRequest {
  readonly key: string
  /** Lower-case names, trimmed values. */
  readonly headers: Headers
  /** Bytes: from this size on, a multipart upload. */
  readonly multipartThreshold: number
  /** Bytes; calculated when absent. */
  readonly partSize?: number | undefined
  /** Parts in flight at once; or found by measuring. */
  readonly numThreads: number | AutoThreads
  readonly verify: Verify
  /** Abandon what is there and begin anew. */
  readonly restart: boolean
  /**
   * Where no checkpoint names an upload, look for one at the service: any that fits, or the one of this id. Or take over
   * the one that another tool's record names.
   */
  readonly adopt?: boolean | string | NamedUpload | undefined
  /** Take over a lock that can't be proved dead. */
  readonly steal: boolean
  /** Milliseconds without any progress after which the upload ends as interrupted. */
  readonly noProgressForMs: number
  readonly signal: CancelSignal
  readonly progressCallback?: ProgressCallback | undefined
  readonly onEvent?: OnEvent | undefined
}

/** When something last went forward, and whether the service has ever spoken to us. */
export interface Liveness {
  moved(): void
  /** So many milliseconds passed by our own choice: they count for nothing. */
  excuse(ms: number): void
  patienceLeftMs(): number
  acquainted: boolean
  /** The checkpoint names an upload, so it has spoken to an earlier run. */
  metBefore: boolean
}

/** What it takes to ask something again until it is answered. */
export interface Persisting {
  readonly ports: Pick<Ports, 'runtime'>
  readonly signal: CancelSignal
  readonly liveness: Liveness
  readonly emit: (event: UploadEvent) => void
}

/** What it takes to talk to the service about one target and write down what it said. */
export interface Conversation extends Persisting {
  readonly ports: Pick<Ports, 'service' | 'runtime'>
  readonly request: Pick<UploadRequest, 'key' | 'headers'>
  readonly log: CheckpointLog
}

export interface Life extends Conversation {
  readonly ports: Ports
  readonly request: UploadRequest
  readonly size: number
  readonly progress: Progress
  /** Where the number of parts in flight is found by measuring. */
  readonly threads: Threads | undefined
  /** Parts that were sent in this run. */
  readonly sent: Set<number>
  /** Initiates of this run or an earlier one that may have left an upload we do not know. */
  doubtfulSince: number | undefined
}

export function createLife(options: {
  readonly ports: Ports
  readonly request: UploadRequest
  readonly log: CheckpointLog
  readonly size: number
}): Life {
  const { ports, request, log, size } = options
  const { numThreads } = request
  const emit = quietly(request.onEvent)
  return {
    ports,
    request,
    log,
    size,
    signal: request.signal,
    emit,
    progress: createProgress({ totalBytes: size, onEvent: emit, progressCallback: request.progressCallback }),
    liveness: createLiveness(ports.runtime, request.noProgressForMs, ports.service),
    threads:
      typeof numThreads === 'number'
        ? undefined
        : createThreads(numThreads, { runtime: ports.runtime, emit }),
    sent: new Set(),
    doubtfulSince: undefined,
  }
}

/** @param service that has told its time, to an upload before this one, has spoken to us */
export function createLiveness(
  runtime: Runtime,
  noProgressForMs: number,
  service?: Pick<ObjectService, 'now'>,
): Liveness {
  let movedAt = runtime.monotonic()
  return {
    moved: () => {
      movedAt = runtime.monotonic()
    },
    excuse: (ms) => {
      movedAt = Math.min(movedAt + ms, runtime.monotonic())
    },
    patienceLeftMs: () => movedAt + noProgressForMs - runtime.monotonic(),
    acquainted: service?.now() !== undefined,
    metBefore: false,
  }
}

/** For questions that are not worth a long wait: the object is there already. In milliseconds. */
const briefPatienceMs = 20_000

export function briefly(life: Conversation): Conversation {
  return { ...life, liveness: createLiveness(life.ports.runtime, briefPatienceMs) }
}

/** Before an upload exists at the service, what can't be written down must not be done. */
export async function recordOrFail(
  life: Pick<Conversation, 'log' | 'emit'>,
  record: CheckpointRecord,
): Promise<void> {
  await life.log.append(encodeRecord(record))
}

/** Once it exists the service is the authority: a checkpoint that can't be written costs a warning, not the upload. */
export async function recordOrWarn(
  life: Pick<Conversation, 'log' | 'emit'>,
  record: CheckpointRecord,
): Promise<void> {
  try {
    await life.log.append(encodeRecord(record))
  } catch (error) {
    warn(life, record, error)
  }
}

/** The same while there is work ahead: for whoever has lost the hold, it would be in vain. */
export async function recordOrStop(
  life: Pick<Conversation, 'log' | 'emit'>,
  record: CheckpointRecord,
): Promise<void> {
  try {
    await life.log.append(encodeRecord(record))
  } catch (error) {
    if (error instanceof UploadError && error.code === 'locked') throw holdLost(uploadIdOf(record), error)
    warn(life, record, error)
  }
}

/** Names the upload: where its checkpoint is gone for good, nothing else will. */
function warn({ emit }: Pick<Conversation, 'emit'>, record: CheckpointRecord, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error)
  const uploadId = uploadIdOf(record)
  const of = uploadId === undefined ? '' : ` of the upload ${uploadId}`
  emit({ type: 'checkpoint-warning', message: `The checkpoint${of} could not be written: ${why}` })
}

function uploadIdOf(record: CheckpointRecord): string | undefined {
  return 'uploadId' in record ? record.uploadId : undefined
}

export interface Attempt {
  /** Doubles with every stall. */
  readonly patience: number
  /** Counts from 1. */
  readonly number: number
}

const silence: ReadonlySet<FailureMeaning> = new Set([
  'network',
  'no-such-host',
  'untrusted',
  'stalled',
  'odd-answer',
])

/**
 * Does one request until it succeeds or nothing speaks for another try. Meanings in `passOn` are the caller's: they come
 * out as the `ServiceError` they are. Everything else ends as an `UploadError`. What counts as going forward is said by
 * the caller (`liveness.moved`): a side question that is always answered must not keep a hopeless request alive.
 */
export async function persist<T>(
  life: Persisting,
  what: { readonly operation: string; readonly partNumber?: number; readonly signal?: CancelSignal },
  once: (attempt: Attempt) => Promise<T>,
  passOn: readonly FailureMeaning[] = [],
): Promise<T> {
  const { runtime } = life.ports
  const signal = what.signal ?? life.signal
  const request = {
    operation: what.operation,
    ...(what.partNumber === undefined ? {} : { partNumber: what.partNumber }),
  }
  const failures = new Map<FailureMeaning, number>()
  let patience = 1
  let since: number | undefined
  let through = false
  let attempt = 1
  try {
    for (; ; attempt++) {
      try {
        const result = await once({ patience, number: attempt })
        life.liveness.acquainted = true
        through = true
        return result
      } catch (error) {
        if (!(error instanceof ServiceError) || signal.aborted) throw signal.aborted ? signal.reason : error
        if (!silence.has(error.meaning)) life.liveness.acquainted = true
        if (passOn.includes(error.meaning)) throw error
        if (error.meaning === 'stalled') patience *= 2
        const sameMeaning = (failures.get(error.meaning) ?? 0) + 1
        failures.set(error.meaning, sameMeaning)
        const verdict = judgeFailure({
          error,
          attempt,
          sameMeaning,
          acquainted: life.liveness.acquainted,
          metBefore: life.liveness.metBefore,
          patienceLeftMs: life.liveness.patienceLeftMs(),
          luck: runtime.random(),
        })
        if (verdict.kind === 'give-up') throw withPart(verdict.error, what.partNumber)
        const { delayMs } = verdict
        const now = runtime.wallClock()
        since ??= now
        const { message } = error
        life.emit({ type: 'waiting', ...request, attempt, delayMs, since, until: now + delayMs, message })
        await runtime.sleep(delayMs, signal)
      }
    }
  } finally {
    if (since !== undefined) life.emit({ type: 'waited', ...request, attempts: attempt, since, through })
  }
}

function withPart(error: UploadError, partNumber: number | undefined): UploadError {
  if (partNumber === undefined) return error
  const { cause, retryable, status, requestId, ec } = error
  return new UploadError(error.code, `Part ${partNumber}: ${error.message}`, {
    cause,
    retryable,
    status,
    requestId,
    ec,
    partNumber,
  })
}

/**
 * The lock may have been taken over by force; whoever lost it must not complete, abort or remove anything. So an upload
 * of ours stays at the service, and is named.
 */
export async function assertHeld(life: Pick<Conversation, 'log'>, uploadId?: string): Promise<void> {
  if (!(await life.log.held())) throw holdLost(uploadId)
}

function holdLost(uploadId: string | undefined, cause?: UploadError): UploadError {
  const stays = uploadId === undefined ? '' : ` The multipart upload ${uploadId} stays at the service.`
  return new UploadError(
    'locked',
    `The hold on this upload is lost: another process has taken it over, or its files were removed from the store. This run does nothing more.${stays}`,
    { uploadId, cause },
  )
}
