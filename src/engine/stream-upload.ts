/**
 * The life of an upload whose bytes come once and whose end nobody knows, such as a pipe: piece by piece it is kept long
 * enough to be sent again, and nothing of it can be gone on with later. So the upload's abort is written down before its
 * first part is sent, and done by whatever ends it but success.
 */
import { abortOwn, abortUntilGone } from './abort.js'
import { beginUpload } from './begin.js'
import { createScope, throwIfCancelled } from './cancel.js'
import type { OpenedRecord, PartProof } from './checkpoint.js'
import { complete } from './commit.js'
import type { Stored } from './ends.js'
import { type ServiceError, UploadError } from './errors.js'
import { assertHeld, createLife, createLiveness, type Life, type Ports, type UploadRequest } from './life.js'
import { type OpenEnd, watchEnd } from './open-end.js'
import { asOutcome, letGo } from './outcome.js'
import { openPast, type Past } from './past.js'
import { doubtSince } from './recovery.js'
import { isServiceError, uploadErrorFrom } from './retry.js'
import { planStream, type StreamPlan } from './stream-plan.js'
import type { StreamPiece, StreamSource } from './stream-ports.js'
import { createStreamProgress, type StreamProgress, type StreamProgressCallback } from './stream-progress.js'
import { inWordsOfStreams } from './stream-words.js'
import { abandon, tidy } from './tidy.js'
import { sendPart } from './transfer.js'
import { resultOf, type UploadResult } from './upload.js'
import { putWhole } from './whole.js'

export interface StreamPorts extends Omit<Ports, 'source'> {
  readonly source: StreamSource
}

export interface StreamRequest
  extends Omit<UploadRequest, 'verify' | 'adopt' | 'progressCallback' | 'numThreads'> {
  /** Parts in flight at once. */
  readonly numThreads: number
  /** Bytes that the input is said to have, at most: its parts are then cut for that. */
  readonly expectedSize?: number | undefined
  readonly progressCallback?: StreamProgressCallback | undefined
}

interface StreamLife extends Life {
  readonly ports: StreamPorts
  readonly progress: StreamProgress
  readonly end: OpenEnd
  readonly plan: StreamPlan
  readonly numThreads: number
}

/** How long an abort may take before it is left to a later run, in milliseconds. */
const abortPatienceMs = 10_000

/** Uploads what the source gives until it ends. Every failure is an `UploadError`, and leaves no upload that is not remembered. */
export async function runStreamUpload(asked: StreamPorts, request: StreamRequest): Promise<UploadResult> {
  const end = watchEnd(asked.service)
  const ports: StreamPorts = { ...asked, service: end.service }
  const { service, checkpoints } = ports
  try {
    throwIfCancelled(request.signal)
    const { partSize, expectedSize, numThreads } = request
    const plan = planStream({ partSize, expectedSize, limits: service.limits })
    const target = { service: service.name, bucket: service.bucket, key: request.key }
    const log = await checkpoints.acquire(target, { steal: request.steal })
    const { progressCallback, ...rest } = request
    const life = createLife({ ports, request: { ...rest, verify: 'always' }, log, size: 0 })
    const progress = createStreamProgress({ onEvent: life.emit, progressCallback })
    try {
      return await liveOn({ ...life, ports, progress, end, plan, numThreads })
    } finally {
      await letGo(log, life.emit)
    }
  } catch (error) {
    const stopped =
      'The upload was stopped. Nothing is kept of an input that comes once: run the whole again.'
    throw inWordsOfStreams(asOutcome(error, request.signal, stopped), end)
  }
}

