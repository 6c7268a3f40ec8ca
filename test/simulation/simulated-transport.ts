/**
 * The way of one life to the server: a `Transport` whose other end is the server's handler as a function. Bodies are
 * carried and requests travel as in ring 1, but what a fault does, it does to what stands on the wire.
 */
import type {
  HttpRequest,
  HttpResponse,
  RequestBody,
  Transport,
  TransportOptions,
  TransportSignal,
} from '../../src/protocol/message.js'
import { listMultipartUploads, listParts } from '../../src/protocol/operations/multipart-lists.js'
import type { WireAnswer } from '../../src/protocol/operations/operation.js'
import { type Asked, askedOf, type FarEnd } from './far-end.js'
import type { BodyFault, Fault, RequestFault } from './faults.js'
import type { Keys } from './simulated-keys.js'
import { BrokenBody, carry, drawBodyFault, drawRequestFault, type Trouble, travel } from './trouble.js'
import { broken, earlyError, type Forging, forge, refusal, responseOf } from './wire-forgeries.js'
import type { Luck, SimulatedLife, World } from './world.js'

export interface Way {
  readonly world: World
  readonly luck: Luck
  readonly farEnd: FarEnd
  readonly keys: Keys
  readonly life: SimulatedLife
  readonly trouble: Trouble
  /** Where this life gets its keys. */
  readonly issuer: { stuck: boolean }
  /** Is there nothing on the way that refuses a client because it asks before it sends? */
  readonly mayAskFirst: boolean
  /** Told of each page of unfinished uploads that this life is given, as the service wrote it. */
  readonly onUploads: (uploads: readonly { key: string; uploadId: string }[], firstPage: boolean) => void
}

