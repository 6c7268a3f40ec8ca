/**
 * Text and bytes as the wire has them. A wire string has one character per byte (latin1), so any bytes can be told in a
 * string; names and keys are text, and go as UTF-8.
 */

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text that is the same in every form here, as most is: what has only these needs no encoding. */
const ascii = /^[^\u0080-\uffff]*$/
const alwaysPlain = /^[A-Za-z0-9_.~-]*$/
const neverPercentEncoded = /^[A-Za-z0-9_.~/-]*$/

/** UTF-8 bytes of text. */
export function utf8Bytes(text: string): Uint8Array {
  return utf8.encode(text)
}

/** Text as a wire string of its UTF-8 bytes. */
export function toWire(text: string): string {
  if (ascii.test(text)) return text
  return bytesToWire(utf8.encode(text))
}

/** The text whose UTF-8 bytes a wire string holds; the string itself where its bytes are no UTF-8. */
export function fromWire(wire: string): string {
  if (ascii.test(wire)) return wire
  try {
    return strictUtf8.decode(wireToBytes(wire))
  } catch {
    return wire
  }
}

export function bytesToWire(bytes: Uint8Array): string {
  let wire = ''
  for (const byte of bytes) wire += String.fromCharCode(byte)
  return wire
}

/** Characters above 0xFF can't stand in a wire string; their low byte is taken. */
export function wireToBytes(wire: string): Uint8Array {
  const bytes = new Uint8Array(wire.length)
  for (let index = 0; index < wire.length; index++) bytes[index] = wire.charCodeAt(index)
  return bytes
}

/**
 * A header value as a wire string. Where every character is at most U+00FF the value is one already; any character
 * above that proves it to be text, and then all of it becomes UTF-8. So text such as `é`, whose characters all are below
 * U+0100, has to be given through `toWire` if it is to go as UTF-8.
 */
export function headerValueToWire(value: string): string {
  return /^[^\u0100-\uffff]*$/.test(value) ? value : toWire(value)
}

/**
 * Percent-encodes all but `A-Z a-z 0-9 - _ . ~`, as signing and `encoding-type=url` want it: a space is `%20`.
 *
 * @throws URIError when the text has a lone surrogate, which UTF-8 can't say
 */
export function percentEncode(text: string): string {
  if (alwaysPlain.test(text)) return text
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The same, but `/` stays. */
export function percentEncodePath(text: string): string {
  if (neverPercentEncoded.test(text)) return text
  return percentEncode(text).replaceAll('%2F', '/')
}

/**
 * Undoes `percentEncode`; a `+` stays what it is.
 *
 * @throws URIError when an escape is broken or the bytes are no UTF-8
 */
export function percentDecode(text: string): string {
  return decodeURIComponent(text)
}

/**
 * The same, but a `+` is a space: in query strings, and in headers that name an object, since OSS's first SDK for Go, and
 * ossutil 1.7 with it, escape these as forms are.
 *
 * @throws URIError when an escape is broken or the bytes are no UTF-8
 */
export function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

/** Percent-encoded query string without `?`: bare keys for absent and empty values, in the order of the record. */
export function encodeQuery(query: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(query)
    .map(([name, value]) =>
      value === undefined || value === ''
        ? percentEncode(name)
        : `${percentEncode(name)}=${percentEncode(value)}`,
    )
    .join('&')
}
