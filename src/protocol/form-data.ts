/** `multipart/form-data` as it streams by: small fields, all kept, then one file whose bytes only pass through. */
import { bytesToWire, fromWire, toWire, utf8Bytes, wireToBytes } from './encode.js'
import { createPartReader, FormError, MAX_MARGIN, type PartReader } from './form-parts.js'

export interface FormField {
  readonly name: string
  /** Wire string: one character per byte. */
  readonly value: string
}

export interface FormFile {
  /** Empty where the form has none. Without folders. */
  readonly filename: string
  /** As the part says it; absent where it does not. */
  readonly contentType?: string
}

export interface FormLimits {
  /** Bytes of one field's value. */
  readonly value: number
  /** Bytes of one field's name. */
  readonly name: number
  /** Number of fields before the file. */
  readonly fields: number
  /** Bytes of all names and values before the file. */
  readonly total: number
}

export interface Form {
  /** In order, those before the file. */
  readonly fields: readonly FormField[]
  readonly file: FormFile
  /** The file's bytes, then what follows them is checked. To be read once. */
  readonly content: AsyncIterable<Uint8Array>
}

/** A part's own headers: two or three short lines besides the name. */
const MAX_HEADER_BYTES = 4096
const MAX_BOUNDARY = 70
/** Browsers send the button that was pressed, which stands after the file. */
const BUTTON = 'submit'

/** The boundary that a Content-Type names; `undefined` when it is no `multipart/form-data` with one. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const [type = '', ...parameters] = (contentType ?? '').split(';')
  if (type.trim().toLowerCase() !== 'multipart/form-data') return undefined
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=')
    if (equals < 0 || parameter.slice(0, equals).trim().toLowerCase() !== 'boundary') continue
    const value = parameter.slice(equals + 1).trim()
    const bare = /^".*"$/.test(value) ? value.slice(1, -1) : value
    return bare.length >= 1 && bare.length <= MAX_BOUNDARY ? bare : undefined
  }
  return undefined
}

/**
 * Reads the fields and stops at the file's first byte.
 *
 * @throws FormError here, or while `content` is read; whatever the body throws
 */
export async function readForm(
  body: AsyncIterable<Uint8Array>,
  { boundary, limits }: { readonly boundary: string; readonly limits: FormLimits },
): Promise<Form> {
  const parts = createPartReader(body, boundary)
  const fields: FormField[] = []
  let total = 0
  let more = await discard(parts.content())
  for (;;) {
    if (!more) throw new FormError('no-file')
    const head = readHead(await parts.header(limits.name + MAX_HEADER_BYTES), limits)
    if (head.name === 'file') {
      const { filename, contentType } = head
      const file = { filename: filename ?? '', ...(contentType === undefined ? {} : { contentType }) }
      return { fields, file, content: fileContent(parts, limits) }
    }
    const { value, isLast } = await readValue(parts.content(), limits.value)
    fields.push({ name: head.name, value })
    total += head.name.length + value.length
    if (fields.length > limits.fields || total > limits.total) throw new FormError('fields-too-large')
    more = !isLast
  }
}

async function* fileContent(parts: PartReader, limits: FormLimits): AsyncGenerator<Uint8Array> {
  let more = yield* parts.content()
  while (more) {
    const { name } = readHead(await parts.header(limits.name + MAX_HEADER_BYTES), limits)
    if (name === 'file') throw new FormError('second-file')
    if (name !== BUTTON) throw new FormError('late-field')
    more = !(await readValue(parts.content(), limits.value)).isLast
  }
  await parts.end()
}

