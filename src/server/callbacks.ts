/**
 * Telling an application's server that an upload is done. What is wrong with the wish is said before the body is read;
 * what goes wrong with the call is said when the object is stored, by a status that is no failure.
 */
import { type Callback, decodeCallback, fillCallbackBody } from '../protocol/callback.js'
import type { ErrorToSay } from '../protocol/errors.js'
import type { WireHeaders } from '../protocol/message.js'
import { invalidArgument } from '../protocol/operations/requests.js'
import { type Exchange, Refusal } from './context.js'
import { CallbackFailure } from './exchange.js'

/** What the callback tells of the object. */
export interface Uploaded {
  readonly operation: 'PutObject' | 'PostObject' | 'CompleteMultipartUpload'
  readonly bucket: string
  readonly key: string
  readonly etag: string
  readonly size: number
  readonly crc64: string
  readonly contentMd5?: string
  readonly contentType: string | undefined
}

/**
 * The callback that a request wants.
 *
 * @param headers of the operation, where a parameter of the URL counts as a header
 */
export function callbackOf(exchange: Exchange, headers: WireHeaders): Callback | undefined {
  const { request } = exchange
  for (const [header, parameter, ec] of [
    ['x-oss-callback', 'callback', '0007-00000027'],
    ['x-oss-callback-var', 'callback-var', undefined],
  ] as const) {
    if (request.headers[header] !== undefined && request.query[parameter] !== undefined) {
      const message = `${header} and ${parameter} can not be specified at the same time.`
      throw invalidArgument(header, request.headers[header], message, ec)
    }
  }
  return callbackFrom(exchange, headers['x-oss-callback'], headers['x-oss-callback-var'])
}

export function callbackFrom(
  { sendCallback }: Exchange,
  callback: string | undefined,
  variables: string | undefined,
): Callback | undefined {
  if (callback === undefined || callback === '') return undefined
  if (sendCallback === undefined) {
    throw new Refusal({ code: 'NotImplemented', fields: { ArgumentName: 'x-oss-callback' } })
  }
  return decodeCallback(callback, variables)
}

/**
 * Calls, if there is something to call, and gives what the callee said.
 *
 * @throws Refusal `CallbackFailed`, status 203
 */
export async function callBack(
  { sendCallback, requestId }: Exchange,
  callback: Callback | undefined,
  uploaded: Uploaded,
): Promise<{ readonly callback?: string }> {
  if (callback === undefined || sendCallback === undefined) return {}
  const body = fillCallbackBody(callback, valuesOf(uploaded, requestId))
  let failure: ErrorToSay = failed()
  for (const url of callback.urls) {
    try {
      const answer = await sendCallback({
        url,
        ...(callback.host === undefined ? {} : { host: callback.host }),
        contentType: callback.bodyType,
        body,
        bucket: uploaded.bucket,
        requestId,
      })
      if (answer.status !== 200) failure = failed(`Error status : ${answer.status}.`)
      else if (isJson(answer.body)) return { callback: new TextDecoder().decode(answer.body) }
      else failure = failed('Response body is not valid json format.', '0007-00000205')
    } catch (error) {
      if (!(error instanceof CallbackFailure)) throw error
      failure = { ...failed(REASONS[error.reason]), fields: { Detail: error.message } }
    }
  }
  throw new Refusal(failure)
}

const UNREACHABLE = 'Error status : -1.OSS can not connect to your callbackUrl, please check it.'

const REASONS: Readonly<Record<CallbackFailure['reason'], string>> = {
  'not-allowed': UNREACHABLE,
  unreachable: UNREACHABLE,
  'timed-out': 'Cost too long time.',
  'too-long': 'Error status : 400.User server return too long content-length value.',
}

function failed(message?: string, ec = '0007-00000203'): ErrorToSay {
  return { code: 'CallbackFailed', ...(message === undefined ? {} : { message }), ec }
}

function valuesOf(uploaded: Uploaded, requestId: string): Record<string, string | number> {
  const { operation, bucket, key, etag, size, crc64, contentMd5 = '', contentType = '' } = uploaded
  return {
    bucket,
    object: key,
    etag,
    size,
    mimeType: contentType,
    crc64,
    contentMd5,
    reqId: requestId,
    operation,
  }
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return true
  } catch {
    return false
  }
}
