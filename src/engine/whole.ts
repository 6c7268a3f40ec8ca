/** One PutObject for what is below the threshold. It can be repeated, but not believed: the file may change, the answer get lost. */
import { learnServiceTime } from './begin.js'
import { type IntentRecord, recordedTime, sameFile, sameIdentity } from './checkpoint.js'
import { ServiceError, UploadError } from './errors.js'
import { keepHeaders } from './kept-headers.js'
import { type Life, persist, recordOrFail } from './life.js'
import type { Computed, ObjectReceipt, RangeDigest, SourceIdentity } from './ports.js'
import { assertSameBytes } from './receipts.js'
import { asUploadError, isCurable, isUnsent, uploadErrorFrom } from './retry.js'
import { type Expected, lookAtObject, settle } from './settle.js'

/** How often a file may change under us before we say so. */
const maxRounds = 3

export interface Whole {
  readonly receipt: ObjectReceipt
  readonly computed: Computed
  /** The object is stored, but its callback failed, in these words. */
  readonly callbackError?: ServiceError
}

/** What is known of the PutObjects so far, in this run and before it. */
interface Puts {
  readonly startedAt: number
  /** By the service's clock: before the first of them. */
  notBefore: number | undefined
  /** One of them may have taken effect without our hearing of it. */
  lost: boolean
  /** One of them stored other bytes than were sent. */
  corrupt: boolean
  /** Most bytes that any of them got out: only new ground is progress. */
  furthest: number
}

/** `intents`: PutObjects of earlier runs that nobody knows the end of. */
export async function putWhole(life: Life, intents: readonly IntentRecord[]): Promise<Whole> {
  const { service, source, runtime } = life.ports
  if (service.forbidsOverwrite(life.request.headers)) await recordIntent(life)
  const earlier = intents.find((intent) => intent.operation === 'put')?.serviceTime
  const puts: Puts = {
    startedAt: runtime.monotonic(),
    notBefore: earlier ?? service.now(),
    lost: earlier !== undefined,
    corrupt: false,
    furthest: 0,
  }
  let whole: Whole | undefined
  for (let round = 1; ; round++) {
    const before = await source.identity()
    assertSameSize(life, before)
    if (whole === undefined || !(await isStill(life, whole))) whole = await put(life, puts)
    const after = await source.identityByName()
    if (after === undefined) {
      throw new UploadError('source-missing', `${source.name} was removed while it was uploaded.`)
    }
    if (sameIdentity(before, after)) return whole
    assertSameSize(life, after)
    if (!sameFile(before, after)) {
      throw new UploadError(
        'source-changed',
        `${source.name} was replaced while it was uploaded. Run it again.`,
      )
    }
    if (round === maxRounds) {
      throw new UploadError(
        'source-changed',
        `${source.name} keeps changing while it is uploaded. Run it again.`,
      )
    }
    life.emit({ type: 'source-moved', parts: 1 })
  }
}

function assertSameSize(life: Life, identity: SourceIdentity): void {
  if (identity.size === life.size) return
  throw new UploadError(
    'source-changed',
    `${life.ports.source.name} had ${life.size} bytes and now has ${identity.size}. Run it again.`,
  )
}

/** Does the file, which was touched at least, still have the bytes that were stored? */
async function isStill(life: Life, { computed }: Whole): Promise<boolean> {
  const { service, source } = life.ports
  const { crc64 } = await digestOf(life)
  if (crc64 === computed.crc64) return true
  if (!service.forbidsOverwrite(life.request.headers)) return false
  throw new UploadError(
    'source-changed',
    `${source.name} changed while it was uploaded. The object has what the file had before, and overwriting is forbidden.`,
  )
}

function digestOf(life: Life): Promise<RangeDigest> {
  const { digester, source } = life.ports
  return digester.digest(source.slice(0, life.size), { md5: false }, life.signal)
}

function put(life: Life, puts: Puts): Promise<Whole> {
  const { service, source } = life.ports
  const { key, headers } = life.request
  return persist(life, { operation: 'PutObject' }, async ({ patience, number }) => {
    if (puts.lost && number > 1) {
      const settled = await settlePut(life, puts)
      if (settled !== undefined) return settled
    }
    try {
      const { receipt, computed } = await service.putObject(key, source.slice(0, life.size), {
        headers,
        signal: life.signal,
        patience,
        onSent: (bytes) => {
          if (bytes > puts.furthest) {
            puts.furthest = bytes
            life.liveness.moved()
          }
          life.progress.sending(1, bytes)
        },
        onHeldBack: life.liveness.excuse,
      })
      assertSameBytes(service.integrity, { receipt, computed, size: life.size })
      return { receipt, computed }
    } catch (error) {
      life.progress.stopped(1)
      if (!(error instanceof ServiceError)) throw error
      if (error.meaning === 'object-exists') return metAnObject(life, puts, error)
      if (error.meaning === 'callback-failed') return storedWithoutCallback(life, error)
      if (error.meaning === 'corrupt') puts.corrupt = true
      if (isCurable(error.meaning) && !isUnsent(error)) puts.lost = true
      throw error
    }
  })
}

/**
 * Our own, from a request whose answer was lost, or that something on the way sent twice? Anything else is a conflict.
 */
async function metAnObject(life: Life, puts: Puts, error: ServiceError): Promise<Whole> {
  const settled = await settlePut(life, puts)
  if (settled !== undefined) return settled
  if (!puts.corrupt) throw asUploadError(error)
  throw uploadErrorFrom(
    'integrity',
    'The service stored other bytes than were sent, and overwriting them is forbidden. Remove the object and run it again.',
    error,
  )
}

async function settlePut(life: Life, puts: Puts): Promise<Whole | undefined> {
  const { service, runtime } = life.ports
  const computed = await digestOf(life)
  if (puts.notBefore === undefined) {
    // Any answer tells the service's time, and with it the time at which we began.
    await lookAtObject(life)
    const now = service.now()
    if (now !== undefined) puts.notBefore = now - (runtime.monotonic() - puts.startedAt)
  }
  const expected: Expected = { size: life.size, crc64: computed.crc64, notBefore: puts.notBefore }
  const settlement = await settle(life, expected)
  if (settlement.kind !== 'ours') return undefined
  life.emit({
    type: 'settled',
    message: 'The answer to PutObject was lost; the object is there and is ours.',
  })
  return { receipt: settlement.info, computed }
}

/** A failed callback says that the object is stored. That its bytes are ours is still ours to see. */
async function storedWithoutCallback(life: Life, callbackError: ServiceError): Promise<Whole> {
  const computed = await digestOf(life)
  const seen = await lookAtObject(life)
  if (seen.kind !== 'found') {
    throw uploadErrorFrom(
      'commit-unknown',
      'The service says that the object is stored and its callback failed, but not which CRC-64 the object has. Run it again to look once more.',
      callbackError,
    )
  }
  const { integrity } = life.ports.service
  assertSameBytes(integrity, { receipt: seen.info, computed, size: seen.info.size })
  return { receipt: seen.info, computed, callbackError }
}

/** With forbid-overwrite a run that died after the object was stored would meet its own object as a stranger's. */
async function recordIntent(life: Life): Promise<void> {
  const { service, digester, runtime, source } = life.ports
  await learnServiceTime(life)
  const serviceTime = service.now()
  await recordOrFail(life, {
    kind: 'intent',
    operation: 'put',
    ...(serviceTime === undefined ? {} : { serviceTime: recordedTime(serviceTime) }),
    headers: keepHeaders(life.request.headers, { service, digester, runtime }),
    source: source.name,
  })
}
