/**
 * What is to be told to whom when an upload is done: `x-oss-callback` and `x-oss-callback-var`, JSON in base64. The
 * messages and ECs are the service's where it documents them.
 */
import { fromBase64, toBase64 } from '../checksum/digest.js'
import { percentEncode, utf8Bytes } from './encode.js'
import type { ProtocolError } from './errors.js'
import { invalidArgument } from './operations/requests.js'

export const FORM_BODY = 'application/x-www-form-urlencoded'
export const JSON_BODY = 'application/json'

export interface Callback {
  /** One to five; called in order until one succeeds. */
  readonly urls: readonly string[]
  /** The Host header, where it is not the URL's. */
  readonly host?: string
  /** With variables such as `${object}`. */
  readonly body: string
  readonly bodyType: typeof FORM_BODY | typeof JSON_BODY
  /** By names that begin with `x:`. */
  readonly variables: Readonly<Record<string, string>>
}

/** What the variables of a body stand for; numbers are written as numbers in JSON. */
export type CallbackValues = Readonly<Record<string, string | number>>

const MAX_LENGTH = 5 * 1024
const MAX_URLS = 5

/** The values of the two headers. */
export function encodeCallback(callback: Callback): {
  readonly callback: string
  readonly variables: string
} {
  const { urls, host, body, bodyType, variables } = callback
  const document = {
    callbackUrl: urls.join(';'),
    ...(host === undefined ? {} : { callbackHost: host }),
    callbackBody: body,
    callbackBodyType: bodyType,
  }
  return { callback: base64Json(document), variables: base64Json(variables) }
}

/**
 * @param variables the other header, if it was sent
 * @returns `undefined` when no URL is given, which means no callback
 * @throws ProtocolError `InvalidArgument`
 */
export function decodeCallback(callback: string, variables: string | undefined): Callback | undefined {
  const read = readJson(callback, CALLBACK)
  const { callbackUrl, callbackHost, callbackBody, callbackBodyType, callbackSNI, additionalHeaders } = read
  if (additionalHeaders !== undefined) {
    throw wrong(
      'additionalHeaders',
      additionalHeaders,
      'Additional headers are not supported.',
      '0007-00000026',
    )
  }
  if (callbackUrl === undefined || callbackUrl === '') return undefined
  if (typeof callbackUrl !== 'string') throw wrongUrl(callbackUrl)
  if (callbackBody === undefined || callbackBody === '') {
    throw wrong('callbackBody', '', 'The callback body is empty.', '0007-00000011')
  }
  if (typeof callbackBody !== 'string') {
    throw wrong('callbackBody', callbackBody, 'The callback body is invalid.')
  }
  if (callbackHost !== undefined && !isHost(callbackHost)) {
    throw wrong('callbackHost', callbackHost, 'The callback host is invalid.')
  }
  if (callbackSNI !== undefined && typeof callbackSNI !== 'boolean' && !isWordOfTruth(callbackSNI)) {
    throw wrong('callbackSNI', callbackSNI, 'The callback SNI is invalid.')
  }
  const body = { bodyType: readBodyType(callbackBodyType), body: callbackBody }
  piecesOf(callbackBody)
  return {
    urls: readUrls(callbackUrl),
    ...(callbackHost ? { host: callbackHost } : {}),
    ...body,
    variables: variables === undefined ? {} : readVariables(variables),
  }
}

/**
 * The body with its variables put in: percent-encoded for a form, as JSON values for JSON. What a variable does not
 * stand for anything is empty.
 */
export function fillCallbackBody({ body, bodyType, variables }: Callback, values: CallbackValues): string {
  const write =
    bodyType === JSON_BODY ? JSON.stringify : (value: string | number) => percentEncode(String(value))
  return piecesOf(body)
    .map((piece) => {
      if (piece.kind === 'text') return piece.text
      const all = piece.name.startsWith('x:') ? variables : values
      return write(Object.hasOwn(all, piece.name) ? (all[piece.name] ?? '') : '')
    })
    .join('')
}

