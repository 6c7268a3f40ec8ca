/**
 * PostObject: an object by HTML form. What other requests say in headers stands in the form's fields, which are read
 * before the file (form-data.ts), so there is a reader of fields here and not of requests.
 */
import { fromWire } from '../encode.js'
import { quoteEtag } from '../etag.js'
import type { FormField, FormFile } from '../form-data.js'
import { isOperationHeader } from '../headers.js'
import type { WireHeaders } from '../message.js'
import { element } from '../xml.js'
import { xmlAnswer } from './answers.js'
import { encodeStored, type StoredAnswer } from './objects.js'
import type { WireAnswer } from './operation.js'
import { invalidArgument, wholeNumber } from './requests.js'

export interface PostObjectInput {
  readonly bucket: string
  /** With the file's name in the place of `${filename}`. */
  readonly key: string
  /** As for PutObject, taken from the fields. */
  readonly headers: WireHeaders
  /** All fields as wire strings, by lower-case name; of equal names the last. */
  readonly fields: ReadonlyMap<string, string>
  /** 200, 201 or 204. */
  readonly status: number
  /** Where a browser is to go on. */
  readonly redirect?: string
  /** Those named `x:`, for the callback. */
  readonly variables: Readonly<Record<string, string>>
}

export interface PostObjectOutput extends StoredAnswer {
  /** The object's URL. */
  readonly location: string
}

/** @throws ProtocolError when the form lacks the key */
export function decodePostObject(
  bucket: string,
  form: { readonly fields: readonly FormField[]; readonly file: FormFile },
): PostObjectInput {
  const fields = new Map(form.fields.map(({ name, value }) => [name.toLowerCase(), value]))
  const keyField = fields.get('key')
  if (!keyField) throw missingField('key')
  // A function, since `$` in the name would mean something to `replaceAll`.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of OSS
  const key = fromWire(keyField).replaceAll('${filename}', () => form.file.filename)
  const redirect = redirectOf(fields.get('success_action_redirect'))
  return {
    bucket,
    key,
    headers: headersOf(fields, form.file),
    fields,
    status: statusOf(fields.get('success_action_status')),
    ...(redirect === undefined ? {} : { redirect }),
    variables: Object.fromEntries(
      form.fields
        .filter(({ name }) => name.startsWith('x:'))
        .map(({ name, value }) => [name, fromWire(value)]),
    ),
  }
}

export function encodePostObjectAnswer(output: PostObjectOutput, input: PostObjectInput): WireAnswer {
  const stored = encodeStored(output)
  if (output.callback !== undefined) return stored
  const { bucket, key, redirect, status } = input
  if (redirect !== undefined) {
    const url = new URL(redirect)
    for (const [name, value] of Object.entries({ bucket, key, etag: quoteEtag(output.etag) })) {
      url.searchParams.append(name, value)
    }
    return { ...stored, status: 303, headers: { ...stored.headers, location: url.href } }
  }
  if (status !== 201) return { ...stored, status }
  const document = element('PostResponse', [
    element('Bucket', bucket),
    element('Location', output.location),
    element('Key', key),
    element('ETag', quoteEtag(output.etag)),
  ])
  return { ...xmlAnswer(document, stored.headers), status }
}

/** A form that lacks what it must have, or has it behind the file. */
export function missingField(name: string, ec?: string): Error {
  const message = `The bucket POST must contain the specified '${name}'. If it is specified, please check the order of the fields.`
  return invalidArgument(name, '', message, ec)
}

/** The type is said in three places; browsers fill in the file's by themselves, so one stands above it. */
function headersOf(fields: ReadonlyMap<string, string>, file: FormFile): WireHeaders {
  const headers: Record<string, string> = {}
  for (const [name, value] of fields) {
    if (isOperationHeader(name) && !NOT_HEADERS.has(name)) headers[name] = headerValue(name, value)
  }
  const type = fields.get('x-oss-content-type') ?? file.contentType ?? fields.get('content-type')
  if (type) headers['content-type'] = headerValue('content-type', type)
  return headers
}

/** Fields hold what headers can't: it would break every later answer that has this header. */
function headerValue(name: string, value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header can't hold
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) {
    throw invalidArgument(name, value, 'The field is not valid as a header.')
  }
  return value.trim()
}

/** Fields named like headers that say something else. */
const NOT_HEADERS: ReadonlySet<string> = new Set([
  'x-oss-content-type',
  'x-oss-credential',
  'x-oss-signature',
  'x-oss-signature-version',
])

/** Anything else counts as not said. */
function statusOf(field: string | undefined): number {
  const status = wholeNumber(field ?? '')
  return status === 200 || status === 201 ? status : 204
}

/** What is no URL of the web counts as not said. */
function redirectOf(field: string | undefined): string | undefined {
  if (field === undefined || !URL.canParse(fromWire(field))) return undefined
  const url = new URL(fromWire(field))
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined
}
