/**
 * Makes the parts an object. Complete is the one request whose answer is ambiguous by nature, so every odd answer is
 * settled by looking at the object before anything is concluded from it.
 */
import { type CompletingRecord, type OpenedRecord, type PartProof, sameIdentity } from './checkpoint.js'
import { type Stored, strangersObject, type UploadEnd } from './ends.js'
import { type FailureMeaning, ServiceError, UploadError } from './errors.js'
import { assertHeld, type Life, persist, recordOrWarn } from './life.js'
import { listAllParts } from './parts.js'
import type { Plan } from './plan.js'
import type { ObjectReceipt, SourceIdentity, UploadRef } from './ports.js'
import { presentSource } from './present.js'
import { type PartFate, reconcile } from './reconcile.js'
import { isServiceError, uploadErrorFrom } from './retry.js'
import { type Expected, judgeObject, lookAtObject, settle } from './settle.js'
import { settleGone } from './settle-gone.js'
import { type Transfer, transfer } from './transfer.js'

/** How often a file may change under us, and how often Complete may miss a part, before we say so. */
const maxRepeats = 2

interface Proved {
  readonly proofs: ReadonlyMap<number, PartProof>
  /** The state of the file that all proofs are about. */
  readonly identity: SourceIdentity
}

/** Sends and checks what `fates` say, then completes; with a missing part, does it again. */
export async function finishUpload(
  life: Life,
  opened: OpenedRecord,
  work: {
    readonly plan: Plan
    readonly fates: readonly PartFate[]
    /** Of an earlier run: a Complete that may still come through. */
    readonly completing?: CompletingRecord | undefined
  },
): Promise<UploadEnd> {
  const ref: UploadRef = { key: life.request.key, uploadId: opened.uploadId }
  let { fates } = work
  for (let misses = 0; ; misses++) {
    const adopted = opened.adopted === true
    const proved = await unlessGone(proveAll(life, { ref, plan: work.plan, fates, adopted }))
    if (proved === 'gone') return settleGone(life, opened, work.completing)
    const end = await complete(life, opened, { ref, plan: work.plan, proved })
    if (end.kind !== 'invalid-part') return end
    if (misses === maxRepeats) throw uploadErrorFrom('integrity', end.error.message, end.error)
    const listed = await listAllParts(life, ref)
    if (listed === 'gone') return settleGone(life, opened, work.completing)
    fates =
      listed === undefined
        ? sendAgain(life, proved)
        : reconcile({
            plan: work.plan,
            listed,
            histories: new Map([...proved.proofs].map(([number, verified]) => [number, { verified }])),
            identity: proved.identity,
            verify: life.request.verify,
          })
  }
}

/**
 * A part is missing or another, and nobody may tell which: what an earlier run sent is sent again, and if all is of this
 * run, all of it. Something that was under way when its process died may have arrived since.
 */
function sendAgain(life: Life, { proofs }: Proved): PartFate[] {
  const ours = life.sent.size < proofs.size ? life.sent : new Set<number>()
  return [...proofs.values()].map((proof) =>
    ours.has(proof.partNumber) ? keep(proof) : { kind: 'send', partNumber: proof.partNumber },
  )
}

async function unlessGone<T>(work: Promise<T>): Promise<T | 'gone'> {
  try {
    return await work
  } catch (error) {
    if (isServiceError(error, 'upload-gone')) return 'gone'
    throw error
  }
}

/** Transfers until every part is proved under one state of the file: the present one. */
async function proveAll(life: Life, work: Transfer): Promise<Proved> {
  let { fates } = work
  let oncemore = life.request.verify === 'paranoid'
  for (let moves = 0; ; ) {
    const proofs = await transfer(life, { ...work, fates })
    const identity = await presentSource(life)
    const moved = [...proofs.values()].filter((proof) => !sameIdentity(proof.identity, identity))
    if (moved.length === 0 && !oncemore) return { proofs, identity }
    if (moved.length > 0) {
      if (moves === maxRepeats) {
        throw new UploadError(
          'source-changed',
          `${life.ports.source.name} keeps changing while it is uploaded. What was sent is kept: run it again.`,
        )
      }
      moves += 1
      life.emit({ type: 'source-moved', parts: moved.length })
    }
    const checked = oncemore ? new Set(proofs.values()) : new Set(moved)
    oncemore = false
    fates = [...proofs.values()]
      .sort((a, b) => a.partNumber - b.partNumber)
      .map((proof) => (checked.has(proof) ? checkAgain(proof) : keep(proof)))
  }
}

function keep(proof: PartProof): PartFate {
  return { kind: 'keep', partNumber: proof.partNumber, proof }
}

/** What the service holds was proved to have this CRC-64: now hold that against the file once more. */
function checkAgain(proof: PartProof): PartFate {
  const { partNumber, size, etag, crc64 } = proof
  return { kind: 'check', partNumber, claim: { partNumber, size, listed: { partNumber, etag, crc64 } } }
}

export type CompleteEnd = UploadEnd | { readonly kind: 'invalid-part'; readonly error: ServiceError }