export function createSimulatedTransport(way: Way): Transport {
  const { world, luck, farEnd, keys, life, trouble, issuer } = way

  const forging = (asked: Asked, bodyBytesSent: number, real?: WireAnswer): Forging => ({
    luck,
    now: farEnd.clock(),
    signedFor: asked.signedFor,
    head: asked.head,
    bodyBytesSent,
    real,
  })

  async function serve(asked: Asked, request: HttpRequest, body: Uint8Array): Promise<WireAnswer> {
    const denied = deniedBy(trouble, asked)
    if (denied !== undefined) {
      world.strike(denied)
      return refusal({ code: 'AccessDenied' }, forging(asked, 0))
    }
    const answer = await farEnd.answer(asked, request, body)
    return asked.operation === 'ListParts' && answer.status === 200 ? shortened(asked, answer) : answer
  }

  /** A list of parts may be told as shorter than it is. */
  function shortened(asked: Asked, answer: WireAnswer): WireAnswer {
    if (!world.luck.chance(trouble.chance / 4)) return answer
    const input = listParts.decodeRequest(asked)
    const output = listParts.decodeAnswer(answer)
    // A question for one part alone is only asked to hear whether the upload is there.
    if (input.maxParts === 1 || output.parts.length === 0) return answer
    world.strike('ListParts short')
    const parts = output.parts.slice(0, world.luck.below(output.parts.length))
    return { ...answer, body: listParts.encodeAnswer({ ...output, parts, isTruncated: false }, input).body }
  }

  async function exchange(
    asked: Asked,
    request: HttpRequest,
    { body, signal }: { readonly body: Uint8Array; readonly signal: TransportSignal | undefined },
  ): Promise<HttpResponse> {
    let real: WireAnswer | undefined
    const fault = fitting(asked, drawRequestFault(world, trouble, asked.operation))
    if (fault === 'token expired') keys.takeBack(asked.accessKeyId)
    if (fault === 'token rejected again') issuer.stuck = true
    const slow = asked.operation === 'ListParts' && world.luck.chance(trouble.chance / 4)
    if (slow) world.strike('ListParts slow')
    const response = await travel(world, {
      operation: asked.operation,
      life,
      signal,
      fault,
      slowMs: slow ? 1000 + world.luck.below(20_000) : 0,
      async effect() {
        real = await serve(asked, request, body)
        return responseOf(real)
      },
      forge: (what) => forge(what, forging(asked, body.length, real)),
    })
    // What a list of uploads said counts for the life that hears it, and only then.
    if (asked.operation === 'ListMultipartUploads' && fault !== 'garbage for an answer') {
      await tellUploads(asked, response)
    }
    return response
  }

  async function tellUploads(asked: Asked, { status, headers, body }: HttpResponse): Promise<void> {
    if (status !== 200) return
    const bytes = await body.bytes(Number.POSITIVE_INFINITY).catch(() => undefined)
    if (bytes === undefined) return
    const { uploads } = listMultipartUploads.decodeAnswer({ status, headers, body: bytes })
    way.onUploads(uploads, !('key-marker' in asked.query))
  }

  /** What becomes of a request whose body broke. */
  async function breakOff(
    asked: Asked,
    request: HttpRequest,
    { size, error }: { readonly size: number; readonly error: BrokenBody },
  ): Promise<HttpResponse> {
    const { fault, sent } = error
    const forged = forging(asked, sent)
    if (fault === 'early error in a body') {
      const { answer, aboutKeys } = earlyError(forged)
      if (aboutKeys) keys.takeBack(asked.accessKeyId)
      // The connection may break before the answer is read; then only another question tells.
      if (aboutKeys && luck.chance(0.4)) throw broken('reset', forged)
      return responseOf(answer)
    }
    await farEnd.answerWithout(request, size, sent)
    throw broken(fault === 'stall' ? 'stalled' : 'reset', forged)
  }

  /** The service's word on a body before it is sent: `undefined` when it wants it. */
  async function askFirst(request: HttpRequest, size: number): Promise<WireAnswer | undefined> {
    if (way.mayAskFirst) return farEnd.answerWithout(request, size, 0)
    return { status: 417, headers: {}, body: new Uint8Array() }
  }

  return async (request, options = {}) => {
    const asked = askedOf(request, farEnd.baseNames)
    const { body } = request
    const { signal } = options
    if (body === undefined || body instanceof Uint8Array) {
      return exchange(asked, request, { signal, body: body ?? new Uint8Array() })
    }
    const { size } = body
    if (options.expectContinue === true) {
      const refused = await askFirst(request, size)
      if (refused !== undefined) {
        await world.pause(1 + luck.below(20), life)
        return responseOf(refused)
      }
    }
    const fault = drawBodyFault(world, trouble)
    let arriving: Uint8Array
    try {
      arriving = await carryBody(way, { body, options, fault })
    } catch (error) {
      if (error instanceof BrokenBody) return breakOff(asked, request, { size, error })
      throw error
    }
    const response = await exchange(asked, request, { signal, body: arriving })
    return fault === 'corrupted checksum' ? withWrongChecksum(response) : response
  }
}

function carryBody(
  { world, life }: Way,
  sending: {
    readonly body: RequestBody
    readonly options: TransportOptions
    readonly fault: BodyFault | undefined
  },
): Promise<Uint8Array> {
  const { body, options, fault } = sending
  return carry(world, {
    life,
    fault,
    size: body.size,
    patience: options.patience ?? 1,
    onSent: (bytes) => options.onSent?.(bytes),
    pump: (sink) => body.pump(sink, options.signal),
  })
}

/** Nobody but Complete is answered with a 200 that holds an error. */
function fitting({ operation }: Asked, fault: RequestFault | undefined): RequestFault | undefined {
  if (operation === 'CompleteMultipartUpload') return fault
  if (fault === '200 with an error, nothing done') return '500'
  return fault === '200 with an error, and done' ? '500 after it was done' : fault
}

function deniedBy(trouble: Trouble, { operation }: Asked): Fault | undefined {
  if (operation === 'ListParts' && trouble.mayNotListParts) return 'ListParts denied'
  if (operation === 'ListMultipartUploads' && trouble.mayNotListUploads) return 'uploads not listed'
  if (operation === 'AbortMultipartUpload' && trouble.mayNotAbort) return 'abort denied'
  return operation === 'HeadObject' && trouble.mayNotHead ? 'HEAD denied' : undefined
}

function withWrongChecksum(response: HttpResponse): HttpResponse {
  const { headers } = response
  if (headers['x-oss-hash-crc64ecma'] === undefined) return response
  return { ...response, headers: { ...headers, 'x-oss-hash-crc64ecma': '1234567890' } }
}
