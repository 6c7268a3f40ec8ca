/**
 * The life of a run of many sources: each is pulled when there are hands for it, passed over when it is done, uploaded
 * like any single one else, and what fails stops no other.
 */
import { createScope, throwIfCancelled } from '../engine/cancel.js'
import { sameIdentity } from '../engine/checkpoint.js'
import { UploadError } from '../engine/errors.js'
import { createLiveness, type UploadRequest } from '../engine/life.js'
import { asOutcome } from '../engine/outcome.js'
import type {
  CancelSignal,
  CheckpointStore,
  Digester,
  Headers,
  ObjectService,
  Runtime,
  Source,
} from '../engine/ports.js'
import type { ProgressCallback } from '../engine/progress.js'
import { runUpload, type UploadResult } from '../engine/upload.js'
import { type Book, openBook } from './book.js'
import { reasonToSkip, type SkipRule } from './compare.js'
import { type FileRef, type ManyEvent, type ManySummary, type SkipReason, UploadManyError } from './events.js'
import { createFeed, type Feed } from './feed.js'
import { createHope, type Hope } from './hope.js'
import { lookAt } from './looks.js'
import type { ManifestLog, ManyFiles, ManySource, TextDigest } from './ports.js'
import { createTeller } from './teller.js'
import { createTotals, type Totals } from './totals.js'
import { createTurns, inTurn, type Turns } from './turns.js'

export interface ManyPorts {
  readonly service: ObjectService
  readonly checkpoints: CheckpointStore
  readonly digester: Digester
  readonly runtime: Runtime
  readonly files: ManyFiles
  readonly textDigest: TextDigest
  /** Absent: the run can't be gone on with as a whole, only file by file. */
  readonly manifest?: ManifestLog | undefined
}

/** What every file's upload is asked, and what only a run of many is. */
export interface ManyRequest
  extends Omit<UploadRequest, 'key' | 'headers' | 'onEvent' | 'progressCallback' | 'adopt' | 'numThreads'> {
  /** Bodies in flight at once, over all files. */
  readonly numThreads: number
  readonly adopt: boolean
  readonly skip: SkipRule
  /** From so many failures on the run ends. */
  readonly maxFailures: number
  readonly keepManifest: boolean
  readonly definition?: unknown
  /** The headers of one source, checked with all else that it says. @throws UploadError `invalid-argument` */
  readonly check: (source: ManySource) => Headers
  readonly onEvent?: ((event: ManyEvent) => void) | undefined
  readonly progressCallback?: ProgressCallback | undefined
}

interface Run {
  readonly ports: ManyPorts
  readonly request: ManyRequest
  readonly signal: CancelSignal
  readonly book: Book
  readonly feed: Feed<ManySource>
  readonly totals: Totals
  readonly hope: Hope
  readonly turns: Turns
  /** Only so many large files are open at once, lest a folder of them becomes as many unfinished uploads. */
  readonly large: Turns
  /** Keys under way: of which file, and when it is over. */
  readonly open: Map<string, { readonly filename: string; readonly over: Promise<void> }>
  readonly emit: (event: ManyEvent) => void
  readonly stop: (reason: UploadError) => void
}

/**
 * Rejects with an `UploadManyError` when it was stopped or is without hope, an `UploadError` when it could not begin;
 * files that failed are told by the summary.
 */
export async function runMany(
  ports: ManyPorts,
  sources: Iterable<ManySource> | AsyncIterable<ManySource>,
  request: ManyRequest,
): Promise<ManySummary> {
  const feed = createFeed(sources)
  const scope = createScope(request.signal)
  const totals = createTotals()
  let reason: UploadError | undefined
  const emit = createTeller(request, totals, ports.runtime)
  const warn = (message: string): void => emit({ type: 'manifest-warning', message })
  try {
    throwIfCancelled(scope.signal)
    const { definition, restart } = request
    const book = await openBook(ports, { definition, restart, warn })
    if (book.resumed !== undefined) emit({ type: 'run-resumed', ...book.resumed })
    const run: Run = {
      ports,
      request,
      signal: scope.signal,
      book,
      feed,
      totals,
      hope: createHope(request.maxFailures),
      turns: createTurns(request.numThreads),
      large: createTurns(Math.max(1, Math.floor(request.numThreads / 2))),
      open: new Map(),
      emit,
      stop: (why) => {
        reason ??= why
        scope.cancel(why)
      },
    }
    // Twice as many as can send: while one is opened, looked up and written down, another is sent.
    await Promise.all(Array.from({ length: 2 * request.numThreads }, () => work(run)))
    emit({ type: 'run-progress', ...totals.progress() })
    const summary = totals.summary()
    await book.close({
      whole: !scope.signal.aborted,
      failed: summary.failed,
      keep: request.keepManifest,
      stoppedBy: reason,
    })
    if (scope.signal.aborted) throw reason ?? scope.signal.reason
    return summary
  } catch (error) {
    const stopped = 'The run was stopped. What was sent is kept: run it again to go on.'
    throw new UploadManyError(asOutcome(error, request.signal, stopped), totals.summary())
  } finally {
    feed.close()
    scope.close()
  }
}

/** One pair of hands: takes one source after the other until there are no more, or the run is stopped. */
async function work(run: Run): Promise<void> {
  const { feed, signal, totals, emit } = run
  for (;;) {
    let next: Awaited<ReturnType<typeof feed.next>>
    try {
      next = await feed.next(signal)
    } catch (error) {
      if (!signal.aborted) run.stop(brokenOff(error))
      return
    }
    if (signal.aborted) return
    if (next === undefined) {
      const { files, allKnown } = totals.progress()
      totals.allCame()
      if (!allKnown) emit({ type: 'sources-ended', files })
      return
    }
    totals.came()
    await handle(run, next.value, next.index)
  }
}

