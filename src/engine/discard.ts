/** Gives up what is unfinished at one target: aborts what is ours, at once, and forgets it. */
import { abortOwn } from './abort.js'
import type { CompletingRecord, OpenedRecord } from './checkpoint.js'
import { UploadError } from './errors.js'
import type { OnEvent } from './events.js'
import { assertHeld, type Conversation, createLiveness, type Ports, recordOrWarn } from './life.js'
import { asOutcome, letGo } from './outcome.js'
import { listAllParts } from './parts.js'
import { openPast } from './past.js'
import type { CancelSignal, Headers } from './ports.js'
import { quietly } from './quiet.js'
import { doubtSince, reportOrphans } from './recovery.js'
import { settle } from './settle.js'

export interface DiscardRequest {
  readonly key: string
  readonly headers: Headers
  readonly signal: CancelSignal
  readonly steal: boolean
  readonly noProgressForMs: number
  readonly onEvent?: OnEvent | undefined
}

export interface Discarded {
  /** Ids that were aborted, or were gone already. */
  readonly aborted: readonly string[]
  /** The upload had become an object before; that object stays. */
  readonly completed: boolean
}

/**
 * Rejects with `interrupted` when an abort failed: it stays in the checkpoint and is done at the next start. An upload
 * that is past Complete is settled first, since what has become an object can't be aborted.
 */
export async function discardUpload(
  ports: Pick<Ports, 'service' | 'checkpoints' | 'runtime'>,
  request: DiscardRequest,
): Promise<Discarded> {
  const { service, checkpoints, runtime } = ports
  const emit = quietly(request.onEvent)
  try {
    if (request.signal.aborted) throw request.signal.reason
    const target = { service: service.name, bucket: service.bucket, key: request.key }
    const log = await checkpoints.acquire(target, { steal: request.steal })
    const liveness = createLiveness(runtime, request.noProgressForMs)
    try {
      return await discardAll({ ports, request, log, signal: request.signal, liveness, emit })
    } finally {
      await letGo(log, emit)
    }
  } catch (error) {
    const stopped = 'Stopped before the upload was discarded. The checkpoint is kept: discard again.'
    throw asOutcome(error, request.signal, stopped)
  }
}

async function discardAll(life: Conversation): Promise<Discarded> {
  const past = await openPast(life)
  const ids = new Set([...past.leftovers, ...past.pendingAborts])
  let completed = false
  if (past.current !== undefined) {
    const { opened, completing } = past.current
    completed = completing !== undefined && (await becameObject(life, opened, completing))
    // An object like ours may have been there before our Complete was; then the upload still is.
    const ref = { key: life.request.key, uploadId: opened.uploadId }
    const remains = completed && (await listAllParts(life, ref)) !== 'gone'
    if (completed && !remains) {
      await recordOrWarn(life, { kind: 'closed', uploadId: opened.uploadId, how: 'gone' })
    } else {
      ids.add(opened.uploadId)
    }
  }
  const doubt = doubtSince(past.intents)
  if (doubt !== undefined) await reportOrphans(life, { since: doubt, knownIds: past.knownIds })
  const pending: string[] = []
  for (const uploadId of ids) {
    if (!(await abortOwn(life, uploadId))) pending.push(uploadId)
  }
  if (pending.length > 0) {
    throw new UploadError(
      'interrupted',
      `The service could not be told to abort ${pending.join(', ')}. That is remembered: discard again to repeat it.`,
    )
  }
  await assertHeld(life)
  await life.log.remove()
  return { aborted: [...ids], completed }
}

async function becameObject(
  life: Conversation,
  opened: OpenedRecord,
  { size, crc64 }: CompletingRecord,
): Promise<boolean> {
  const settlement = await settle(life, { size, crc64, notBefore: opened.initiated })
  if (settlement.kind !== 'unknown') return settlement.kind === 'ours'
  throw new UploadError(
    'commit-unknown',
    `Whether this upload became an object can't be told: ${settlement.why.message} The checkpoint is kept.`,
  )
}
