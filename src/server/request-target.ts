/** The target of a request line, and what is said of one that can't be read. */
import { parseTarget, type Target } from './addressing.js'
import { Refusal } from './context.js'

/** @throws Refusal InvalidObjectName or InvalidArgument */
export function readTarget(target: string): Target {
  try {
    return parseTarget(target)
  } catch {
    const path = target.split('?', 1)[0] ?? ''
    // Every escape is one, and what they say is no text: a name of other bytes.
    if (/^(?:[^%]|%[0-9a-f]{2})*$/i.test(path) && !isText(path)) {
      throw new Refusal({ code: 'InvalidObjectName', ec: '0016-00000004' })
    }
    throw new Refusal({ code: 'InvalidArgument', message: "Couldn't parse the specified URI." })
  }
}

function isText(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
