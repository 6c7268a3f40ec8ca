/**
 * An `ObjectService` whose parts may be sent from worker threads as well: the same adapter in several loops. Everything
 * but `uploadPart` stays where it is.
 */
import type { ObjectService } from '../../engine/ports.js'
import { serviceWith } from '../../engine/service-with.js'
import { afterLoss, type ChoiceState, firstChoice, nextChoice } from './choice.js'
import type { PartThread } from './part-thread.js'

export interface ThreadedWorld {
  /** A new thread; it may turn out not to be fit. */
  readonly begin: () => PartThread
  /** So many from the start; or as many as pay, found by measuring. */
  readonly threads: { readonly count: number } | { readonly most: number }
  /** Told of each change, with how many threads there are now. */
  readonly changed: (threads: number, message: string) => void
  /** Share of the time since it was called last in which this loop was busy, 0 to 1. */
  readonly busy: () => number
  /** Cores that nobody used since it was called last. */
  readonly idleCores: () => number
  /** Milliseconds. */
  readonly monotonic: () => number
  /** Calls `look` again and again, until what it returns is called. */
  readonly repeat: (look: () => void) => () => void
}

export interface ThreadedService {
  readonly service: ObjectService
  /** Ends the threads; nothing may be under way any more. */
  close(): Promise<void>
}

export function withThreads(service: ObjectService, world: ThreadedWorld): ThreadedService {
  const threads: PartThread[] = []
  /** Beginnings and ends that `close` has to wait for. */
  const pending: Promise<void>[] = []
  const traffic = { parts: 0, bytes: 0, since: world.monotonic() }
  let choice: ChoiceState = firstChoice
  let isClosed = false

  const add = async (why: string): Promise<void> => {
    try {
      const thread = world.begin()
      const unfit = await thread.begun
      if (isClosed) return thread.close()
      if (unfit !== undefined) throw new Error(unfit)
      threads.push(thread)
      void thread.ended.then((reason) => lose(thread, reason))
      world.changed(threads.length, why)
    } catch (error) {
      // This loop does it all as well, so that no upload fails for want of a thread.
      stopLooking()
      world.changed(threads.length, `No thread for sending parts could begin: ${(error as Error).message}`)
    }
  }

  /** One that was closed is none of ours any more. */
  const lose = (thread: PartThread, reason: string): void => {
    const at = threads.indexOf(thread)
    if (isClosed || at === -1) return
    threads.splice(at, 1)
    pending.push(thread.close())
    choice = afterLoss(choice)
    world.changed(threads.length, `A thread that sent parts is gone: ${reason}.`)
  }

  const drop = (why: string): void => {
    const thread = threads.pop()
    if (thread === undefined) return
    pending.push(thread.close())
    world.changed(threads.length, why)
  }

  const look = (most: number): void => {
    const now = world.monotonic()
    const { parts, bytes, since } = traffic
    Object.assign(traffic, { bytes: 0, since: now })
    const bytesPerSecond = (bytes * 1000) / Math.max(now - since, 1)
    const sample = { busy: world.busy(), idleCores: world.idleCores(), parts, bytesPerSecond }
    const { state, action } = nextChoice(choice, sample, { most })
    choice = state
    if (action === 'add')
      pending.push(add('This loop was busy all the time, so another thread sends parts too.'))
    if (action === 'drop') drop('Another thread was not faster, and is given up.')
  }

  /** The thread that has the least to do, if this loop has more. */
  const freest = (): PartThread | undefined => {
    const fit = threads.filter(({ state }) => state === 'ready').sort((a, b) => a.parts - b.parts)
    const elsewhere = threads.reduce((sum, thread) => sum + thread.parts, 0)
    const [first] = fit
    return first !== undefined && first.parts < traffic.parts - elsewhere ? first : undefined
  }

  const uploadPart: ObjectService['uploadPart'] = async (upload, partNumber, slice, options) => {
    const thread = freest()
    traffic.parts += 1
    let sent = 0
    const onSent = (bytes: number): void => {
      traffic.bytes += bytes - sent
      sent = bytes
      options.onSent(bytes)
    }
    try {
      if (thread === undefined)
        return await service.uploadPart(upload, partNumber, slice, { ...options, onSent })
      const { signal, headers, patience } = options
      const { start, size } = slice
      const task = { upload, partNumber, start, end: start + size, headers, patience }
      return await thread.uploadPart(task, { signal, onSent })
    } finally {
      traffic.parts -= 1
    }
  }

  const { threads: wanted } = world
  const stopLooking = 'most' in wanted ? world.repeat(() => look(wanted.most)) : () => {}
  if ('count' in wanted) {
    for (let made = 0; made < wanted.count; made++)
      pending.push(add('Another thread sends parts, as was asked for.'))
  }

  return {
    service: serviceWith(service, { uploadPart }),
    async close() {
      isClosed = true
      stopLooking()
      await Promise.all([...pending, ...threads.map((thread) => thread.close())])
    },
  }
}
