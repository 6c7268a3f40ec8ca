/**
 * Sends object bytes. A service that refuses a body early often resets the connection right after saying why, and a sender
 * at full speed sees the reset alone: so it asks first where that is likely, and asks afterwards where it happened.
 */
import { ServiceError } from '../../engine/errors.js'
import type { SendOptions } from '../../engine/ports.js'
import { type RequestBody, TransportError } from '../../protocol/message.js'
import { wrongRegionEc } from './failures.js'
import type { Called, CallOptions } from './requests.js'

export interface Sending<Output> {
  /** The same for each attempt to send the same bytes. */
  readonly name: string
  readonly body: RequestBody
  readonly options: SendOptions
  /** The request that carries the body. */
  readonly send: (options: CallOptions) => Promise<Called<Output>>
  /** A request without a body that the service would refuse for the same reasons. */
  readonly lookBack: () => Promise<unknown>
}

/** A body below this is sent without asking first, in bytes: asking costs a round trip. */
const askFromBytes = 1024 * 1024

/**
 * What the request after a reset may be refused with that explains the reset. A plain AccessDenied does not: the caller
 * may only lack the permission for that request.
 */
const causes: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'InvalidSecurityToken',
  'NoSuchBucket',
  'NoSuchUpload',
  'RequestTimeTooSkewed',
  'SecurityTokenExpired',
  'SignatureDoesNotMatch',
  'UserDisable',
])

export class BodySender {
  /** Until the service has taken a body, it is asked before each large one; after it failed to understand, never. */
  #asking: 'at-first' | 'in-doubt' | 'never' = 'at-first'
  /** Bodies whose connection broke: asked first when they come again. */
  readonly #doubtful = new Set<string>()

  async send<Output>({ name, body, options, send, lookBack }: Sending<Output>): Promise<Called<Output>> {
    const { signal, onSent, patience } = options
    const unknown = this.#asking === 'at-first' && body.size >= askFromBytes
    const expectContinue = this.#asking !== 'never' && (unknown || this.#doubtful.has(name))
    try {
      const called = await send({ signal, body, onSent, patience, expectContinue })
      if (this.#asking === 'at-first') this.#asking = 'in-doubt'
      this.#doubtful.delete(name)
      return called
    } catch (error) {
      if (error instanceof ServiceError && error.status === 417) this.#asking = 'never'
      const reset = resetOf(error)
      if (reset === undefined) throw error
      this.#doubtful.add(name)
      const cause = reset.bodyBytesSent === 0 ? undefined : await causeOf(lookBack)
      if (signal.aborted) throw signal.reason
      throw cause ?? error
    }
  }
}

/** The transport's word that the connection broke, when that was the failure. */
function resetOf(error: unknown): TransportError | undefined {
  const cause = error instanceof ServiceError ? error.cause : undefined
  return cause instanceof TransportError && cause.failure === 'reset' ? cause : undefined
}

async function causeOf(lookBack: () => Promise<unknown>): Promise<ServiceError | undefined> {
  try {
    await lookBack()
    return undefined
  } catch (error) {
    if (!(error instanceof ServiceError)) return undefined
    return causes.has(error.serviceCode ?? '') || error.ec === wrongRegionEc ? error : undefined
  }
}