function brokenOff(error: unknown): UploadError {
  if (error instanceof UploadError) return error
  const why = error instanceof Error ? error.message : String(error)
  return new UploadError('source-missing', `The list of sources broke off: ${why}`, { cause: error })
}

/** Whatever becomes of it: never rejects. */
async function handle(run: Run, source: ManySource, index: number): Promise<void> {
  const { totals, hope, emit, signal } = run
  const file: FileRef = { index, filename: source.filename, key: source.key }
  const watched = hope.watch()
  try {
    if (source.error !== undefined) throw source.error
    await consider(run, { file, headers: run.request.check(source), watched })
  } catch (error) {
    if (signal.aborted) {
      totals.stopped(file)
      emit({ type: 'file-stopped', ...file })
      return
    }
    const failure = asOutcome(error, signal, '')
    fail(run, file, failure, watched)
    await run.book
      .failed({ key: file.key, source: file.filename, error: failure })
      .catch((lost: UploadError) => run.stop(lost))
  }
}

interface Work {
  readonly file: FileRef
  readonly headers: Headers
  readonly watched: ReturnType<Hope['watch']>
}

/** Is it done, somebody else's, or ours to send? */
async function consider(run: Run, { file, headers, watched }: Work): Promise<void> {
  const { book, open, totals, signal } = run
  const { filename, key } = file
  const identity = await run.ports.files.identity(filename)
  const isMine = book.take(key)
  // Named twice: the second is what has become of the first.
  const first = isMine ? undefined : open.get(key)
  if (first?.filename === filename) await first.over
  if (book.isDone(key, identity, headers)) return skip(run, file, 'done-before', identity.size)
  if (!isMine) {
    const failure = totals.failureOf(file)
    if (failure !== undefined) throw failure
    // Its line would speak of the other's object, so none is written.
    return fail(run, file, twoOfOne(file, first?.filename), watched)
  }
  const isLarge = identity.size >= run.request.multipartThreshold
  const go = (): Promise<void> => send(run, { file, headers, watched })
  const sent = isLarge ? run.large.join().take(signal, go) : go()
  open.set(key, { filename, over: sent })
  try {
    await sent
  } finally {
    open.delete(key)
  }
}

function skip({ totals, emit }: Run, file: FileRef, reason: SkipReason, size: number): void {
  totals.skipped(size)
  emit({ type: 'file-skipped', ...file, reason, size })
}

function fail(
  { totals, hope, emit, stop }: Run,
  file: FileRef,
  error: UploadError,
  watched: { readonly lastMove: number },
): void {
  totals.failed(file, error)
  emit({ type: 'file-failed', ...file, error })
  const hopeless = hope.afterFailure(error, watched)
  if (hopeless !== undefined) stop(hopeless)
}

function twoOfOne({ filename, key }: FileRef, other = 'another source of this run'): UploadError {
  return new UploadError(
    'conflict',
    `${filename} would become the object ${key}, and so would ${other}. Give it another key.`,
  )
}

async function send(run: Run, { file, headers, watched }: Work): Promise<void> {
  const { ports, request, book, totals, hope, emit, signal } = run
  const { key } = file
  const opened = await ports.files.open(file.filename)
  try {
    const { before, source, lastByName } = await lookAt(opened)
    const same = request.skip === 'never' ? undefined : await whyNot(run, { key, headers, source })
    if (same !== undefined) {
      book.passedOver({ key, identity: before, headers })
      return skip(run, file, same, before.size)
    }
    totals.started(file, before.size)
    emit({ type: 'file-started', ...file, size: before.size })
    const service = inTurn(ports.service, run.turns.join(), ports.runtime)
    const { partSize } = request
    const result = await runUpload(
      { ...ports, service, source },
      {
        ...request,
        key,
        headers,
        signal,
        // A size for large files may be none for small ones: those have no parts.
        partSize: before.size >= request.multipartThreshold ? partSize : undefined,
        progressCallback: undefined,
        onEvent(event) {
          totals.heard(file, event)
          watched.heard(event)
          emit({ type: 'file-event', ...file, event })
        },
      },
    )
    // The object is there whatever becomes of its line; who has lost the manifest to another run must stop, though.
    const after = await lastByName().catch(() => undefined)
    await recordDone(book, { key, headers, result, before, after }).catch((lost: UploadError) =>
      run.stop(lost),
    )
    totals.uploaded(file, result)
    hope.succeeded()
    emit({ type: 'file-uploaded', ...file, result })
  } finally {
    await opened.close()
  }
}

function whyNot(
  { ports, request, signal }: Run,
  file: { readonly key: string; readonly headers: Headers; readonly source: Source },
): Promise<SkipReason | undefined> {
  const liveness = createLiveness(ports.runtime, request.noProgressForMs, ports.service)
  const persisting = { ports, signal, liveness, emit: () => {} }
  return reasonToSkip({ ...ports, persisting }, file, request.skip)
}

/** Only of a file whose state did not move can be said which state it was that became the object. */
async function recordDone(
  book: Book,
  {
    key,
    headers,
    result,
    before,
    after,
  }: {
    readonly key: string
    readonly headers: Headers
    readonly result: UploadResult
    readonly before: Parameters<typeof sameIdentity>[0]
    readonly after: Parameters<typeof sameIdentity>[0] | undefined
  },
): Promise<void> {
  if (before === null || after === undefined || !sameIdentity(before, after)) return
  await book.done({ key, identity: before, headers, crc64: result.crc64 })
}
