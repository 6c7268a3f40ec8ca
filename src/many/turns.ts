/**
 * One limit for all that is sent: so many bodies at once over all files. When one ends, the file that has the fewest
 * under way is next, so that small files go beside the parts of a large one, and a large one gets what they leave.
 */
import type { CancelSignal, ObjectService, Runtime, SendOptions } from '../engine/ports.js'
import { serviceWith } from '../engine/service-with.js'

export interface Turns {
  /** A file's own access to the limit; one per file. */
  join(): Turn
  /** Bodies under way. */
  readonly running: number
}

export interface Turn {
  /** Runs the work when it is this file's turn; rejects with the signal's reason when that comes first. */
  take<T>(signal: CancelSignal, work: () => Promise<T>): Promise<T>
}

interface Member {
  running: number
  readonly waiting: (() => void)[]
}

export function createTurns(most: number): Turns {
  /** Only those that wait, in the order in which they began to. */
  const waiting = new Set<Member>()
  let running = 0

  const start = (member: Member): void => {
    running += 1
    member.running += 1
  }
  const next = (): void => {
    let chosen: Member | undefined
    for (const member of waiting) {
      if (chosen === undefined || member.running < chosen.running) chosen = member
    }
    const go = chosen?.waiting.shift()
    if (chosen === undefined || go === undefined) return
    if (chosen.waiting.length === 0) waiting.delete(chosen)
    start(chosen)
    go()
  }
  const ready = (member: Member, signal: CancelSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        signal.removeEventListener('abort', leave)
        member.waiting.splice(member.waiting.indexOf(go), 1)
        if (member.waiting.length === 0) waiting.delete(member)
        reject(signal.reason)
      }
      member.waiting.push(go)
      waiting.add(member)
      signal.addEventListener('abort', leave)
    })

  return {
    get running() {
      return running
    },
    join() {
      const member: Member = { running: 0, waiting: [] }
      return {
        async take(signal, work) {
          if (signal.aborted) throw signal.reason
          if (running < most) start(member)
          else await ready(member, signal)
          try {
            return await work()
          } finally {
            running -= 1
            member.running -= 1
            next()
          }
        },
      }
    },
  }
}

/** The service, with every body sent at its file's turn. What is waited for a turn says nothing of the service. */
export function inTurn(
  service: ObjectService,
  turn: Turn,
  runtime: Pick<Runtime, 'monotonic'>,
): ObjectService {
  const send = <T>({ signal, onHeldBack }: SendOptions, work: () => Promise<T>): Promise<T> => {
    const askedAt = runtime.monotonic()
    return turn.take(signal, () => {
      onHeldBack?.(runtime.monotonic() - askedAt)
      return work()
    })
  }
  return serviceWith(service, {
    putObject: (...asked) => send(asked[2], () => service.putObject(...asked)),
    uploadPart: (...asked) => send(asked[3], () => service.uploadPart(...asked)),
  })
}
