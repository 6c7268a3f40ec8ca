/** A bucket's CORS rules: kept, told, and asked by browsers. */
import { deleteBucketCors, getBucketCors, putBucketCors } from '../protocol/operations/cors.js'
import { requireBucket } from './bucket-operations.js'
import { type Operate, Refusal } from './context.js'
import { matchingRule, preflightHeadersOf } from './cors.js'
import { receiveDocument } from './receive.js'

export const corsOperations = {
  PutBucketCors: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = putBucketCors.decodeRequest({ ...exchange.request, body })
    await exchange.storage.updateBucket(input.bucket, (bucket) => ({ ...bucket, cors: input.cors }))
    return putBucketCors.encodeAnswer({}, input)
  },

  GetBucketCors: async (exchange) => {
    const input = getBucketCors.decodeRequest(exchange.request)
    const { cors } = await requireBucket(exchange, input.bucket)
    if (cors === undefined) throw new Refusal({ code: 'NoSuchCORSConfiguration' })
    return getBucketCors.encodeAnswer(cors, input)
  },

  DeleteBucketCors: async (exchange) => {
    const input = deleteBucketCors.decodeRequest(exchange.request)
    await exchange.storage.updateBucket(input.bucket, ({ cors: _, ...bucket }) => bucket)
    return deleteBucketCors.encodeAnswer({}, input)
  },

  /** The only operation that nobody signs: a browser asks on its own. */
  OptionObject: async (exchange) => {
    const { bucket = '', headers } = exchange.request
    const { cors } = await requireBucket(exchange, bucket)
    for (const [name, header] of NEEDED) {
      if (!headers[header]) throw insufficient(name)
    }
    if (cors === undefined) throw forbidden('CORSResponse: CORS is not enabled for this bucket.')
    const ask = {
      origin: headers['origin'] ?? '',
      method: headers['access-control-request-method'] ?? '',
      headers: (headers['access-control-request-headers'] ?? '')
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    }
    const rule = matchingRule(cors, ask)
    if (rule === undefined) throw forbidden()
    const vary: Record<string, string> = cors.responseVary === true ? { vary: 'Origin' } : {}
    return { status: 200, headers: { ...preflightHeadersOf(rule, ask), ...vary }, body: new Uint8Array() }
  },
} satisfies Record<string, Operate>

/** What a browser's question can't be without. */
const NEEDED = [
  ['Origin', 'origin'],
  ['Access-Control-Request-Method', 'access-control-request-method'],
] as const

function insufficient(name: string): Refusal {
  return new Refusal({
    code: 'BadRequest',
    message: `Insufficient information. ${name} request header needed.`,
  })
}

function forbidden(message?: string): Refusal {
  return new Refusal({ code: 'AccessForbidden', ...(message === undefined ? {} : { message }) })
}
