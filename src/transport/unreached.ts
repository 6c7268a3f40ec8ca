/** Why no connection came about, or broke: what trying again may cure, and what a person has to put right, told with what to do. */
import type { TransportFailure } from '../protocol/message.js'

export interface Unreached {
  readonly failure: TransportFailure
  /** One line without its full stop. */
  readonly message: string
}

/**
 * @param name of what could not be reached, as messages call it: an origin, a proxy
 * @param cause what the socket said
 * @param way that was taken, where it is not simply to there
 */
export function whyUnreached(name: string, cause: unknown, way = `to ${name}`): Unreached {
  const code = codeOf(cause)
  const detail = describe(cause)
  if (code === 'ENOTFOUND') {
    const message = `Cannot connect ${way}: there is no such host (${detail}). Check the endpoint and the region, then the network`
    return { failure: 'no-such-host', message }
  }
  const doubt = code === undefined ? undefined : doubtOf(code)
  if (doubt !== undefined) {
    const message = `The certificate of ${name} is not believed: ${detail}. ${doubt}, or believe any certificate with --insecure`
    return { failure: 'untrusted', message }
  }
  if (isOtherProtocol(cause, code)) {
    return {
      failure: 'garbled',
      message: `What answers at ${name} does not speak TLS: perhaps http:// is right, not https://`,
    }
  }
  return { failure: 'connect', message: `Cannot connect ${way}: ${detail}` }
}

/** Why the connection to an origin did not bring an answer. */
export function whyBroken(origin: string, cause: unknown): Unreached {
  const detail = describe(cause)
  if (codeOf(cause)?.startsWith('HPE_')) {
    return { failure: 'garbled', message: `What ${origin} answered is not HTTP: ${detail}` }
  }
  return { failure: 'reset', message: `The connection to ${origin} broke: ${detail}` }
}

function codeOf(cause: unknown): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : undefined
}

function describe(cause: unknown): string {
  if (cause === undefined) return 'it was closed before an answer'
  if (!(cause instanceof Error)) return String(cause)
  // A refused connection to a name with several addresses is an AggregateError without a message of its own.
  return (cause.message || codeOf(cause) || cause.name).replace(/\.$/, '')
}

/** What to do about a certificate that was not believed; `undefined` where something else went wrong. */
function doubtOf(code: string): string | undefined {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return 'Check the host in the endpoint'
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return "Check this machine's clock, have the certificate renewed"
  }
  const isOfCertificate =
    /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_)/
  return isOfCertificate.test(code)
    ? 'Give that of its authority with --ca-file (ca, NODE_EXTRA_CA_CERTS)'
    : undefined
}

/** The first bytes of an answer are no TLS record: the port speaks something else. */
function isOtherProtocol(cause: unknown, code: string | undefined): boolean {
  if (code === undefined || !(cause instanceof Error)) return false
  return (
    (code === 'EPROTO' || code.startsWith('ERR_SSL_')) &&
    /wrong.version.number|packet.length.too.long/i.test(`${code} ${cause.message}`)
  )
}
