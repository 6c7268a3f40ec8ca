/** The life of one upload, top to bottom: hold the target, go on or begin, transfer, commit, leave nothing behind. */
import { abortUntilGone, tellLeft } from './abort.js'
import { adoptUpload, wantsAdoption } from './adopt.js'
import { differingHeaders } from './adopted-headers.js'
import { beginUpload } from './begin.js'
import type { OpenedRecord, OpenUpload } from './checkpoint.js'
import { finishUpload } from './commit.js'
import type { Stored, UploadEnd } from './ends.js'
import { UploadError } from './errors.js'
import { assertSameHeaders, changedHeader } from './kept-headers.js'
import { briefly, createLife, type Life, type Ports, recordOrWarn, type UploadRequest } from './life.js'
import { asOutcome, letGo } from './outcome.js'
import { listAllParts } from './parts.js'
import { openPast, type Past } from './past.js'
import { type Plan, partLength, planFits, planParts } from './plan.js'
import type { Integrity, ObjectReceipt } from './ports.js'
import { type PartFate, reconcile } from './reconcile.js'
import { doubtSince } from './recovery.js'
import { uploadErrorFrom } from './retry.js'
import { settleCompleting, settleGone } from './settle-gone.js'
import { assertNoOther, takeOverUpload } from './take-over.js'
import { abandon, tidy } from './tidy.js'
import { putWhole } from './whole.js'

/** An upload that is gone again and again has an enemy; better to say so than to send for ever. */
const maxBeginnings = 3

export interface UploadResult {
  readonly bucket: string
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Without quotes. */
  readonly etag: string
  /** Of the whole object, unsigned decimal. */
  readonly crc64: string
  /** By what the service proved that it has our bytes. */
  readonly integrity: Integrity
  readonly requestId?: string
  readonly versionId?: string
  /** Absent when one PutObject was enough. */
  readonly uploadId?: string
  /** Whether an upload of an earlier run went on. */
  readonly resumed: boolean
  /** `kept`: at the service since an earlier run. `sent`: in this one. */
  readonly parts: { readonly kept: number; readonly sent: number }
  readonly bytes: { readonly kept: number; readonly sent: number }
  /** The answer of the callback that the headers asked for. */
  readonly callback?: string
  /** Of an adopted upload: the headers that its object has other than was asked. Absent when there are none. */
  readonly differingHeaders?: readonly string[]
}

/** Uploads the source, going on where an earlier run stopped. Every failure is an `UploadError`. */
export async function runUpload(ports: Ports, request: UploadRequest): Promise<UploadResult> {
  const { service, source, checkpoints } = ports
  try {
    if (request.signal.aborted) throw request.signal.reason
    const { size } = await source.identity()
    if (request.partSize !== undefined && size > 0 && size >= request.multipartThreshold) {
      planParts({ size, partSize: request.partSize, limits: service.limits })
    }
    const target = { service: service.name, bucket: service.bucket, key: request.key }
    const log = await checkpoints.acquire(target, { steal: request.steal })
    const life = createLife({ ports, request, log, size })
    try {
      return await liveOn(life)
    } finally {
      await letGo(log, life.emit)
    }
  } catch (error) {
    const stopped = 'The upload was stopped. What was sent is kept: run it again to go on.'
    throw asOutcome(error, request.signal, stopped)
  }
}