async function liveOn(life: StreamLife): Promise<UploadResult> {
  const { multipartThreshold } = life.request
  const past = await openPast(life)
  life.doubtfulSince = doubtSince(past.intents)
  await makeRoom(life, past)
  // What fits into this piece may yet be sent by one request.
  const first = await next(life, Math.max(multipartThreshold, life.plan.partSize(0)), life.signal)
  // Whoever is stopped may see the end of the input first: a producer stopped by the same key press has not finished.
  throwIfCancelled(life.signal)
  if (first.ended && (first.size < multipartThreshold || first.size === 0)) return putPiece(life, past, first)

  const once = { partSize: life.plan.smallest }
  const opened = await beginUpload(life, { intents: past.intents, knownIds: past.knownIds, once })
  const { uploadId } = opened
  past.intents = []
  past.knownIds.add(uploadId)
  life.liveness.moved()
  let end: Sent
  try {
    end = await sendAndComplete(life, opened, first)
  } catch (error) {
    await giveUp(life, past, uploadId)
    throw error
  }
  const whole: Life = { ...life, size: end.size }
  life.progress.finished()
  const remains = end.stored.uploadMayRemain && !(await abortUntilGone(life, uploadId).catch(() => false))
  await tidy(whole, past, { remains })
  const { callbackError, receipt, crc64 } = end.stored
  if (callbackError !== undefined) {
    throw uploadErrorFrom('callback-failed', callbackError.message, callbackError)
  }
  return {
    ...resultOf(whole, receipt, crc64),
    uploadId,
    resumed: false,
    parts: { kept: 0, sent: end.partCount },
    bytes: { kept: 0, sent: end.size },
  }
}

/** An upload of a file that can be gone on with is not thrown away without being asked; what is owed is done. */
async function makeRoom(life: StreamLife, past: Past): Promise<void> {
  const { current } = past
  if (current !== undefined && !current.committed && !life.request.restart) {
    throw new UploadError(
      'conflict',
      `An unfinished upload of ${current.opened.source} has this name. Finish it or discard it first, or restart to give it up.`,
      { uploadId: current.opened.uploadId },
    )
  }
  const given = current === undefined ? [] : [current.opened.uploadId]
  for (const uploadId of new Set([...past.pendingAborts, ...past.leftovers, ...given])) {
    await abandon(life, past, uploadId)
  }
}

async function next(life: StreamLife, size: number, signal: Life['signal']): Promise<StreamPiece> {
  const { source } = life.ports
  const piece = await source.next(size, signal, (bytes) => life.progress.read(bytes, false))
  life.progress.read(piece.start + piece.size, piece.ended)
  // A producer may take its time: that is no silence of the service.
  life.liveness.moved()
  return piece
}

/** Little enough for one request, which has nothing that could stay behind. */
async function putPiece(life: StreamLife, past: Past, piece: StreamPiece): Promise<UploadResult> {
  const { source } = life.ports
  const identity = async () => ({ ...(await source.identity()), size: piece.size })
  const whole: Life = {
    ...life,
    size: piece.size,
    ports: { ...life.ports, source: { ...source, identity, identityByName: identity } },
  }
  const { receipt, computed, callbackError } = await putWhole(whole, past.intents)
  assertAsItCame(piece, computed.crc64)
  life.progress.stored(1, piece.size)
  life.progress.finished()
  await tidy(whole, past, { remains: false })
  if (callbackError !== undefined) {
    throw uploadErrorFrom('callback-failed', callbackError.message, callbackError)
  }
  return {
    ...resultOf(whole, receipt, computed.crc64),
    resumed: false,
    parts: { kept: 0, sent: 1 },
    bytes: { kept: 0, sent: piece.size },
  }
}

interface Sent {
  readonly stored: Stored
  readonly size: number
  readonly partCount: number
}

async function sendAndComplete(life: StreamLife, opened: OpenedRecord, first: StreamPiece): Promise<Sent> {
  const { uploadId } = opened
  const ref = { key: life.request.key, uploadId }
  const proofs = await sendAll(life, ref, first)
  const size = [...proofs.values()].reduce((sum, proof) => sum + proof.size, 0)
  const identity = await life.ports.source.identity()
  throwIfCancelled(life.signal)
  const end = await complete({ ...life, size }, opened, {
    ref,
    plan: { size, partSize: opened.partSize, partCount: proofs.size },
    proved: { proofs, identity },
  })
  if (end.kind === 'stored') return { stored: end, size, partCount: proofs.size }
  if (end.kind === 'gone') {
    life.end.settled()
    throw gone(uploadId)
  }
  throw uploadErrorFrom('integrity', end.error.message, end.error)
}

