/**
 * Initiate, the one request that must not be asked twice lightly: each success is another upload at the service. So the
 * intent is written down first, and after a lost answer the service is asked what it made of it.
 */
import { abortOwn } from './abort.js'
import { type IntentRecord, type OpenedRecord, recordedTime } from './checkpoint.js'
import { ServiceError, UploadError } from './errors.js'
import { changedHeader, keepHeaders } from './kept-headers.js'
import { type Conversation, type Life, persist, recordOrFail, recordOrWarn } from './life.js'
import { planParts } from './plan.js'
import { earliest, recover } from './recovery.js'
import { lookAtObject } from './settle.js'

export interface Beginning {
  /** Unanswered Initiates of earlier runs. */
  readonly intents: readonly IntentRecord[]
  /** Ids that are not candidates for recovery. */
  readonly knownIds: ReadonlySet<string>
  /**
   * The upload is of an input that comes once, in parts of this size at first: nobody can go on with it. So its abort is
   * owed from the start, until it has become an object.
   */
  readonly once?: { readonly partSize: number }
}

/** Resolves when a new upload exists at the service and is written down. */
export async function beginUpload(life: Life, { intents, knownIds, once }: Beginning): Promise<OpenedRecord> {
  const { service, source, digester, runtime } = life.ports
  const { key, headers } = life.request
  const plan =
    once === undefined
      ? planParts({ size: life.size, partSize: life.request.partSize, limits: service.limits })
      : { size: 0, partSize: once.partSize }
  const kept = keepHeaders(headers, { service, digester, runtime })
  await learnServiceTime(life)

  const means = { service, digester, runtime }
  // One with other headers among them, and nobody can tell whose an upload is that turns up.
  const alike = intents.every((intent) => changedHeader(intent.headers, headers, means) === undefined)
  let since = alike ? earliest(intents) : undefined
  let lost = since !== undefined
  let isUnheard = false

  const begun = await persist(life, { operation: 'InitiateMultipartUpload' }, async () => {
    if (lost && since !== undefined) {
      const found = await recover(life, { since, knownIds })
      if (found !== undefined)
        return { uploadId: found.uploadId, initiated: found.initiated, recovered: true }
    }
    const serviceTime = service.now()
    const intent: IntentRecord = {
      kind: 'intent',
      operation: 'initiate',
      ...(serviceTime === undefined ? {} : { serviceTime: recordedTime(serviceTime) }),
      headers: kept,
      source: source.name,
    }
    await recordOrFail(life, intent)
    try {
      const answer = await service.createMultipartUpload(key, { headers, signal: life.signal })
      return { ...answer, recovered: false }
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      if (mayHaveTakenEffect(error)) {
        lost = alike
        isUnheard = true
        since ??= intent.serviceTime
        noteDoubt(life, intent)
      } else {
        await recordOrWarn(life, { kind: 'refused', operation: 'initiate' })
      }
      throw error
    }
  }).catch((error: unknown) => {
    if (isUnheard) tellIfRobbed(life, error)
    throw error
  })

  const opened: OpenedRecord = {
    kind: 'opened',
    uploadId: begun.uploadId,
    partSize: plan.partSize,
    size: plan.size,
    headers: kept,
    source: source.name,
    initiated: recordedTime(begun.initiated),
  }
  const tellRecovered = (): void => {
    if (begun.recovered) life.emit({ type: 'recovered', uploadId: opened.uploadId })
  }
  try {
    if (once !== undefined) {
      await recordOrFail(life, { kind: 'aborting', uploadId: opened.uploadId })
      // From this line on it is ours to abort, whether or not the next one can be written.
      tellRecovered()
    }
    await recordOrFail(life, opened)
  } catch (error) {
    // Nobody could find it again: an upload that can't be written down must not stay behind. One that only seems to be
    // ours is left alone; the intent in the checkpoint leads the next run to it.
    if (begun.recovered) tellIfRobbed(life, error)
    else await giveUpUnrecorded(life, opened.uploadId)
    throw error
  }
  if (once === undefined) tellRecovered()
  life.emit({
    type: 'opened',
    uploadId: opened.uploadId,
    partSize: plan.partSize,
    ...('partCount' in plan ? { partCount: plan.partCount } : {}),
  })
  return opened
}

/** Whoever took over by force has not seen our last intent: nobody else can tell of the upload that it may have begun. */
function tellIfRobbed(life: Life, error: unknown): void {
  if (!(error instanceof UploadError) || error.code !== 'locked') return
  const message =
    'An Initiate went unanswered and may have left an upload; another process took over meanwhile.'
  life.emit({ type: 'orphans-suspected', uploadIds: [], message })
}

/** Nobody else knows of this upload; or somebody who took over meanwhile has found it, and then it is not ours to abort. */
async function giveUpUnrecorded(life: Life, uploadId: string): Promise<void> {
  try {
    await abortOwn(life, uploadId)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const message = `The upload ${uploadId} was begun, could not be written down and was not aborted: ${why}`
    life.emit({ type: 'orphans-suspected', uploadIds: [uploadId], message })
    throw error
  }
}

/** Any answer tells the service's time; a look at the object is the smallest question that every reader may ask. */
export async function learnServiceTime(life: Conversation): Promise<void> {
  if (life.ports.service.now() === undefined) await lookAtObject(life)
}

/** An Initiate that fails so may have left an upload all the same. */
export function mayHaveTakenEffect(error: ServiceError): boolean {
  return ['network', 'stalled', 'odd-answer', 'unavailable', 'throttled'].includes(error.meaning)
}

/** What earlier runs left in doubt was noted when their checkpoint was read. */
function noteDoubt(life: Life, { serviceTime = 0 }: IntentRecord): void {
  life.doubtfulSince = Math.min(serviceTime, life.doubtfulSince ?? serviceTime)
}
