/** `--json`: one object per line on stdout, each with `type` and `v`. Fields and types are only ever added to. */
import type { UploadEvent } from '../index.js'
import type { Failure } from './failure.js'
import type { Screen } from './screen.js'

export function writeJson(screen: Screen, type: string, fields: object): void {
  screen.out(jsonLine(type, fields))
}

export function jsonLine(type: string, fields: object): string {
  return JSON.stringify({ type, v: 1, ...fields })
}

export function writeFailure(screen: Screen, failure: Failure, fields: object = {}): void {
  writeJson(screen, 'error', { ...fields, ...failure })
}

/** Progress would be a line per block sent; so many a second are enough to draw from. */
const progressEveryMs = 100

/** Writes an upload's events as they come, progress now and then, and always its last word. */
export function jsonEvents(screen: Screen, now: () => number): (event: UploadEvent) => void {
  let toldAtMs = Number.NEGATIVE_INFINITY
  return (event) => {
    if (event.type === 'callback-error') return
    const { type, ...fields } = event
    if (event.type === 'progress') {
      const isLast = event.consumedBytes === event.totalBytes
      if (!isLast && now() - toldAtMs < progressEveryMs) return
      toldAtMs = now()
    }
    writeJson(screen, type, fields)
  }
}
