/** What an upload is doing, told at any moment: folded from its events, so that it never says more than was seen. */
import type { UploadEvent } from './events.js'
import type { Runtime } from './ports.js'

/**
 * A request that failed and has not got through yet. One that looks at the object within its own attempt is told beside
 * that look, when both have failed. Times are this machine's, in milliseconds since the epoch.
 */
export interface WaitingRequest {
  /** As the service calls it, such as `UploadPart`. */
  readonly operation: string
  readonly partNumber?: number
  /** How often it has failed. */
  readonly attempt: number
  /** Why it failed the last time. */
  readonly message: string
  /** When it failed first. */
  readonly since: number
  /** When it is tried again; in the past while that attempt is under way. */
  readonly until: number
}

export interface UploadState {
  /**
   * - `running`: something goes forward, or nothing has failed
   * - `waiting`: requests wait to be tried again, and nothing has gone forward since
   * - `paused`: stopped by `pause()`
   * - `discarding`: `discard()` is under way
   * - `ended`: `done` has settled
   */
  readonly kind: 'running' | 'waiting' | 'paused' | 'discarding' | 'ended'
  /** What is waited for, the longest-waiting first. Empty when nothing is. */
  readonly waiting: readonly WaitingRequest[]
  /**
   * When something last went forward: bytes sent, a part stored or compared, a new beginning. A connection on which
   * nothing moves shows here alone, until its time is over and it becomes a request that waits.
   */
  readonly movedAt: number
}

export interface StateKeeper {
  hear(event: UploadEvent): void
  /** A run begins. */
  begin(): void
  now(): Pick<UploadState, 'waiting' | 'movedAt'> & { readonly isWaiting: boolean }
}

/** Events after which something has gone forward. */
const forward: ReadonlySet<UploadEvent['type']> = new Set([
  'opened',
  'resumed',
  'recovered',
  'part-stored',
  'part-kept',
  'part-refuted',
  'completing',
  'settled',
  'progress',
])

export function createStateKeeper(runtime: Pick<Runtime, 'wallClock'>): StateKeeper {
  const waiting = new Map<string, WaitingRequest>()
  let movedAt = runtime.wallClock()
  let moved = true
  const move = (): void => {
    movedAt = runtime.wallClock()
    moved = true
  }
  return {
    begin() {
      waiting.clear()
      move()
    },
    hear(event) {
      if (forward.has(event.type)) move()
      if (event.type === 'waited') waiting.delete(nameOf(event))
      if (event.type !== 'waiting') return
      const { type: _, delayMs, ...request } = event
      waiting.set(nameOf(event), request)
      moved = false
    },
    now: () => ({
      waiting: [...waiting.values()].sort((a, b) => a.since - b.since),
      movedAt,
      isWaiting: waiting.size > 0 && !moved,
    }),
  }
}

function nameOf({ operation, partNumber }: { operation: string; partNumber?: number }): string {
  return `${operation} ${partNumber ?? ''}`
}
