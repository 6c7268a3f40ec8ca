/** Where in its upload a process died, as told by what it left on disk and what the server heard of it. Pure. */
import type { RequestLogEntry } from '../../src/server/index.js'

export const PLACES = {
  start: 'while starting, before the lock',
  lock: 'taking the lock, or opening the checkpoint',
  first: 'at its first questions, before the intent was on disk',
  intent: 'between the intent and the upload id on disk',
  looking: 'looking through what earlier lives had sent',
  parts: 'among the parts',
  complete: 'at Complete, before the server had done it',
  tidying: 'after Complete was done, before the checkpoint was removed',
  removed: 'after the checkpoint was removed',
} as const

export type Place = keyof typeof PLACES

export interface Evidence {
  /** Kinds of the checkpoint's lines; `undefined` when there is none. */
  readonly kinds: readonly string[] | undefined
  /** Lines that were there when this life began. */
  readonly linesBefore: number
  /** Files of a lock of its own. */
  readonly ownLock: boolean
  /** What the server has answered in this life. */
  readonly answered: readonly RequestLogEntry[]
  /** Has the server completed the upload, in this life or an earlier one? */
  readonly completed: boolean
}

export function placeOfDeath({ kinds, linesBefore, ownLock, answered, completed }: Evidence): Place {
  if (completed) return kinds === undefined ? 'removed' : 'tidying'
  const last = kinds?.at(-1)
  if (answered.length === 0 && (kinds?.length ?? 0) === linesBefore) return ownLock ? 'lock' : 'start'
  if (kinds === undefined) return 'first'
  if (!kinds.includes('opened')) return 'intent'
  if (last === 'completing') return 'complete'
  const isPart = ({ operation }: RequestLogEntry): boolean => operation === 'UploadPart'
  return answered.some(isPart) || last === 'opened' ? 'parts' : 'looking'
}