async function liveOn(life: Life): Promise<UploadResult> {
  const past = await openPast(life)
  life.doubtfulSince = doubtSince(past.intents)
  let { current } = past
  life.liveness.metBefore = current !== undefined
  const { adopt } = life.request
  const named = typeof adopt === 'object' ? adopt : undefined
  if (named !== undefined) assertNoOther(past, named)
  const owed = [...past.pendingAborts]
  if (life.request.restart) {
    await abandonAll(life, past)
    current = undefined
  }
  for (const uploadId of owed) await abandon(life, past, uploadId)
  if (current?.committed) {
    const end = await unheard(life, current)
    if (end !== undefined) return closeUpload(life, past, { end, resumed: true })
    // That one is over. What this call asks for has nothing to do with it.
    past.leftovers.add(current.opened.uploadId)
    current = undefined
  }
  if (current === undefined && named !== undefined) {
    const taken = await takeOverUpload(life, past, named)
    if ('kind' in taken) return closeUpload(life, past, { end: taken, resumed: true })
    current = taken
  }
  if (current === undefined && wantsAdoption(life.request)) current = await adoptUpload(life, past)
  for (let beginning = 1; ; beginning++) {
    if (current !== undefined && !planFits(life.size, current.opened.partSize, life.ports.service.limits)) {
      const { uploadId } = current.opened
      await abandon(life, past, uploadId)
      const message =
        'The file now has a size that the parts of this upload can not carry. A new upload begins.'
      life.emit({ type: 'restarted', uploadId, message })
      current = undefined
    }
    if (current === undefined && (life.size === 0 || life.size < life.request.multipartThreshold)) {
      return closeWhole(life, past)
    }
    const resumed = current !== undefined
    const opened = current?.opened ?? (await begin(life, past))
    const end = await (current === undefined ? sendAll(life, opened) : goOn(life, current))
    if (end.kind === 'stored') return closeUpload(life, past, { end, resumed })

    const { uploadId } = opened
    await recordOrWarn(life, { kind: 'closed', uploadId, how: 'gone' })
    if (beginning === maxBeginnings) {
      throw new UploadError(
        'interrupted',
        `The multipart upload disappeared from the service ${beginning} times; somebody, or a lifecycle rule, removes it.`,
        { uploadId },
      )
    }
    life.emit({ type: 'restarted', uploadId, message: `${end.message} A new upload begins.` })
    life.progress.reset()
    life.sent.clear()
    current = undefined
  }
}

/** An object of an earlier run that ended before it could tell: if it is what this call asks for, it is there already. */
async function unheard(life: Life, { opened, completing }: OpenUpload): Promise<Stored | undefined> {
  const { service, digester, runtime } = life.ports
  const changed = changedHeader(opened.headers, life.request.headers, { service, digester, runtime })
  if (changed !== undefined || completing === undefined) return undefined
  return settleCompleting(life, opened, completing)
}

/** Everything that is there is given up: with consent, since `restart` says so. */
async function abandonAll(life: Life, past: Past): Promise<void> {
  const ids = [past.current?.opened.uploadId, ...past.leftovers].filter((id) => id !== undefined)
  for (const uploadId of ids) await abandon(life, past, uploadId)
}

async function begin(life: Life, past: Past): Promise<OpenedRecord> {
  const opened = await beginUpload(life, past)
  life.liveness.moved()
  past.knownIds.add(opened.uploadId)
  past.intents = []
  return opened
}

function planOf(life: Life, { partSize }: OpenedRecord): Plan {
  return planParts({ size: life.size, partSize, limits: life.ports.service.limits })
}

/** A new upload has no parts, so nobody needs to be asked which. */
async function sendAll(life: Life, opened: OpenedRecord): Promise<UploadEnd> {
  const plan = planOf(life, opened)
  const fates = Array.from({ length: plan.partCount }, (_, index) => {
    return { kind: 'send', partNumber: index + 1 } as const
  })
  return finishUpload(life, opened, { plan, fates })
}

