/**
 * How a failure is said on the wire: the error document, and the error that decoding throws. An answer to HEAD has no
 * body, so its document travels in `x-oss-err`, in base64.
 */
import { fromBase64, toBase64 } from '../checksum/digest.js'
import { errorDefaults } from './codes.js'
import type { WireHeaders } from './message.js'
import type { WireAnswer } from './operations/operation.js'
import { element, parseXml, printXml, text, type XmlElement } from './xml.js'

/**
 * `bad-request`: a server read something the operation does not allow. `bad-answer`: a client read an answer that lacks
 * what it must have. `error-in-success`: a 200 whose body is an error document.
 */
export type ProtocolErrorKind = 'bad-request' | 'bad-answer' | 'error-in-success'

/** An error document as read. */
export interface ErrorDocument {
  readonly status: number
  /** Absent when there was no such document (a proxy's page, an empty body, garbage). */
  readonly code?: string
  /** One line; made up where the service said nothing. */
  readonly message: string
  readonly requestId?: string
  readonly hostId?: string
  readonly ec?: string
  /** All other elements that are not empty, by name. */
  readonly fields: Readonly<Record<string, string>>
}

export interface ErrorToSay {
  readonly code: string
  /** Default by code, see codes.ts; so are `message` and `ec`. */
  readonly status?: number
  readonly message?: string
  readonly ec?: string
  /** Elements between HostId and EC, in this order, such as `BucketName`. */
  readonly fields?: Readonly<Record<string, string>>
}

/** What `decodeRequest` and `decodeAnswer` throw. One of kind `bad-request` is an `ErrorToSay`. */
export class ProtocolError extends Error implements ErrorToSay {
  override readonly name = 'ProtocolError'
  readonly kind: ProtocolErrorKind
  /** OSS's error code; `BadAnswer` where there is none. */
  readonly code: string
  readonly status: number
  readonly ec?: string
  readonly fields: Readonly<Record<string, string>>
  /** What the service said, with kind `error-in-success`. */
  readonly document?: ErrorDocument

  constructor(
    kind: ProtocolErrorKind,
    code: string,
    message: string,
    details: {
      readonly status?: number
      readonly ec?: string | undefined
      readonly fields?: Readonly<Record<string, string>>
      readonly document?: ErrorDocument
      readonly cause?: unknown
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    const defaults = errorDefaults(code)
    const ec = details.ec ?? defaults.ec
    this.kind = kind
    this.code = code
    this.status = details.status ?? defaults.status
    this.fields = details.fields ?? {}
    if (ec !== undefined) this.ec = ec
    if (details.document !== undefined) this.document = details.document
  }
}

export function badAnswer(message: string, cause?: unknown): ProtocolError {
  return new ProtocolError('bad-answer', 'BadAnswer', message, { cause })
}

/** The whole answer but for the headers that every answer has. `head`: the request was a HEAD. */
export function encodeErrorDocument(
  error: ErrorToSay,
  context: { readonly requestId: string; readonly hostId: string; readonly head: boolean },
): WireAnswer {
  const defaults = errorDefaults(error.code)
  const status = error.status ?? defaults.status
  const ec = error.ec ?? defaults.ec
  const ecHeader: Record<string, string> = ec === undefined ? {} : { 'x-oss-ec': ec }
  if (status === 304) return { status, headers: ecHeader, body: new Uint8Array() }
  const documentWith = (fields: Readonly<Record<string, string>>): Uint8Array =>
    printXml(
      element('Error', [
        element('Code', error.code),
        element('Message', error.message ?? defaults.message),
        element('RequestId', context.requestId),
        element('HostId', context.hostId),
        ...Object.entries(fields).map(([name, value]) => element(name, value)),
        ...(ec === undefined
          ? []
          : [element('EC', ec), element('RecommendDoc', `https://api.aliyun.com/troubleshoot?q=${ec}`)]),
      ]),
    )
  const headers = { 'content-type': 'application/xml', ...ecHeader }
  const document = documentWith(error.fields ?? {})
  if (!context.head) return { status, headers, body: document }
  const told = document.length <= MAX_HEAD_DOCUMENT ? document : documentWith({})
  return { status, headers: { ...headers, 'x-oss-err': toBase64(told) }, body: new Uint8Array() }
}

/** Clients read 16 KiB of headers, some less; beyond this a document in one goes without what is only nice to know. */
const MAX_HEAD_DOCUMENT = 4096

/** Reads whatever came with a status of failure; never throws. */
export function decodeErrorDocument(status: number, headers: WireHeaders, body: Uint8Array): ErrorDocument {
  const root = rootOf(() => parseXml(body)) ?? rootOf(() => parseXml(fromBase64(headers['x-oss-err'] ?? '')))
  const fields: Record<string, string> = {}
  for (const { name, text } of root?.children ?? []) {
    if (text !== '' && !NAMED.has(name)) fields[name] = text
  }
  const said = (name: string, header?: string) =>
    (root && text(root, name)) || (header === undefined ? undefined : headers[header]) || undefined
  const code = said('Code')
  const requestId = said('RequestId', 'x-oss-request-id')
  const hostId = said('HostId')
  const ec = said('EC', 'x-oss-ec')
  return {
    status,
    ...(code === undefined ? {} : { code }),
    message: oneLine(said('Message') ?? `Status ${status} without an error document`),
    ...(requestId === undefined ? {} : { requestId }),
    ...(hostId === undefined ? {} : { hostId }),
    ...(ec === undefined ? {} : { ec }),
    fields,
  }
}

const NAMED: ReadonlySet<string> = new Set(['Code', 'Message', 'RequestId', 'HostId', 'EC'])

/** Anything can stand where an error document should: what is none counts as absent, whatever is wrong with it. */
function rootOf(parse: () => XmlElement): XmlElement | undefined {
  try {
    const root = parse()
    return root.name === 'Error' ? root : undefined
  } catch {
    return undefined
  }
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim()
}
