/** Hands out the sources of a run one by one, to whoever asks first. Pulls no source before somebody has the hands for it. */
import { UploadError } from '../engine/errors.js'
import type { CancelSignal } from '../engine/ports.js'

export interface Feed<T> {
  /**
   * `undefined` when there are no more. Rejects, always with the same, once the sources can't be told; with the signal's
   * reason on abort, although the sources may still be waited for.
   */
  next(signal: CancelSignal): Promise<{ readonly value: T; readonly index: number } | undefined>
  /** Lets the sources go; later calls of `next` find none. */
  close(): void
}

export function createFeed<T>(sources: Iterable<T> | AsyncIterable<T>): Feed<T> {
  const iterator = iteratorOf(sources)
  let count = 0
  let ended = false
  let failure: { readonly error: unknown } | undefined
  let last: Promise<unknown> = Promise.resolve()

  const pull = async (): Promise<{ readonly value: T; readonly index: number } | undefined> => {
    if (failure !== undefined) throw failure.error
    if (ended) return undefined
    try {
      const { done, value } = await iterator.next()
      if (done === true) ended = true
      // Closed meanwhile: nobody is there any more to take it.
      if (ended) return undefined
      count += 1
      return { value, index: count - 1 }
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  return {
    next(signal) {
      // One after the other: what a generator does for one caller must be over before another asks.
      const result = last.then(pull, pull)
      last = result.catch(() => {})
      return orCancelled(result, signal)
    },
    close() {
      if (ended || failure !== undefined) return
      ended = true
      // Not waited for: a source that waits for its next name, as a pipe does, may wait for ever.
      Promise.resolve(iterator.return?.()).catch(() => {})
    },
  }
}

function orCancelled<T>(promise: Promise<T>, signal: CancelSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      signal.removeEventListener('abort', leave)
      reject(signal.reason)
    }
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

function iteratorOf<T>(sources: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  if (typeof sources === 'object' && sources !== null) {
    if (Symbol.asyncIterator in sources) return sources[Symbol.asyncIterator]()
    if (Symbol.iterator in sources) return sources[Symbol.iterator]()
  }
  throw new UploadError(
    'invalid-argument',
    'The sources must be an array, or anything else that can be iterated over, of { filename, key }.',
  )
}