async function goOn(life: Life, { opened, parts: histories, completing }: OpenUpload): Promise<UploadEnd> {
  const { service, source, digester, runtime } = life.ports
  const { key, headers, partSize: asked, verify } = life.request
  assertSameHeaders(opened.headers, headers, { service, digester, runtime })
  if (asked !== undefined && asked !== opened.partSize) {
    life.emit({ type: 'plan-kept', partSize: opened.partSize, asked })
  }
  if (completing !== undefined) {
    const stored = await settleCompleting(life, opened, completing)
    if (stored !== undefined) return stored
  }
  const listed = await listAllParts(life, { key, uploadId: opened.uploadId })
  life.liveness.moved()
  if (listed === 'gone') return settleGone(life, opened, completing)
  const plan = planOf(life, opened)
  const fates = reconcile({ plan, listed, histories, identity: await source.identity(), verify })
  const countOf = (kind: PartFate['kind']): number => fates.filter((fate) => fate.kind === kind).length
  life.emit({
    type: 'resumed',
    uploadId: opened.uploadId,
    partSize: plan.partSize,
    partCount: plan.partCount,
    toKeep: countOf('keep'),
    toCheck: countOf('check'),
    toSend: countOf('send'),
  })
  return finishUpload(life, opened, { plan, fates, completing })
}

async function closeUpload(
  life: Life,
  past: Past,
  { end, resumed }: { readonly end: Stored; readonly resumed: boolean },
): Promise<UploadResult> {
  const { opened, receipt, crc64, callbackError } = end
  const { uploadId } = opened
  life.progress.finished()
  await recordOrWarn(life, { kind: 'committed', uploadId })
  // An object like ours may have been there before our Complete was; then the upload still is. Its end is not written
  // down: until the checkpoint is removed, a run that dies has told nobody, and the next one has to find the object.
  const remains = end.uploadMayRemain && !(await removeRemains(life, past, uploadId))
  const differing = opened.adopted === true ? await differingHeaders(life, uploadId) : []
  await tidy(life, past, { remains })
  if (callbackError !== undefined)
    throw uploadErrorFrom('callback-failed', callbackError.message, callbackError)
  const plan = planOf(life, opened)
  const sent = [...life.sent]
  const bytesSent = sent.reduce((sum, partNumber) => sum + partLength(plan, partNumber), 0)
  return {
    ...resultOf(life, receipt, crc64),
    uploadId,
    resumed,
    parts: { kept: plan.partCount - sent.length, sent: sent.length },
    bytes: { kept: life.size - bytesSent, sent: bytesSent },
    ...(differing.length === 0 ? {} : { differingHeaders: differing }),
  }
}

/** Not worth a failure: the object is there. */
async function removeRemains(life: Life, past: Past, uploadId: string): Promise<boolean> {
  try {
    if (!past.adopted.has(uploadId)) return await abortUntilGone(life, uploadId)
    if ((await listAllParts(briefly(life), { key: life.request.key, uploadId })) !== 'gone')
      tellLeft(life, uploadId)
    return true
  } catch {
    const adopted = past.adopted.has(uploadId)
    if (adopted) tellLeft(life, uploadId)
    return adopted
  }
}

async function closeWhole(life: Life, past: Past): Promise<UploadResult> {
  const { receipt, computed, callbackError } = await putWhole(life, past.intents)
  life.progress.stored(1, life.size)
  life.progress.finished()
  await tidy(life, past, { remains: false })
  if (callbackError !== undefined)
    throw uploadErrorFrom('callback-failed', callbackError.message, callbackError)
  return {
    ...resultOf(life, receipt, computed.crc64),
    resumed: false,
    parts: { kept: 0, sent: 1 },
    bytes: { kept: 0, sent: life.size },
  }
}

/** What every result has. */
export function resultOf(
  life: Life,
  { etag, requestId, versionId, callback }: ObjectReceipt,
  crc64: string,
): Omit<UploadResult, 'uploadId' | 'resumed' | 'parts' | 'bytes'> {
  return {
    bucket: life.ports.service.bucket,
    key: life.request.key,
    size: life.size,
    etag,
    crc64,
    integrity: life.ports.service.integrity,
    ...(requestId === undefined ? {} : { requestId }),
    ...(versionId === undefined ? {} : { versionId }),
    ...(callback === undefined ? {} : { callback }),
  }
}
