/** `x-oss-traffic-limit`: how fast one request's body may go, in bits a second. It is kept by waiting, not by refusing. */
import type { Query, WireHeaders } from '../protocol/message.js'
import { invalidArgument, wholeNumber } from '../protocol/operations/requests.js'
import type { Clock } from './exchange.js'

const NAME = 'x-oss-traffic-limit'
const LEAST = 819_200
const MOST = 838_860_800

/** Those that carry an object's bytes. For all others the limit means nothing. */
const LIMITED: ReadonlySet<string> = new Set([
  'AppendObject',
  'CopyObject',
  'GetObject',
  'PostObject',
  'PutObject',
  'UploadPart',
  'UploadPartCopy',
])

type Chunks = AsyncIterable<Uint8Array>

interface LimitableRequest {
  readonly operation: string
  readonly query: Query
  readonly headers: WireHeaders
}

/**
 * What holds a body of this request to its limit.
 *
 * @throws ProtocolError `InvalidArgument`
 */
export function pacerOf(request: LimitableRequest, clock: Clock): (chunks: Chunks) => Chunks {
  const limit = limitOf(request)
  return limit === undefined ? (chunks) => chunks : (chunks) => paced(chunks, limit, clock)
}

/** Bits a second; `undefined` where no limit is asked for. */
function limitOf({ operation, query, headers }: LimitableRequest): number | undefined {
  const inHeader = headers[NAME]
  const inQuery = query[NAME]
  const value = inHeader ?? inQuery
  if (value === undefined || !LIMITED.has(operation)) return undefined
  if (inHeader !== undefined && inQuery !== undefined) {
    const message = 'The traffic limit can not be given both in the header and in the URL.'
    throw invalidArgument(NAME, inHeader, message, '0004-00000501')
  }
  const limit = wholeNumber(value.trim())
  if (limit === undefined || limit < LEAST || limit > MOST) {
    const message = `The traffic limit must be an integer between ${LEAST} and ${MOST}.`
    throw invalidArgument(NAME, value, message, '0004-00000502')
  }
  return limit
}

/** Gives each chunk no earlier than the limit lets it be through. Left early, it leaves what it reads from. */
function paced(chunks: Chunks, bitsPerSecond: number, clock: Clock): Chunks {
  return {
    [Symbol.asyncIterator]() {
      const iterator = chunks[Symbol.asyncIterator]()
      let begun: number | undefined
      let bytes = 0
      return {
        async next() {
          begun ??= clock.now()
          const result = await iterator.next()
          if (result.done) return result
          bytes += result.value.length
          const ahead = begun + (bytes * 8000) / bitsPerSecond - clock.now()
          if (ahead > 0) {
            await clock.sleep(ahead).catch(async (error: unknown) => {
              await iterator.return?.()
              throw error
            })
          }
          return result
        },
        async return() {
          await iterator.return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
}
