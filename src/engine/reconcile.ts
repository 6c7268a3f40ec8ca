/**
 * What becomes of each part when an upload goes on: kept as proved, checked against the file, or sent. A part is never
 * kept on its number and size alone: somebody has to have compared its bytes with the file as it is now.
 */
import type { PartHistory, PartProof } from './checkpoint.js'
import { sameIdentity } from './checkpoint.js'
import { type Plan, partLength } from './plan.js'
import type { ListedPart, PartReceipt, RangeDigest, SourceIdentity } from './ports.js'

/**
 * How far an earlier proof is trusted. `always`: each kept part is read again once per state of the file. `changed`: a
 * part recorded under the file's present state is trusted. `paranoid`: every part is read again in every run.
 */
export type Verify = 'always' | 'changed' | 'paranoid'

/** A part the service holds, with all we can hold against it. */
export interface Claim {
  readonly partNumber: number
  readonly size: number
  /** What the service says it has. */
  readonly listed: PartReceipt
  /** What we knew when we sent or verified it. */
  readonly recorded?: PartProof
}

export type PartFate =
  | { readonly kind: 'send'; readonly partNumber: number }
  | { readonly kind: 'check'; readonly partNumber: number; readonly claim: Claim }
  | { readonly kind: 'keep'; readonly partNumber: number; readonly proof: PartProof }

export interface ReconcileInput {
  readonly plan: Plan
  /** What ListParts told; `undefined` when we may not ask: then the log stands in. */
  readonly listed: ReadonlyMap<number, ListedPart> | undefined
  readonly histories: ReadonlyMap<number, PartHistory>
  /** The file as it is now. */
  readonly identity: SourceIdentity
  readonly verify: Verify
}

/** One fate per part of the plan, in order. Parts the plan does not have are nobody's: Complete will not name them. */
export function reconcile(input: ReconcileInput): PartFate[] {
  const fates: PartFate[] = []
  for (let partNumber = 1; partNumber <= input.plan.partCount; partNumber++) {
    fates.push(fateOf(partNumber, input))
  }
  return fates
}

function fateOf(partNumber: number, input: ReconcileInput): PartFate {
  const history = input.histories.get(partNumber) ?? {}
  const listed = input.listed === undefined ? recalled(history) : input.listed.get(partNumber)
  const size = partLength(input.plan, partNumber)
  if (listed === undefined || listed.size !== size) return { kind: 'send', partNumber }
  const trusted = trustedProofs(history, input.verify).find(
    (proof) => proof.size === size && sameIdentity(proof.identity, input.identity) && agrees(listed, proof),
  )
  if (trusted !== undefined) {
    return { kind: 'keep', partNumber, proof: { ...trusted, etag: listed.etag } }
  }
  const recorded = history.verified ?? history.stored
  return {
    kind: 'check',
    partNumber,
    claim: { partNumber, size, listed, ...(recorded === undefined ? {} : { recorded }) },
  }
}

/** The log's own word on a part, where the service may not be asked. */
function recalled(history: PartHistory): ListedPart | undefined {
  const proof = history.verified ?? history.stored
  if (proof === undefined) return undefined
  return { partNumber: proof.partNumber, size: proof.size, etag: proof.etag, crc64: proof.crc64 }
}

function trustedProofs(history: PartHistory, verify: Verify): PartProof[] {
  const { stored, verified } = history
  if (verify === 'paranoid') return []
  if (verify === 'always') return verified === undefined ? [] : [verified]
  return [verified, stored].filter((proof) => proof !== undefined)
}

/** Does the service still hold what this proof was about? */
function agrees(listed: PartReceipt, proof: PartProof): boolean {
  return listed.crc64 === undefined ? listed.etag === proof.etag : listed.crc64 === proof.crc64
}

/** Whether the file's MD5 will be needed to judge this claim: only where the service tells no CRC-64 and we have none recorded. */
export function needsMd5(claim: Claim): boolean {
  return claim.listed.crc64 === undefined && claim.recorded?.etag !== claim.listed.etag
}

/** Are the bytes the service holds those that the file has now? `digest` is of the file's range. */
export function provedBy(claim: Claim, digest: RangeDigest): boolean {
  if (digest.size !== claim.size) return false
  const { listed, recorded } = claim
  if (listed.crc64 !== undefined) return listed.crc64 === digest.crc64
  if (recorded !== undefined && recorded.etag === listed.etag) return recorded.crc64 === digest.crc64
  return listed.etag.toLowerCase() === digest.md5
}