/** The whole body around a file: `head`, then the file's bytes, then `tail`. */
export function writeForm(
  fields: readonly FormField[],
  file: FormFile,
  boundary: string,
): { readonly head: Uint8Array; readonly tail: Uint8Array } {
  const lines = fields.map(({ name, value }) => `--${boundary}\r\n${disposition(name)}\r\n\r\n${value}\r\n`)
  const type = file.contentType === undefined ? '' : `Content-Type: ${file.contentType}\r\n`
  const name = `; filename="${quoted(file.filename)}"`
  const head = `${lines.join('')}--${boundary}\r\n${disposition('file')}${name}\r\n${type}\r\n`
  return { head: wireToBytes(head), tail: utf8Bytes(`\r\n--${boundary}--\r\n`) }
}

function disposition(name: string): string {
  return `Content-Disposition: form-data; name="${quoted(name)}"`
}

/** As browsers have it. */
function quoted(text: string): string {
  return toWire(text).replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

interface Head extends Partial<FormFile> {
  readonly name: string
}

function readHead(header: string, limits: FormLimits): Head {
  let contentType: string | undefined
  let disposition: string | undefined
  for (const line of header.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon < 1) throw new FormError('malformed')
    const name = line.slice(0, colon).trim().toLowerCase()
    if (name === 'content-disposition') disposition = line.slice(colon + 1).trim()
    else if (name === 'content-type') contentType = line.slice(colon + 1).trim()
  }
  if (disposition === undefined || !/^form-data\s*;/i.test(disposition)) throw new FormError('malformed')
  const name = parameterOf(disposition, 'name')
  if (name === undefined || name === '') throw new FormError('malformed')
  if (name.length > limits.name) throw new FormError('name-too-long')
  const filename = parameterOf(disposition, 'filename')
  return {
    name: fromWire(name),
    ...(filename === undefined ? {} : { filename: withoutFolders(fromWire(filename)) }),
    ...(contentType === undefined || contentType === '' ? {} : { contentType }),
  }
}

/** One parameter of a header such as `form-data; name="a"; filename="b\"c"`, read by hand: strangers write it. */
function parameterOf(header: string, wanted: string): string | undefined {
  let at = header.indexOf(';')
  while (at >= 0) {
    const equals = header.indexOf('=', at)
    if (equals < 0) return undefined
    const name = header
      .slice(at + 1, equals)
      .trim()
      .toLowerCase()
    const { value, next } = parameterValue(header, equals + 1)
    if (name === wanted) return value
    at = header.indexOf(';', next)
  }
  return undefined
}

function parameterValue(header: string, start: number): { value: string; next: number } {
  if (header[start] !== '"') {
    const semicolon = header.indexOf(';', start)
    const next = semicolon < 0 ? header.length : semicolon
    return { value: header.slice(start, next).trim(), next }
  }
  let value = ''
  for (let index = start + 1; index < header.length; index += 1) {
    const character = header[index]
    if (character === '"') return { value: unquoted(value), next: index + 1 }
    // A backslash before anything else is one: old browsers sent whole Windows paths.
    if (character === '\\' && (header[index + 1] === '"' || header[index + 1] === '\\')) index += 1
    value += header[index]
  }
  throw new FormError('malformed')
}

function unquoted(value: string): string {
  return value.replaceAll('%22', '"').replaceAll('%0D', '\r').replaceAll('%0A', '\n')
}

function withoutFolders(filename: string): string {
  return filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1)
}

async function readValue(
  content: AsyncGenerator<Uint8Array, boolean>,
  limit: number,
): Promise<{ value: string; isLast: boolean }> {
  let value = ''
  for (;;) {
    const result = await content.next()
    if (result.done) return { value, isLast: !result.value }
    if (value.length + result.value.length > limit) throw new FormError('value-too-long')
    value += bytesToWire(result.value)
  }
}

/** Reads past what stands before the first delimiter. */
async function discard(content: AsyncGenerator<Uint8Array, boolean>): Promise<boolean> {
  let size = 0
  for (;;) {
    const result = await content.next()
    if (result.done) return result.value
    size += result.value.length
    if (size > MAX_MARGIN) throw new FormError('malformed')
  }
}
