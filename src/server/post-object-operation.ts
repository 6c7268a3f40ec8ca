/**
 * PostObject. The form is judged when its file begins: who signed, the policy, the key, the headers. Only how large the
 * file is, and that nothing follows it, is known later; until then nothing is stored.
 */
import { createHash } from 'node:crypto'
import type { Callback } from '../protocol/callback.js'
import { fromWire } from '../protocol/encode.js'
import { boundaryOf, type FormLimits, readForm } from '../protocol/form-data.js'
import { FormError, type FormFault } from '../protocol/form-parts.js'
import {
  decodePostObject,
  encodePostObjectAnswer,
  type PostObjectInput,
} from '../protocol/operations/post-object.js'
import { checkPostPolicy, decodePostPolicy } from '../protocol/post-policy.js'
import { checkAnonymousObject } from './access.js'
import { requireBucket } from './bucket-operations.js'
import { callBack, callbackFrom } from './callbacks.js'
import { type Exchange, type Operate, Refusal } from './context.js'
import { encryptionIn } from './encryption.js'
import { locationOf } from './location.js'
import { checkKey, storedHeadersOf, withDefaultsOf } from './names.js'
import { alreadyExists, forbidsOverwrite, translated } from './object-operations.js'
import { OBJECT_ROWS } from './object-rows.js'
import type { OperationRow } from './operation-row.js'
import { authenticatePost } from './post-auth.js'
import {
  announcedSize,
  checkAnnounced,
  checkSize,
  invalidDigest,
  MAX_BODY_SIZE,
  receiveChunks,
} from './receive.js'
import type { BucketRecord } from './storage/storage.js'

/** The service takes fields of 8 MiB in all; what no form needs is not worth holding for each connection. */
export const FORM_LIMITS: FormLimits = { value: 4096, name: 8192, fields: 256, total: 512 * 1024 }
/** What a form adds to its file: fields, names, delimiters. */
const FORM_OVERHEAD = 1024 * 1024

export const postObjectOperations = {
  PostObject: async (exchange) => {
    const { storage, clock, request } = exchange
    const { bucket: name = '', headers } = request
    const boundary = boundaryOf(headers['content-type'])
    if (boundary === undefined) throw new Refusal({ code: 'RequestIsNotMultiPartContent' })
    checkAnnounced(headers, MAX_BODY_SIZE + FORM_OVERHEAD)
    const bucket = await requireBucket(exchange, name)

    const body = checkedBody(exchange)
    const form = await readForm(body, { boundary, limits: FORM_LIMITS }).catch(refusedForm)
    const input = decodePostObject(name, form)
    const { least, most } = await admit(exchange, bucket, input)
    checkKey(input.key)
    checkSettings(input)
    const stored = withDefaultsOf(bucket, storedHeadersOf(input.headers))
    const ifAbsent = forbidsOverwrite(input.headers)
    const callback = postedCallback(exchange, input)
    if (ifAbsent && (await storage.getObject(name, input.key)) !== undefined) throw alreadyExists()

    const wanted = input.headers['content-md5']
    const received = await receiveChunks(exchange, form.content, {
      most: Math.min(most, MAX_BODY_SIZE),
      announcedSize: announcedSize(headers),
      ...(wanted === undefined ? {} : { wanted }),
      atEnd: (size) => {
        if (size < least) throw tooSmall(size, least)
      },
    }).catch(refusedForm)
    const { etag, crc64, contentMd5, size } = received
    const object = {
      key: input.key,
      size,
      etag,
      crc64,
      md5: contentMd5,
      type: 'Normal' as const,
      modified: clock.now(),
      headers: stored,
    }
    await storage
      .putObject(name, object, received.incoming, { ifAbsent })
      .catch(translated('object-exists', alreadyExists))
    const location = locationOf(exchange.host, input)
    const operation = 'PostObject'
    const contentType = stored['content-type']
    const told = await callBack(exchange, callback, { operation, ...input, ...received, contentType })
    const output = { etag, crc64, contentMd5, location, ...encryptionIn(stored), ...told }
    return encodePostObjectAnswer(output, input)
  },
} satisfies Record<string, Operate>