/** Reads on while parts are sent: never more than `numThreads` of them, and one piece more is kept. */
async function sendAll(
  life: StreamLife,
  ref: { readonly key: string; readonly uploadId: string },
  first: StreamPiece,
): Promise<Map<number, PartProof>> {
  const { limits } = life.ports.service
  const proofs = new Map<number, PartProof>()
  const running = new Set<Promise<void>>()
  const scope = createScope(life.signal)
  let failure: { readonly error: unknown } | undefined
  const send = async (partNumber: number, piece: StreamPiece): Promise<void> => {
    const { start, size } = piece
    try {
      const part = { partNumber, start, end: start + size }
      const proof = await sendPart(life, { ref }, part, scope)
      // Nobody will read which parts there are, so no line tells of them. But who has lost the hold sends no more.
      await assertHeld(life, ref.uploadId)
      assertAsItCame(piece, proof.crc64)
      proofs.set(partNumber, proof)
      await life.ports.source.drop(piece)
    } catch (error) {
      failure ??= { error: isServiceError(error, 'upload-gone') ? gone(ref.uploadId, error) : error }
      scope.cancel(failure.error)
    }
  }
  try {
    let piece = first
    let sent = 0
    for (let partNumber = 1; piece.size > 0; partNumber += 1) {
      if (partNumber > limits.maxParts) throw tooLarge(sent)
      while (running.size >= life.numThreads) await Promise.race(running)
      throwIfCancelled(scope.signal)
      const task: Promise<void> = send(partNumber, piece).then(() => void running.delete(task))
      running.add(task)
      sent += piece.size
      if (piece.ended) break
      piece = await next(life, life.plan.partSize(sent), scope.signal)
    }
  } catch (error) {
    failure ??= { error }
    scope.cancel(failure.error)
  }
  await Promise.all(running)
  scope.close()
  if (failure !== undefined) throw failure.error
  return proofs
}

/** What was kept in memory or on a disk for sending has to be what came in. */
function assertAsItCame(piece: StreamPiece, crc64: string): void {
  if (piece.crc64 === crc64) return
  throw new UploadError(
    'integrity',
    `Bytes ${piece.start} to ${piece.start + piece.size} of the input changed while they were kept for sending: ` +
      `their CRC-64 was ${piece.crc64} and is ${crc64}. Check the memory of this machine and the disk of the spool.`,
  )
}

/** Whatever ended the run: the stop that it was told, too, must not leave an upload behind. */
async function giveUp(life: StreamLife, past: Past, uploadId: string): Promise<void> {
  const { runtime } = life.ports
  const scope = createScope()
  const timer = createScope()
  runtime.sleep(abortPatienceMs, timer.signal).then(
    () => scope.cancel(new Error('The abort took too long.')),
    () => {},
  )
  const last = {
    ...life,
    signal: scope.signal,
    liveness: createLiveness(runtime, abortPatienceMs),
  }
  try {
    if (!(await abortOwn(last, uploadId))) return
    const nothingElse = past.pendingAborts.size === 0 && past.leftovers.size === 0
    // An Initiate whose answer was lost may have left another: the checkpoint has its intent.
    if (nothingElse && life.doubtfulSince === undefined) await life.log.remove()
  } catch (error) {
    // The hold is lost, or time is up: the checkpoint has it as owed, and whoever has the hold now does it.
    const message = error instanceof Error ? error.message : String(error)
    life.emit({ type: 'abort-pending', uploadId, message })
  } finally {
    timer.cancel(new Error('done'))
  }
}

function gone(uploadId: string, cause?: ServiceError): UploadError {
  return new UploadError(
    'interrupted',
    'The multipart upload disappeared from the service; somebody, or a lifecycle rule, removed it.',
    { uploadId, cause },
  )
}

function tooLarge(sent: number): UploadError {
  return new UploadError(
    'invalid-argument',
    `The input has more than the ${sent} bytes that its parts can carry. Say how large it may get, such as expectedSize, so that they begin larger.`,
  )
}
