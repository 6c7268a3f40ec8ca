/** Requests that are signed by version 2, in a header or in the URL. It signs every parameter, so a URL takes none more. */
import { type Authorization, parseAdditionalHeaders } from '../protocol/authorization.js'
import { parseHttpDate, parseIsoBasic } from '../protocol/dates.js'
import { signatureV2, stringToSignV2 } from '../protocol/v2.js'
import {
  BAD_EXPIRES,
  expired,
  missingHeader,
  NO_EXPIRES_PARAMETER,
  NO_SIGNATURE_PARAMETER,
  noDate,
  skew,
} from './auth-errors.js'
import type { ServerCredentials } from './exchange.js'
import {
  type Attempt,
  type AuthRequest,
  type AuthRules,
  findCredentials,
  refused,
  tokenOf,
  type Verdict,
  verify,
} from './signer.js'

export function headerV2(
  request: AuthRequest,
  rules: AuthRules,
  authorization: Authorization & { version: 'v2' },
): Verdict {
  const { headers } = request
  const credentials = findCredentials(rules, authorization.accessKeyId, tokenOf(request))
  if ('code' in credentials) return refused(credentials)
  // oss2 signs the Date; a client that can't set it has the other.
  const date = headers['date'] ?? headers['x-oss-date'] ?? ''
  const time = parseHttpDate(date) ?? parseIsoBasic(date)
  const wrong = time === undefined ? noDate(date) : skew(time, rules.now)
  if (wrong !== undefined) return refused(wrong)
  return verify(authorization, attempts(request, credentials, { date, ...authorization }))
}

export function queryV2(request: AuthRequest, rules: AuthRules): Verdict {
  const { query, headers } = request
  const signature = query['x-oss-signature']
  if (!signature) return refused(NO_SIGNATURE_PARAMETER)
  const accessKeyId = query['x-oss-access-key-id'] ?? ''
  const credentials = findCredentials(rules, accessKeyId, tokenOf(request))
  if ('code' in credentials) return refused(credentials)
  const date = query['x-oss-expires']
  if (date === undefined) return refused(NO_EXPIRES_PARAMETER)
  if (!/^[0-9]{1,12}$/.test(date)) return refused({ ...BAD_EXPIRES, fields: { Expires: date } })
  const expiry = Number(date) * 1000
  if (rules.now > expiry) return refused(expired(expiry, rules.now))
  const additionalHeaders = parseAdditionalHeaders(query['x-oss-additional-headers'] ?? '')
  const absent = additionalHeaders.find((name) => headers[name] === undefined)
  if (absent !== undefined) return refused(missingHeader(absent))
  return verify({ accessKeyId, signature }, attempts(request, credentials, { date, additionalHeaders }))
}

function attempts(
  { method, query, headers, addresses }: AuthRequest,
  { accessKeySecret }: ServerCredentials,
  signed: { readonly date: string; readonly additionalHeaders: readonly string[] },
): Attempt[] {
  return addresses.map((address) => {
    const { date, additionalHeaders } = signed
    const stringToSign = stringToSignV2({ method, query, headers, ...address, date, additionalHeaders })
    return { address, stringToSign, expected: signatureV2(accessKeySecret, stringToSign) }
  })
}
