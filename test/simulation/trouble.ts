/** How bad the way to the service is, and what it does to one request. The same for both rings. */
import type { CancelSignal } from '../../src/engine/ports.js'
import type { BodyFault, RequestFault } from './faults.js'
import type { SimulatedLife, World } from './world.js'

/** Of one life. */
export interface Trouble {
  /** Chance of some fault, per request; and as much again for object bytes. */
  readonly chance: number
  /** For the whole life. */
  readonly mayNotListParts: boolean
  readonly mayNotListUploads: boolean
  readonly mayNotHead: boolean
  readonly mayNotAbort: boolean
}

export const noTrouble: Trouble = {
  chance: 0,
  mayNotListParts: false,
  mayNotListUploads: false,
  mayNotHead: false,
  mayNotAbort: false,
}

const requestWeights: Readonly<Record<RequestFault, number>> = {
  'request lost': 10,
  'request late': 4,
  'request repeated': 4,
  'answer lost': 10,
  'answer late': 4,
  '500': 5,
  '500 after it was done': 4,
  '503': 4,
  '429': 4,
  '408': 3,
  'token expired': 3,
  'token rejected again': 0.5,
  'clock refused': 3,
  '200 with an error, nothing done': 3,
  '200 with an error, and done': 3,
  'garbage for an answer': 3,
}

const bodyWeights: Readonly<Record<BodyFault, number>> = {
  'reset in a body': 8,
  'early error in a body': 5,
  trickle: 4,
  stall: 3,
  'corrupted body': 5,
  'corrupted checksum': 3,
}

/** What leaves open whether it was done. */
const graveWeights: typeof requestWeights = {
  ...requestWeights,
  'request late': 10,
  'request repeated': 15,
  'answer lost': 15,
}

/** What must not be asked twice lightly is struck more often: that is where tools go wrong. */
const graver: Readonly<Record<string, number>> = { InitiateMultipartUpload: 2, CompleteMultipartUpload: 3 }

export function drawRequestFault(
  world: World,
  { chance }: Trouble,
  operation: string,
): RequestFault | undefined {
  const grave = graver[operation]
  const here = Math.min(0.7, chance * (grave ?? 1))
  if (!world.luck.chance(here)) return undefined
  return weighted(world, grave === undefined ? requestWeights : graveWeights)
}

export function drawBodyFault(world: World, { chance }: Trouble): BodyFault | undefined {
  return world.luck.chance(chance) ? weighted(world, bodyWeights) : undefined
}

function weighted<Name extends string>(world: World, weights: Readonly<Record<Name, number>>): Name {
  const entries = Object.entries(weights) as [Name, number][]
  let left = world.luck.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [name, weight] of entries) {
    left -= weight
    if (left < 0) return name
  }
  return world.luck.pick(entries)[0]
}

export interface Journey<T> {
  /** For the trace, such as `ListParts`. */
  readonly operation: string
  readonly life: SimulatedLife
  readonly signal: CancelSignal | undefined
  readonly fault: RequestFault | undefined
  /** Milliseconds that a good answer takes longer. */
  readonly slowMs?: number
  /** The work of the service. It outlives the life that asked. */
  effect(): Promise<T>
  /** What the client sees of a fault: returns an answer, or throws. */
  forge(fault: RequestFault): T
}

const done: ReadonlySet<RequestFault> = new Set([
  'answer lost',
  'answer late',
  '500 after it was done',
  '200 with an error, and done',
  'garbage for an answer',
])

