/**
 * Hashes large bodies on threads of their own, since MD5 costs as much as all else that the server does with a byte. A
 * thread is started by the first large body, which is hashed here like small ones: so nothing waits for a start, and
 * where none succeeds all is as without.
 */
import { Worker } from 'node:worker_threads'
import { type BeginDigest, type BodyDigest, beginDigestHere, type Digest } from './digest.js'
import { askForRoom, type Ring, type RingRecord, ringIn, ringMemory, tryWrite } from './digest-ring.js'
import type { FromDigestWorker } from './digest-worker.js'

/** Below it the way to a thread and back is expected to cost more than hashing. */
const THREAD_FROM = 256 * 1024
const RING_SIZE = 2 * 1024 * 1024

export interface DigestThreads {
  readonly begin: BeginDigest
  /** Threads that take bodies now. */
  readonly ready: number
  close(): Promise<void>
}

export function createDigestThreads(count: number): DigestThreads {
  const threads: DigestThread[] = []
  let isClosed = false

  const ready = (): DigestThread[] => threads.filter((thread) => thread.state === 'ready')

  /** The one with the fewest bodies. */
  function choose(): DigestThread | undefined {
    if (threads.length < count && !isClosed) threads.push(new DigestThread())
    return ready().sort((a, b) => a.bodies - b.bodies)[0]
  }

  return {
    get ready() {
      return ready().length
    },
    begin(announcedSize) {
      const isLarge = announcedSize === undefined || announcedSize >= THREAD_FROM
      return (isLarge ? choose()?.begin() : undefined) ?? beginDigestHere(announcedSize)
    },
    async close() {
      isClosed = true
      await Promise.all(threads.map((thread) => thread.close()))
    },
  }
}

interface Waiting {
  readonly resolve: (digest: Digest) => void
  readonly reject: (error: unknown) => void
}

class DigestThread {
  state: 'starting' | 'ready' | 'ended' = 'starting'
  /** That were begun and have not ended. */
  bodies = 0
  readonly #ring: Ring
  readonly #worker: Worker
  readonly #waitingForDigest = new Map<number, Waiting>()
  #waitingForRoom: (() => void)[] = []
  #lastBody = 0

  constructor() {
    const memory = ringMemory(RING_SIZE)
    this.#ring = ringIn(memory)
    this.#worker = new Worker(new URL('./digest-worker.js', import.meta.url), { workerData: memory })
    // Whoever sends a body keeps the process going, this thread does not.
    this.#worker.unref()
    this.#worker.on('message', (message: FromDigestWorker) => this.#hear(message))
    this.#worker.on('error', (error) => this.#ended(error))
    this.#worker.on('exit', () => this.#ended(new Error('the thread ended')))
  }

  begin(): BodyDigest {
    this.#lastBody = (this.#lastBody + 1) | 0
    const body = this.#lastBody
    this.bodies += 1
    let isOver = false
    const over = (): void => {
      if (!isOver) this.bodies -= 1
      isOver = true
    }
    return {
      update: (bytes) => this.#put({ kind: 'data', body, bytes }),
      end: async () => {
        over()
        await this.#put({ kind: 'end', body, bytes: new Uint8Array() })
        return new Promise((resolve, reject) => {
          if (this.state === 'ended') reject(threadEnded())
          else this.#waitingForDigest.set(body, { resolve, reject })
        })
      },
      discard: () => {
        if (isOver) return
        over()
        this.#put({ kind: 'discard', body, bytes: new Uint8Array() }).catch(() => {})
      },
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  async #put(record: RingRecord): Promise<void> {
    let rest = record.bytes
    for (;;) {
      if (this.state === 'ended') throw threadEnded()
      const written = this.#tryPut({ ...record, bytes: rest })
      if (written === undefined) {
        await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve))
      } else {
        rest = rest.subarray(written)
        if (rest.length === 0) return
      }
    }
  }

  /** When it is `undefined`, the ring was full after room was asked for, so there will be word of it. */
  #tryPut(record: RingRecord): number | undefined {
    const written = tryWrite(this.#ring, record)
    if (written !== undefined) return written
    askForRoom(this.#ring)
    return tryWrite(this.#ring, record)
  }

  #hear(message: FromDigestWorker): void {
    if (message.kind === 'ready') {
      if (this.state === 'starting') this.state = 'ready'
    } else if (message.kind === 'room') {
      this.#wakeThoseWithoutRoom()
    } else {
      this.#waitingForDigest.get(message.body)?.resolve(message.digest)
      this.#waitingForDigest.delete(message.body)
    }
  }

  #ended(cause: unknown): void {
    this.state = 'ended'
    for (const { reject } of this.#waitingForDigest.values()) reject(threadEnded(cause))
    this.#waitingForDigest.clear()
    this.#wakeThoseWithoutRoom()
  }

  #wakeThoseWithoutRoom(): void {
    const waiting = this.#waitingForRoom
    this.#waitingForRoom = []
    for (const wake of waiting) wake()
  }
}

function threadEnded(cause?: unknown): Error {
  return new Error('the thread that hashed this body has ended', { cause })
}
