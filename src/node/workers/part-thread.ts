/** One worker thread that sends parts, as the loop that began it sees it. No promise of a part settles while it is read. */
import { Worker } from 'node:worker_threads'
import { ServiceError } from '../../engine/errors.js'
import type { SendOptions } from '../../engine/ports.js'
import type { CredentialsProvider } from '../../services/credentials.js'
import { fromClone, toClone } from './failures.js'
import type { FromWorker, PartTask, SentPart, ToWorker, WorkerSetting } from './messages.js'

interface Running {
  readonly options: Pick<SendOptions, 'signal' | 'onSent'>
  readonly resolve: (part: SentPart) => void
  readonly reject: (error: unknown) => void
}

export class PartThread {
  state: 'starting' | 'ready' | 'ended' = 'starting'
  /** Resolves when it is `ready`, or has `ended` without ever being so; with the reason then. */
  readonly begun: Promise<string | undefined>
  /** Resolves with the reason once it has `ended`, of itself or after `close`. */
  readonly ended: Promise<string>
  readonly #worker: Worker
  readonly #credentials: CredentialsProvider
  readonly #running = new Map<number, Running>()
  readonly #settling = new Set<Promise<SentPart>>()
  readonly #gone: Promise<void>
  #tellBegun: (why: string | undefined) => void = () => {}
  #tellEnded: (why: string) => void = () => {}
  #lastId = 0

  /** @param world.program of the thread; by default the one that sends parts */
  constructor(
    setting: WorkerSetting,
    world: { readonly credentials: CredentialsProvider; readonly program?: URL },
  ) {
    const { credentials, program = new URL('./part-worker.js', import.meta.url) } = world
    this.#credentials = credentials
    this.begun = new Promise((resolve) => {
      this.#tellBegun = resolve
    })
    this.ended = new Promise((resolve) => {
      this.#tellEnded = resolve
    })
    this.#worker = new Worker(program, { workerData: setting })
    // What is waited for keeps the process going; an idle thread does not.
    void this.begun.then(() => this.#worker.unref())
    this.#worker.on('message', (message: FromWorker) => this.#hear(message))
    this.#worker.on('error', (error) => this.#end(error.message))
    this.#gone = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#end('it ended by itself')
        resolve()
      })
    })
  }

  /** Parts under way. */
  get parts(): number {
    return this.#running.size
  }

  uploadPart(task: PartTask, options: Pick<SendOptions, 'signal' | 'onSent'>): Promise<SentPart> {
    this.#lastId += 1
    const id = this.#lastId
    const { signal } = options
    const abort = (): void => this.#say({ type: 'abort', id })
    const part = new Promise<SentPart>((resolve, reject) => {
      if (this.#running.size === 0) this.#worker.ref()
      this.#running.set(id, { options, resolve, reject })
      this.#say({ type: 'part', id, task })
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort)
    }).finally(() => {
      signal.removeEventListener('abort', abort)
      this.#running.delete(id)
      this.#settling.delete(part)
      if (this.#running.size === 0) this.#worker.unref()
    })
    this.#settling.add(part)
    return part
  }

  /** Ends it once nothing is under way any more: whoever calls gives it no further part. */
  async close(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#settling)
    this.#worker.ref()
    if (this.state !== 'ended') this.#say({ type: 'close' })
    await this.#gone
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.state = 'ready'
        this.#tellBegun(undefined)
        break
      case 'unfit':
        this.#end(message.why)
        void this.#worker.terminate()
        break
      case 'sent':
        this.#running.get(message.id)?.options.onSent(message.bytes)
        break
      case 'stored':
        this.#running.get(message.id)?.resolve(message.part)
        break
      case 'failed': {
        const running = this.#running.get(message.id)
        running?.reject(fromClone(message.failure, running.options.signal.reason))
        break
      }
      case 'want-keys':
        void this.#answer(message.ask, async (signal) => {
          const keys = await this.#credentials.current(signal)
          return { type: 'keys', ask: message.ask, keys }
        })
        break
      case 'want-others':
        void this.#answer(message.ask, async (signal) => {
          const replaced = await this.#credentials.replace(message.refused, signal)
          return { type: 'replaced', ask: message.ask, replaced }
        })
        break
    }
  }

  /** The keys belong to all parts, so no one part's end ends the question; it has a limit of its own. */
  async #answer(ask: number, find: (signal: AbortSignal) => Promise<ToWorker>): Promise<void> {
    try {
      this.#say(await find(new AbortController().signal))
    } catch (error) {
      this.#say({ type: 'no-keys', ask, failure: toClone(error) })
    }
  }

  #end(why: string): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.#tellBegun(why)
    this.#tellEnded(why)
    for (const { reject } of [...this.#running.values()]) {
      reject(new ServiceError('network', `The worker thread that sent this part is gone: ${why}.`))
    }
  }
}