/** Asks for Complete until it is done, settled or refused. The parts have to be all that the plan has. */
export async function complete(
  life: Life,
  opened: OpenedRecord,
  work: { readonly ref: UploadRef; readonly plan: Plan; readonly proved: Proved },
): Promise<CompleteEnd> {
  const { service } = life.ports
  const { ref, plan, proved } = work
  const { uploadId } = ref
  const parts = [...proved.proofs.values()].sort((a, b) => a.partNumber - b.partNumber)
  if (parts.length !== plan.partCount) {
    throw new UploadError(
      'internal',
      `Only ${parts.length} of ${plan.partCount} parts were proved. Nothing was completed.`,
    )
  }
  const crc64 = life.ports.digester.combineCrc64(parts)
  await assertHeld(life, uploadId)
  await recordOrWarn(life, {
    kind: 'completing',
    uploadId,
    size: plan.size,
    crc64,
    identity: proved.identity,
  })
  life.emit({ type: 'completing', uploadId })
  const expected: Expected = { size: plan.size, crc64, notBefore: opened.initiated }
  return persist(life, { operation: 'CompleteMultipartUpload' }, async () => {
    await assertHeld(life)
    try {
      const { headers } = life.request
      const receipt = await service.completeMultipartUpload(ref, parts, { headers, signal: life.signal })
      const object = await confirmed(life, receipt, { uploadId, expected })
      return { kind: 'stored', opened, crc64, receipt: object, uploadMayRemain: false }
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      return afterFailedComplete(life, error, { opened, ref, expected })
    }
  })
}

/** Throws `integrity` when the object is not what its parts were. */
async function confirmed(
  life: Life,
  receipt: ObjectReceipt,
  ours: { readonly uploadId: string; readonly expected: Expected },
): Promise<ObjectReceipt> {
  if (life.ports.service.integrity !== 'crc64') return receipt
  const { expected } = ours
  if (receipt.crc64 === expected.crc64) return receipt
  const seen = await lookAtObject(life)
  const info = seen.kind === 'found' ? seen.info : undefined
  if (receipt.crc64 === undefined && info?.crc64 === expected.crc64)
    return { ...receipt, crc64: expected.crc64 }
  // Something on the way may have answered with what another request was told: only the object itself is evidence.
  if (info !== undefined && judgeObject(info, expected).kind === 'ours') {
    life.emit({
      type: 'settled',
      message: `Complete answered with the CRC-64 ${receipt.crc64}, which is not that of the object. The object is there and is ours.`,
    })
    return info
  }
  const crc64 = receipt.crc64 ?? info?.crc64
  if (crc64 === undefined) {
    throw new UploadError(
      'commit-unknown',
      'The object was completed, but the service does not say which CRC-64 it has. Run it again to look once more.',
    )
  }
  // The upload is used up: the next run has to begin anew rather than wonder about this one.
  await recordOrWarn(life, { kind: 'closed', uploadId: ours.uploadId, how: 'gone' })
  throw new UploadError(
    'integrity',
    `The object the service put together has the CRC-64 ${crc64}; its parts give ${expected.crc64}. ` +
      'The object is wrong: run it again to replace it.',
    { requestId: receipt.requestId },
  )
}

/** Failures that say for certain that this request completed nothing. What an earlier one did, the next run settles. */
export const definite: ReadonlySet<FailureMeaning> = new Set([
  'denied',
  'refused',
  'bucket-missing',
  'unsupported',
  'credentials-rejected',
  'clock-skew',
])

async function afterFailedComplete(
  life: Life,
  error: ServiceError,
  work: { readonly opened: OpenedRecord; readonly ref: UploadRef; readonly expected: Expected },
): Promise<CompleteEnd> {
  const { opened, ref, expected } = work
  if (error.meaning === 'invalid-part') return { kind: 'invalid-part', error }
  if (error.meaning === 'callback-failed') return storedWithoutCallback(life, error, { opened, expected })
  if (definite.has(error.meaning)) throw error

  const settlement = await settle(life, expected)
  if (settlement.kind === 'ours') {
    life.emit({
      type: 'settled',
      message: `Complete answered: ${error.message} The object is there and is ours.`,
    })
    const uploadMayRemain = error.meaning !== 'upload-gone'
    return { kind: 'stored', opened, crc64: expected.crc64, receipt: settlement.info, uploadMayRemain }
  }
  const final = error.meaning === 'upload-gone' || error.meaning === 'object-exists'
  if (settlement.kind === 'unknown') {
    if (!final) throw error
    throw uploadErrorFrom(
      'commit-unknown',
      `Whether the object was completed can't be told: ${error.message} ${settlement.why.message} The checkpoint is kept.`,
      error,
    )
  }
  if (error.meaning === 'object-exists') {
    throw uploadErrorFrom(
      'conflict',
      'An object of this name exists that is not ours, and overwriting was forbidden. The parts are kept.',
      error,
    )
  }
  if (error.meaning !== 'upload-gone') {
    // While the upload exists nothing was completed, and Complete may be asked again. If it has gone meanwhile, an
    // earlier Complete may have come through after we looked: look again.
    if ((await listAllParts(life, ref)) !== 'gone') throw error
    const { message, status, requestId } = error
    return afterFailedComplete(life, new ServiceError('upload-gone', message, { status, requestId }), work)
  }
  if (settlement.kind === 'not-ours') throw strangersObject(error)
  return { kind: 'gone', message: 'The multipart upload does not exist any more at the service.' }
}

/** A failed callback says that the object is stored. That its bytes are ours is still ours to see. */
async function storedWithoutCallback(
  life: Life,
  callbackError: ServiceError,
  { opened, expected }: { readonly opened: OpenedRecord; readonly expected: Expected },
): Promise<Stored> {
  const ours = { uploadId: opened.uploadId, expected }
  // Nothing was receipted, and nobody will read this: the caller is told of the callback.
  const receipt = await confirmed(life, { etag: '' }, ours)
  return { kind: 'stored', opened, crc64: expected.crc64, receipt, uploadMayRemain: false, callbackError }
}
