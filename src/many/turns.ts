/**
 * One limit for all that is sent: so many bodies at once over all files. When one ends, the file that has the fewest
 * under way is next, so that small files go beside the parts of a large one, and a large one gets what they leave.
 */
import type {
  CancelSignal,
  HeaderKind,
  Headers,
  Integrity,
  ObjectService,
  Runtime,
  SendOptions,
  ServiceLimits,
} from '../engine/ports.js'

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
  return new ServiceInTurn(service, turn, runtime)
}

/** A class, as there is one for each file. */
class ServiceInTurn implements ObjectService {
  readonly #service: ObjectService
  readonly #turn: Turn
  readonly #runtime: Pick<Runtime, 'monotonic'>
  readonly differingHeaders?: NonNullable<ObjectService['differingHeaders']>
  readonly listMultipartUploads?: NonNullable<ObjectService['listMultipartUploads']>

  constructor(service: ObjectService, turn: Turn, runtime: Pick<Runtime, 'monotonic'>) {
    this.#service = service
    this.#turn = turn
    this.#runtime = runtime
    if (service.differingHeaders !== undefined) {
      this.differingHeaders = (asked, found) => service.differingHeaders?.(asked, found) ?? []
    }
    if (service.listMultipartUploads !== undefined) {
      this.listMultipartUploads = async (key, options) =>
        (await service.listMultipartUploads?.(key, options)) ?? []
    }
  }

  get name(): string {
    return this.#service.name
  }

  get bucket(): string {
    return this.#service.bucket
  }

  get limits(): ServiceLimits {
    return this.#service.limits
  }

  get integrity(): Integrity {
    return this.#service.integrity
  }

  headerKind(name: string): HeaderKind {
    return this.#service.headerKind(name)
  }

  forbidsOverwrite(headers: Headers): boolean {
    return this.#service.forbidsOverwrite(headers)
  }

  now(): number | undefined {
    return this.#service.now()
  }

  putObject(...asked: Parameters<ObjectService['putObject']>) {
    return this.#send(asked[2], () => this.#service.putObject(...asked))
  }

  createMultipartUpload(...asked: Parameters<ObjectService['createMultipartUpload']>) {
    return this.#service.createMultipartUpload(...asked)
  }

  uploadPart(...asked: Parameters<ObjectService['uploadPart']>) {
    return this.#send(asked[3], () => this.#service.uploadPart(...asked))
  }

  listParts(...asked: Parameters<ObjectService['listParts']>) {
    return this.#service.listParts(...asked)
  }

  completeMultipartUpload(...asked: Parameters<ObjectService['completeMultipartUpload']>) {
    return this.#service.completeMultipartUpload(...asked)
  }

  abortMultipartUpload(...asked: Parameters<ObjectService['abortMultipartUpload']>) {
    return this.#service.abortMultipartUpload(...asked)
  }

  headObject(...asked: Parameters<ObjectService['headObject']>) {
    return this.#service.headObject(...asked)
  }

  #send<T>({ signal, onHeldBack }: SendOptions, work: () => Promise<T>): Promise<T> {
    const askedAt = this.#runtime.monotonic()
    return this.#turn.take(signal, () => {
      onHeldBack?.(this.#runtime.monotonic() - askedAt)
      return work()
    })
  }
}
