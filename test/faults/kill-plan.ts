/** What becomes of one upload that is killed again and again: drawn from the seed and the upload's number, so it can be had again. */
import { KiB, MiB, PART } from '../library/world.js'
import { luckFrom } from './seed.js'

/** What a moment is counted from. */
export type Mark =
  /** The process was started. */
  | { readonly kind: 'start' }
  /** The process has loaded all it needs, and makes the call. */
  | { readonly kind: 'calling' }
  /** The process says that it sends Complete. */
  | { readonly kind: 'completing' }
  /** The server is about to send its n-th answer to this process. */
  | { readonly kind: 'answer'; readonly nth: number }
  /** The server is about to answer this. */
  | { readonly kind: 'operation'; readonly operation: string }

export interface Moment {
  readonly mark: Mark
  readonly laterUs: number
}

export interface KillPlan {
  readonly number: number
  readonly size: number
  readonly partSize: number
  readonly numThreads: number
  /** Of the lives that are killed; the last one may go as fast as it can. */
  readonly limitRate: number | undefined
  /** The server keeps its data on disk, durably. */
  readonly onDisk: boolean
  /** How long the server takes for what it is asked once per upload, so that deaths fall into it. */
  readonly delaysMs: { readonly initiate: number; readonly complete: number }
  /** One per life; then one life without. */
  readonly moments: readonly Moment[]
}

const INITIATE = 'InitiateMultipartUpload'
const COMPLETE = 'CompleteMultipartUpload'

export function planKills(seed: number, number: number): KillPlan {
  const luck = luckFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number, 0x85ebca6b))
  const upTo = (most: number): number => Math.floor(luck() * (most + 1))
  const oneOf = <T>(...choices: readonly [T, ...T[]]): T => choices[upTo(choices.length - 1)] ?? choices[0]

  const kills = 1 + upTo(11)
  const parts = Math.min(70, 20 + 4 * kills + upTo(10))
  const partSize = PART + oneOf(0, 0, KiB, 37 * KiB + 11)
  const early = (): Moment =>
    oneOf<() => Moment>(
      () => ({ mark: { kind: 'start' }, laterUs: upTo(400_000) }),
      () => ({ mark: { kind: 'calling' }, laterUs: upTo(25_000) }),
      () => ({ mark: { kind: 'operation', operation: INITIATE }, laterUs: upTo(8_000) }),
    )()
  const middle = (): Moment =>
    oneOf<() => Moment>(
      () => ({ mark: { kind: 'answer', nth: 1 + upTo(7) }, laterUs: 0 }),
      () => ({ mark: { kind: 'answer', nth: 1 + upTo(7) }, laterUs: upTo(3_000) }),
      () => ({ mark: { kind: 'answer', nth: 1 + upTo(4) }, laterUs: upTo(40_000) }),
      () => ({ mark: { kind: 'calling' }, laterUs: upTo(40_000) }),
      () => ({ mark: { kind: 'answer', nth: 1 + upTo(1) }, laterUs: upTo(10_000) }),
    )()
  const late = (): Moment =>
    oneOf<() => Moment>(
      () => ({ mark: { kind: 'completing' }, laterUs: upTo(15_000) }),
      () => ({ mark: { kind: 'operation', operation: COMPLETE }, laterUs: upTo(1_000) }),
      () => ({ mark: { kind: 'operation', operation: COMPLETE }, laterUs: upTo(15_000) }),
    )()
  const afterLate = (): Moment =>
    oneOf<() => Moment>(
      () => ({ mark: { kind: 'answer', nth: 1 + upTo(2) }, laterUs: upTo(6_000) }),
      () => ({ mark: { kind: 'calling' }, laterUs: upTo(30_000) }),
    )()
  const lateKills = Math.min(kills, oneOf(0, 1, 1, 2, 3))
  const earlyKills = Math.min(kills - lateKills, oneOf(0, 1, 1, 2))
  const moments = Array.from({ length: kills }, (_, index) => {
    if (index < earlyKills) return early()
    if (index < kills - lateKills) return middle()
    return index === kills - lateKills ? late() : oneOf(late, afterLate)()
  })
  return {
    number,
    size: (parts - 1) * partSize + 1 + upTo(partSize - 1),
    partSize,
    numThreads: oneOf(1, 2, 3, 3, 5),
    // At the slower ones a part goes out in pieces, so that deaths leave halves of parts.
    limitRate: oneOf(undefined, 16 * MiB, 4 * MiB, 2 * MiB, 1.5 * MiB),
    onDisk: number % 5 === 0,
    delaysMs: { initiate: oneOf(0, 0, upTo(10)), complete: oneOf(0, upTo(12), 15 + upTo(30)) },
    moments,
  }
}

export function momentInWords({ mark, laterUs }: Moment): string {
  const words = {
    start: 'the start',
    calling: 'the call',
    completing: 'sending Complete',
    answer: `answer ${mark.kind === 'answer' ? mark.nth : ''}`,
    operation: `the answer to ${mark.kind === 'operation' ? mark.operation : ''}`,
  }
  return `${(laterUs / 1000).toFixed(3)} ms after ${words[mark.kind]}`
}
