/** The ports of one life that need no world behind them: time and luck, and checksums over what is read. */
import type { Digester, Runtime, Slice } from '../../src/engine/ports.js'
import { combineCrc64, crc64, crc64FromDecimal, crc64ToDecimal } from './checksums.js'
import type { SimulatedLife, World } from './world.js'

export function createRuntime(
  world: World,
  life: SimulatedLife,
  options: { readonly epoch: number; readonly clockJumps: boolean },
): Runtime {
  const offset = world.luck.below(1_000_000)
  let jump = 0
  return {
    monotonic: () => world.now() + offset,
    wallClock() {
      if (options.clockJumps && world.luck.chance(0.1)) {
        const next = (world.luck.next() - 0.5) * 7_200_000
        world.strike(next > jump ? 'clock jumped ahead' : 'clock jumped back')
        jump = next
      }
      return options.epoch + world.now() + jump
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const onAbort = (): void => reject(signal?.reason)
        signal?.addEventListener('abort', onAbort)
        world.schedule(
          ms,
          () => {
            signal?.removeEventListener('abort', onAbort)
            resolve()
          },
          life,
        )
      }),
    random: () => world.luck.next(),
  }
}

export function createSimulatedDigester(
  world: World,
  life: SimulatedLife,
  onDigest: (range: { readonly start: number; readonly size: number }) => void,
): Digester {
  return {
    async digest(slice: Slice, _want, signal) {
      onDigest({ start: slice.start, size: slice.size })
      let crc = 0n
      let size = 0
      await slice.pump(async (block) => {
        if (world.luck.chance(0.5)) await world.pause(world.luck.below(20), life)
        crc = crc64(block, crc)
        size += block.length
      }, signal)
      return { size, crc64: crc64ToDecimal(crc) }
    },
    combineCrc64: (parts) =>
      crc64ToDecimal(
        parts.reduce((whole, part) => combineCrc64(whole, crc64FromDecimal(part.crc64), part.size), 0n),
      ),
    secretDigest: (salt, secret) => `${salt}:${secret.length}`,
  }
}