type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }

function piecesOf(body: string): readonly Piece[] {
  const pieces: Piece[] = []
  let start = 0
  for (;;) {
    const dollar = body.indexOf('$', start)
    if (dollar < 0) return [...pieces, { kind: 'text', text: body.slice(start) }]
    if (body[dollar + 1] !== '{') throw wrongVariable(body, 'Left brace must be adjacent to dollar sign.')
    const end = body.indexOf('}', dollar)
    if (end < 0) throw wrongVariable(body, 'Right brace is missing.')
    pieces.push({ kind: 'text', text: body.slice(start, dollar) })
    pieces.push({ kind: 'variable', name: body.slice(dollar + 2, end) })
    start = end + 1
  }
}

interface Kind {
  readonly name: string
  readonly tooLong: string
  readonly noBase64: readonly [message: string, ec: string]
  readonly noJson: readonly [message: string, ec: string]
}

const CALLBACK: Kind = {
  name: 'callback',
  tooLong: 'The length of callback exceed max value.',
  noBase64: ['The callback configuration is not base64 encoded.', '0007-00000002'],
  noJson: ['The callback configuration is not json format.', '0007-00000003'],
}

const VARIABLES: Kind = {
  name: 'callback-var',
  tooLong: 'The length of callback var exceed max value.',
  noBase64: ['The callback var is not base64 encoded.', '0007-00000102'],
  // The misspelling is OSS's own.
  noJson: ['The callback var is not expecten json.', '0007-00000103'],
}

function readJson(base64: string, kind: Kind): Readonly<Record<string, unknown>> {
  if (base64.length > MAX_LENGTH) throw wrong(kind.name, '', kind.tooLong)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(fromBase64(base64.trim()))
  } catch {
    throw wrong(kind.name, base64, ...kind.noBase64)
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
  } catch {
    // Said below, as for JSON of another kind.
  }
  throw wrong(kind.name, text, ...kind.noJson)
}

function readVariables(base64: string): Readonly<Record<string, string>> {
  const entries = Object.entries(readJson(base64, VARIABLES)).map(([name, value]): [string, string] => {
    if (typeof value !== 'string' || /^x:(?:.*[A-Z].*)?$/.test(name)) {
      throw wrong('callback-var', name, ...VARIABLES.noJson)
    }
    return [name, value]
  })
  // What is named otherwise is no variable, and the service takes it all the same.
  return Object.fromEntries(entries.filter(([name]) => name.startsWith('x:')))
}

function readUrls(text: string): readonly string[] {
  const urls = text.split(';').filter((url) => url !== '')
  if (urls.length === 0 || urls.length > MAX_URLS) throw wrongUrl(text)
  return urls.map((url) => {
    const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`
    if (!/^https?:/i.test(full) || !URL.canParse(full)) throw wrongUrl(url)
    return full
  })
}

function readBodyType(value: unknown): Callback['bodyType'] {
  if (value === undefined || value === '') return FORM_BODY
  const type = typeof value === 'string' ? value.trim().toLowerCase() : undefined
  if (type === FORM_BODY || type === JSON_BODY) return type
  throw wrong('callbackBodyType', value, 'The callback body type is invalid.', '0007-00000012')
}

/** A name or address, perhaps with a port: anything else could begin another header. */
function isHost(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9._:[\]-]*$/.test(value)
}

function isWordOfTruth(value: unknown): boolean {
  return value === 'true' || value === 'false'
}

function wrongUrl(value: unknown): ProtocolError {
  return wrong('callbackUrl', value, 'The callback url is invalid.', '0007-00000004')
}

function wrongVariable(body: string, message: string): ProtocolError {
  return wrong('ReplaceKeyPrefix', body, message, '0007-00000105')
}

function wrong(name: string, value: unknown, message: string, ec?: string): ProtocolError {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return invalidArgument(name, text.slice(0, 1024), message, ec)
}

function base64Json(value: unknown): string {
  return toBase64(utf8Bytes(JSON.stringify(value)))
}
