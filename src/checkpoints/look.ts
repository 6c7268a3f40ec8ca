/** What is in a folder, looked at once for all who ask in the same turn of the event loop. */
import type { Soon } from '../files/swift.js'

/** The names in the folder, as they are at some moment after the call. */
export type Look = () => Promise<readonly string[]>

export function createLook(list: () => Soon<readonly string[]>): Look {
  let next: Promise<readonly string[]> | undefined
  return () => {
    next ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
      next = undefined
      return list()
    })
    return next
  }
}