/** One request: travels, takes effect never, once or twice, now or later, and is answered in some way or not. */
export function travel<T>(world: World, journey: Journey<T>): Promise<T> {
  const { life, signal, fault, operation } = journey
  const { luck } = world
  return new Promise<T>((resolve, reject) => {
    let over = false
    const end = (finish: () => void): void => {
      if (over) return
      over = true
      signal?.removeEventListener('abort', onAbort)
      finish()
    }
    const onAbort = (): void => end(() => reject(signal?.reason))
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort)
    const tell = (delayMs: number, answer: () => T): void =>
      world.schedule(
        delayMs,
        () =>
          end(() => {
            try {
              resolve(answer())
            } catch (error) {
              reject(error)
            }
          }),
        life,
      )
    const backMs = 1 + luck.below(20) + (journey.slowMs ?? 0)
    const answered = (value: T): void => tell(backMs, () => value)
    const refused = (error: unknown): void =>
      tell(backMs, () => {
        throw error
      })
    const act = (then: (value: T) => void, otherwise: (error: unknown) => void): void => {
      journey.effect().then(
        (value) => {
          world.note(`${life.name} ${operation} took effect${fault === undefined ? '' : `: ${fault}`}`)
          then(value)
        },
        (error: unknown) => {
          world.note(`${life.name} ${operation}: ${error instanceof Error ? error.message : String(error)}`)
          otherwise(error)
        },
      )
    }

    const awayMs = 1 + luck.below(20)
    if (fault === undefined) {
      world.schedule(awayMs, () => act(answered, refused))
      return
    }
    world.strike(fault)
    const seen = (): T => journey.forge(fault)
    if (fault === 'request late') {
      tell(awayMs + 50, seen)
      world.schedule(awayMs + luck.below(5000), () =>
        act(
          () => {},
          () => {},
        ),
      )
    } else if (fault === 'request repeated') {
      // Something on the way sends it once more; which answer comes back is a matter of luck.
      const first = luck.chance(0.5)
      const again = (tellIt: boolean): void => act(tellIt ? answered : () => {}, tellIt ? refused : () => {})
      world.schedule(awayMs, () => again(first))
      world.schedule(awayMs + 1 + luck.below(15), () => again(!first))
    } else if (done.has(fault)) {
      const lateMs = fault === 'answer late' ? 60 + luck.below(3000) : 10
      world.schedule(awayMs, () =>
        act(
          () => tell(lateMs, seen),
          () => tell(lateMs, seen),
        ),
      )
    } else {
      world.note(`${life.name} ${operation}: ${fault}`)
      tell(awayMs, seen)
    }
  })
}

/** A body that did not get through, or got through changed. */
export class BrokenBody extends Error {
  override readonly name = 'BrokenBody'
  readonly fault: BodyFault
  readonly sent: number

  constructor(fault: BodyFault, sent: number) {
    super(`The body broke: ${fault}.`)
    this.fault = fault
    this.sent = sent
  }
}

export interface Carriage {
  readonly life: SimulatedLife
  readonly fault: BodyFault | undefined
  readonly size: number
  readonly patience: number
  pump(sink: (block: Uint8Array) => Promise<void>): Promise<void>
  onSent(bytes: number): void
}

/** Carries object bytes as a socket does: what goes out is what the block has when its turn comes. Rejects with `BrokenBody`. */
export async function carry(world: World, carriage: Carriage): Promise<Uint8Array> {
  const { life, fault, size, patience, pump, onSent } = carriage
  const { luck } = world
  const blocks: Uint8Array[] = []
  let sent = 0
  if (fault !== undefined) world.strike(fault)
  const breaksAt =
    fault === 'reset in a body' || fault === 'early error in a body' || fault === 'stall'
      ? luck.below(size + 1)
      : Number.POSITIVE_INFINITY
  await pump(async (block) => {
    if (luck.chance(0.3)) await world.pause(luck.below(5), life)
    if (fault === 'trickle') await world.pause(100 + luck.below(900), life)
    blocks.push(block.slice())
    sent += block.length
    onSent(sent)
    if (sent <= breaksAt) return
    if (fault === 'stall') await world.pause(5_000 * patience, life)
    throw new BrokenBody(fault ?? 'stall', sent)
  })
  const arriving = new Uint8Array(sent)
  let offset = 0
  for (const block of blocks) {
    arriving.set(block, offset)
    offset += block.length
  }
  if (fault === 'corrupted body' && arriving.length > 0) {
    const at = luck.below(arriving.length)
    arriving[at] = (arriving[at] ?? 0) ^ (1 << luck.below(8))
  }
  return arriving
}
