/** One PutObject for what is below the threshold. It can be repeated, but not believed: the file may change, the answer get lost. */
import { learnServiceTime } from './begin.js'
import { type IntentRecord, sameFile, sameIdentity } from './checkpoint.js'
import { ServiceError, UploadError } from './errors.js'
import { keepHeaders } from './kept-headers.js'
import { type Life, persist, recordOrFail } from './life.js'
import type { Computed, ObjectReceipt, SourceIdentity } from './ports.js'
import { assertSameBytes } from './receipts.js'
import { asUploadError, isCurable } from './retry.js'
import { type Expected, lookAtObject, settle } from './settle.js'

/** How often a file may change under us before we say so. */
const maxRounds = 3

export interface Whole {
  readonly receipt: ObjectReceipt
  readonly computed: Computed
  /** The object is stored, but its callback failed, in these words. */
  readonly callbackError?: ServiceError
}

/** `intents`: PutObjects of earlier runs that nobody knows the end of. */
export async function putWhole(life: Life, intents: readonly IntentRecord[]): Promise<Whole> {
  const { source } = life.ports
  for (let round = 1; ; round++) {
    const before = await source.identity()
    assertSameSize(life, before)
    const whole = await putOnce(life, round === 1 ? intents : [])
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

async function putOnce(life: Life, intents: readonly IntentRecord[]): Promise<Whole> {
  const { service, source, runtime } = life.ports
  const { key, headers } = life.request
  const slice = source.slice(0, life.size)
  if (service.forbidsOverwrite(headers)) await recordIntent(life)
  const startedAt = runtime.monotonic()
  let notBefore = intents.find((intent) => intent.operation === 'put')?.serviceTime
  let lost = notBefore !== undefined

  const ours = async (): Promise<Whole | undefined> => {
    const computed = await life.ports.digester.digest(slice, { md5: false }, life.signal)
    if (notBefore === undefined) {
      // Any answer tells the service's time, and with it the time at which we began.
      await lookAtObject(life)
      const now = service.now()
      if (now !== undefined) notBefore = now - (runtime.monotonic() - startedAt)
    }
    const expected: Expected = { size: life.size, crc64: computed.crc64, notBefore }
    const settlement = await settle(life, expected)
    if (settlement.kind !== 'ours') return undefined
    life.emit({
      type: 'settled',
      message: 'The answer to PutObject was lost; the object is there and is ours.',
    })
    const { etag, crc64, versionId, requestId } = settlement.info
    const receipt: ObjectReceipt = {
      etag,
      ...(crc64 === undefined ? {} : { crc64 }),
      ...(versionId === undefined ? {} : { versionId }),
      ...(requestId === undefined ? {} : { requestId }),
    }
    return { receipt, computed }
  }

  return persist(life, { operation: 'PutObject' }, async ({ patience, number }) => {
    if (lost && number > 1) {
      const settled = await ours()
      if (settled !== undefined) return settled
    }
    let sentBytes = 0
    try {
      const { receipt, computed } = await service.putObject(key, slice, {
        headers,
        signal: life.signal,
        patience,
        onSent: (bytes) => {
          if (bytes > sentBytes) life.liveness.moved()
          sentBytes = bytes
          life.progress.sending(1, bytes)
        },
      })
      assertSameBytes(service.integrity, { receipt, computed, size: life.size })
      return { receipt, computed }
    } catch (error) {
      life.progress.stopped(1)
      if (!(error instanceof ServiceError)) throw error
      if (error.meaning === 'object-exists') {
        const settled = lost ? await ours() : undefined
        if (settled !== undefined) return settled
        throw asUploadError(error)
      }
      if (error.meaning === 'callback-failed') {
        const computed = await life.ports.digester.digest(slice, { md5: false }, life.signal)
        const seen = await lookAtObject(life)
        const etag = seen.kind === 'found' ? seen.info.etag : ''
        return { receipt: { etag, crc64: computed.crc64 }, computed, callbackError: error }
      }
      if (isCurable(error.meaning)) lost = true
      throw error
    }
  })
}

/** With forbid-overwrite a run that died after the object was stored would meet its own object as a stranger's. */
async function recordIntent(life: Life): Promise<void> {
  const { service, digester, runtime, source } = life.ports
  await learnServiceTime(life)
  const serviceTime = service.now()
  await recordOrFail(life, {
    kind: 'intent',
    operation: 'put',
    ...(serviceTime === undefined ? {} : { serviceTime: Math.floor(serviceTime) }),
    headers: keepHeaders(life.request.headers, { service, digester, runtime }),
    source: source.name,
  })
}
