/** What is done to bodies on their way: counting them in, telling of those that can't be given out, leaving them. */
import { type Answer, Refusal } from './context.js'
import { ConnectionDropped } from './exchange.js'

/** Counts what comes, and remembers a failure of the body itself, which is no failure of the server. */
export async function* countBody(
  body: AsyncIterable<Uint8Array>,
  progress: { bytesIn: number },
  broken: { error: unknown },
): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]()
  let isOver = false
  try {
    for (;;) {
      const result = await chunks.next().catch((error: unknown) => {
        isOver = true
        // A body that stopped coming, on a connection that still can be answered.
        if (error instanceof Refusal) throw error
        broken.error = error ?? new ConnectionDropped('the body broke off')
        throw broken.error
      })
      if (result.done) {
        isOver = true
        return
      }
      progress.bytesIn += result.value.length
      yield result.value
    }
  } finally {
    if (!isOver) await chunks.return?.()
  }
}

/** Bytes that can't be read break the answer off, which tells the client; somebody here has to be told too. */
export function telling(
  body: AsyncIterable<Uint8Array>,
  tell: (error: unknown) => void,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const chunks = body[Symbol.asyncIterator]()
      return {
        async next() {
          try {
            return await chunks.next()
          } catch (error) {
            tell(error)
            throw error
          }
        },
        async return() {
          await chunks.return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
}

/** Of an answer that is not given: what its body reads from is let go. */
export async function abandon(answer: Answer): Promise<void> {
  if (!(answer.body instanceof Uint8Array)) await answer.body[Symbol.asyncIterator]().return?.()
}
