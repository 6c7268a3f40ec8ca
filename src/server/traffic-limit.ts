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

export interface Pacer {
  /** Holds a body to the limit. */
  pace(chunks: Chunks): Chunks
  /** Tells how long what has come so far was held up, where a limit was asked for. */
  headers(): WireHeaders
}

/** @throws ProtocolError `InvalidArgument` */
export function pacerOf(request: LimitableRequest, clock: Clock): Pacer {
  const limit = limitOf(request)
  if (limit === undefined) return { pace: (chunks) => chunks, headers: () => ({}) }
  let waitedMs = 0
  const wait = async (ms: number): Promise<void> => {
    waitedMs += ms
    await clock.sleep(ms)
  }
  return {
    pace: (chunks) => paced(chunks, limit, { now: () => clock.now(), wait }),
    headers: () => ({ 'x-oss-qos-delay-time': String(Math.round(waitedMs)) }),
  }
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
function paced(
  chunks: Chunks,
  bitsPerSecond: number,
  clock: { now(): number; wait(ms: number): Promise<void> },
): Chunks {
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
            await clock.wait(ahead).catch(async (error: unknown) => {
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