/** Who may post this, and how large a file. */
async function admit(
  { storage, credentials, region, clock }: Exchange,
  bucket: BucketRecord,
  { fields, key, headers }: PostObjectInput,
): Promise<{ readonly least: number; readonly most: number }> {
  const now = clock.now()
  const verdict = authenticatePost(fields, { credentials, region, now })
  if (verdict.kind === 'anonymous') {
    await checkAnonymousObject(storage, bucket, { key, right: 'write', headers })
    return { least: 0, most: Number.POSITIVE_INFINITY }
  }
  const judged = new Map([...fields].map(([field, value]) => [field, fromWire(value)]))
  judged.set('bucket', bucket.name)
  judged.set('key', key)
  // The type that is stored, wherever it was said.
  const type = headers['content-type']
  if (type !== undefined) judged.set('content-type', fromWire(type))
  const { mustBeNamed } = verdict
  return checkPostPolicy(decodePostPolicy(verdict.policy), { fields: judged, mustBeNamed, now })
}

/** The callback is a field, and so is each of its variables. */
function postedCallback(exchange: Exchange, { fields, variables }: PostObjectInput): Callback | undefined {
  const callback = callbackFrom(
    exchange,
    fields.get('callback') ?? fields.get('x-oss-callback'),
    fields.get('callback-var') ?? fields.get('x-oss-callback-var'),
  )
  return callback && { ...callback, variables: { ...callback.variables, ...variables } }
}

/** What PutObject would refuse as a header. */
function checkSettings({ headers }: PostObjectInput): void {
  const refused = Object.keys(headers).find((name) => PUT_OBJECT?.refuses?.test(name))
  if (refused !== undefined) {
    throw new Refusal({ code: 'NotImplemented', fields: { ArgumentName: refused } })
  }
}

const PUT_OBJECT: OperationRow | undefined = OBJECT_ROWS.find((row) => row.name === 'PutObject')

/** A Content-MD5 of the request is that of the whole body, fields and all. */
async function* checkedBody({ request: { headers }, body }: Exchange): AsyncGenerator<Uint8Array> {
  const wanted = headers['content-md5']
  const md5 = createHash('md5')
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (wanted !== undefined) md5.update(chunk)
    yield chunk
  }
  checkSize(headers, size)
  if (wanted !== undefined && md5.digest('base64') !== wanted) throw invalidDigest(wanted)
}

const FAULTS: Readonly<Record<FormFault, { code: string; message?: string; ec?: string }>> = {
  malformed: { code: 'MalformedPOSTRequest', ec: '0006-00000104' },
  'late-field': { code: 'MalformedPOSTRequest', ec: '0006-00000104' },
  'no-file': { code: 'IncorrectNumberOfFilesInPOSTRequest', ec: '0006-00000107' },
  'second-file': { code: 'IncorrectNumberOfFilesInPOSTRequest' },
  'name-too-long': {
    code: 'FieldItemTooLong',
    message: 'Your name of form field is too long.',
    ec: '0006-00000110',
  },
  'value-too-long': { code: 'FieldItemTooLong', message: 'Your value of form field is too long.' },
  'fields-too-large': { code: 'MaxPOSTPreDataLengthExceededError', ec: '0006-00000112' },
}

function refusedForm(error: unknown): never {
  if (error instanceof FormError) throw new Refusal(FAULTS[error.fault])
  if (error instanceof Refusal && error.error.code === 'EntityTooLarge') {
    throw new Refusal({ ...error.error, ec: '0006-00000003' })
  }
  throw error
}

function tooSmall(size: number, least: number): Refusal {
  return new Refusal({
    code: 'EntityTooSmall',
    ec: '0006-00000004',
    fields: { ProposedSize: String(size), MinSizeAllowed: String(least) },
  })
}
