/** An input that comes once: in chunks of any size, with pauses, and perhaps with an error before its end. */
import type { ByteStream } from '../../../src/sources/stream.js'
import type { SimulatedLife, World } from '../world.js'

export interface SimulatedInput {
  readonly bytes: Uint8Array
  readonly stream: ByteStream
  /** Bytes that were given out so far. */
  given(): number
  /** Has it said that nothing more comes? */
  ended(): boolean
  /** Has it failed, or might have: the error is on its way. */
  failed(): boolean
}

export interface InputManner {
  /** It fails once so many bytes were given out. */
  readonly failsAt: number | undefined
  /** Largest chunk. */
  readonly mostAtOnce: number
  /** Milliseconds between two chunks, at most. */
  readonly mostPauseMs: number
  /** Chance per chunk that the producer thinks for minutes. */
  readonly stalls: number
}

/** Of one input: each is tens of thousands of ticks of the world. */
const mostStalls = 2

export function createInput(
  world: World,
  life: SimulatedLife,
  { bytes, manner }: { readonly bytes: Uint8Array; readonly manner: InputManner },
): SimulatedInput {
  const { luck } = world
  let given = 0
  let ended = false
  let failed = false
  let stalls = 0

  const come = async (): Promise<IteratorResult<Uint8Array>> => {
    if (stalls < mostStalls && luck.chance(manner.stalls)) {
      stalls += 1
      world.strike('input stalled')
      await world.pause(100_000 + luck.below(100_000), life)
    }
    if (luck.chance(0.6)) await world.pause(luck.below(manner.mostPauseMs), life)
    const until = Math.min(bytes.length, manner.failsAt ?? bytes.length)
    if (given === manner.failsAt) {
      failed = true
      world.strike('input failed')
      world.note(`the input of ${life.name} fails after ${given} bytes`)
      throw new Error('the producer died')
    }
    if (given === until) {
      ended = true
      return { done: true, value: undefined }
    }
    const size = Math.min(luck.below(manner.mostAtOnce + 1), until - given)
    // A copy: whoever gives bytes away may use their memory again, so what is kept has to be kept by its taker.
    const chunk = bytes.slice(given, given + size)
    given += size
    lend(chunk)
    return { done: false, value: chunk }
  }
  let lent: Uint8Array | undefined
  const lend = (chunk: Uint8Array): void => {
    lent?.fill(0xdd)
    lent = chunk
  }
  const iterator: AsyncIterator<Uint8Array> = {
    next: come,
    async return() {
      return { done: true, value: undefined }
    },
  }
  return {
    bytes,
    stream: { [Symbol.asyncIterator]: () => iterator },
    given: () => given,
    ended: () => ended,
    failed: () => failed,
  }
}
