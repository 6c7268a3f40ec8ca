/** What the server was asked lately, for people and for tests that count. Flat: the oldest entries go first. */
import type { RequestLogEntry } from './exchange.js'

export interface RequestLog {
  add(entry: RequestLogEntry): void
  /** Oldest first. */
  entries(): readonly RequestLogEntry[]
  /** How many requests of this operation there were since the start or the last `clear`, dropped ones included. */
  count(operation: string): number
  clear(): void
}

export function createRequestLog(limit: number): RequestLog {
  let entries: RequestLogEntry[] = []
  let counts = new Map<string, number>()
  return {
    add(entry) {
      entries.push(entry)
      // Cut rarely, and by half, so that adding stays cheap.
      if (entries.length >= limit * 2) entries = entries.slice(-limit)
      if (entry.operation !== undefined) {
        counts.set(entry.operation, (counts.get(entry.operation) ?? 0) + 1)
      }
    },
    entries: () => entries.slice(-limit),
    count: (operation) => counts.get(operation) ?? 0,
    clear() {
      entries = []
      counts = new Map()
    },
  }
}
