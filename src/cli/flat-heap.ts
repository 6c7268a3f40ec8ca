/**
 * Keeps V8's heap as small as what is alive in it, while a command runs for long. By itself V8 lets it grow as long as memory
 * seems to be there: with 1 GiB in parts of 1 MiB, 8 in flight, to 87 MiB, and to 103 MiB with 50 GiB.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Old objects may come to so much more than was alive, in bytes, before they are looked through. */
const ROOM_BYTES = 3 * 1024 * 1024
const LOOK_EVERY_MS = 100

/**
 * For the whole process, so it is for whoever owns that to ask for it: the command does, the library does not. Returns
 * what ends it.
 */
export function keepHeapFlat(): () => void {
  // The part for young objects: doubled each time that as much as it holds has outlived a collection, up to 48 MiB whatever
  // is alive. V8 looks at this whenever it could grow. Given at the start of the process it would be raised to 2.
  setFlagsFromString('--semi-space-growth-factor=1')
  let collect: (() => void) | undefined
  let aliveBytes = oldBytes()
  const timer = setInterval(() => {
    const bytes = oldBytes()
    if (bytes < aliveBytes + ROOM_BYTES) {
      aliveBytes = Math.min(aliveBytes, bytes)
      return
    }
    collect ??= collector()
    collect()
    aliveBytes = oldBytes()
  }, LOOK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

function oldBytes(): number {
  const old = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')
  return old?.space_used_size ?? 0
}

/** What `node --expose-gc` has, for this file alone: only a context made under that flag gets it. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('globalThis.gc')
  setFlagsFromString('--no-expose-gc')
  return typeof gc === 'function' ? () => gc() : () => {}
}
