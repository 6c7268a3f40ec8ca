/**
 * Who signed a request, and is the signature right? Every answer to "no" is the one OSS gives, with what the client
 * needs to find its mistake: what we signed, and our time.
 */
import {
  type Authorization,
  parseAdditionalHeaders,
  parseAuthorization,
  parseCredential,
  presignedVersion,
} from '../protocol/authorization.js'
import { formatIsoBasic, parseHttpDate, parseIsoBasic } from '../protocol/dates.js'
import type { ErrorToSay } from '../protocol/errors.js'
import type { Query, WireHeaders } from '../protocol/message.js'
import { signatureV1, stringToSignV1 } from '../protocol/v1.js'
import {
  canonicalRequestV4,
  type EmptyValues,
  MAX_PRESIGN_SECONDS,
  type Scope,
  signatureV4,
  signingKeyV4,
  stringToSignV4,
  UNSIGNED_PAYLOAD,
} from '../protocol/v4.js'
import {
  BAD_CREDENTIAL_PARAMETER,
  BAD_EXPIRES,
  BAD_SIGNING_DATE,
  badAuthorization,
  EXPIRES_OUT_OF_RANGE,
  expired,
  incompleteUrl,
  missingHeader,
  NO_EXPIRES_PARAMETER,
  NO_SIGNATURE_PARAMETER,
  noDate,
  SIGNED_PAYLOAD,
  SIGNED_TWICE,
  skew,
} from './auth-errors.js'
import { headerV2, queryV2 } from './auth-v2.js'
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

export function authenticate(request: AuthRequest, rules: AuthRules): Verdict {
  const { headers, query } = request
  const header = headers['authorization']
  const version = presignedVersion(query)
  if (header !== undefined && header !== '') {
    if (version !== undefined) return refused(SIGNED_TWICE)
    const authorization = parseAuthorization(header)
    if (authorization === undefined) return refused(badAuthorization(header))
    if (authorization.version === 'v1') return headerV1(request, rules, authorization)
    return authorization.version === 'v2'
      ? headerV2(request, rules, authorization)
      : headerV4(request, rules, authorization)
  }
  if (version === 'v1') return queryV1(request, rules)
  if (version === 'v2') return queryV2(request, rules)
  if (version === 'v4') return queryV4(request, rules)
  return { kind: 'anonymous', address: request.addresses[0] ?? {} }
}

function headerV1(
  request: AuthRequest,
  rules: AuthRules,
  authorization: Authorization & { version: 'v1' },
): Verdict {
  const { headers } = request
  const credentials = findCredentials(rules, authorization.accessKeyId, tokenOf(request))
  if ('code' in credentials) return refused(credentials)
  const date = headers['x-oss-date'] ?? headers['date'] ?? ''
  const time = parseHttpDate(date) ?? parseIsoBasic(date)
  const wrong = time === undefined ? noDate(date) : skew(time, rules.now)
  if (wrong !== undefined) return refused(wrong)
  return verify(
    authorization,
    attemptsV1(request, credentials, { date, headers, query: request.query }),
    '0002-00000040',
  )
}

function queryV1(request: AuthRequest, rules: AuthRules): Verdict {
  const { OSSAccessKeyId, Expires, Signature, ...query } = request.query
  if (!OSSAccessKeyId || !Expires || !Signature) return refused(incompleteUrl(request.query))
  const credentials = findCredentials(rules, OSSAccessKeyId, tokenOf(request))
  if ('code' in credentials) return refused(credentials)
  if (!/^[0-9]{1,12}$/.test(Expires)) return refused({ ...BAD_EXPIRES, fields: { Expires } })
  const expiry = Number(Expires) * 1000
  if (rules.now > expiry) return refused(expired(expiry, rules.now))
  const attempts = attemptsV1(request, credentials, { date: Expires, headers: request.headers, query })
  return verify({ accessKeyId: OSSAccessKeyId, signature: Signature }, attempts, '0002-00000040')
}

function attemptsV1(
  request: AuthRequest,
  credentials: ServerCredentials,
  signed: { date: string; headers: WireHeaders; query: Query },
): Attempt[] {
  return request.addresses.map((address) => {
    const stringToSign = stringToSignV1({ method: request.method, ...address, ...signed })
    return { address, stringToSign, expected: signatureV1(credentials.accessKeySecret, stringToSign) }
  })
}

function headerV4(
  request: AuthRequest,
  rules: AuthRules,
  authorization: Authorization & { version: 'v4' },
): Verdict {
  const { headers } = request
  const wrongScope = checkScope(authorization, rules)
  if (wrongScope !== undefined) return refused(wrongScope)
  const credentials = findCredentials(rules, authorization.accessKeyId, tokenOf(request))
  if ('code' in credentials) return refused(credentials)

  const said = headers['x-oss-date'] ?? headers['date'] ?? ''
  const time = parseIsoBasic(said) ?? parseHttpDate(said)
  if (time === undefined) return refused(noDate(said))
  const wrong = skew(time, rules.now)
  if (wrong !== undefined) return refused(wrong)
  if (!formatIsoBasic(time).startsWith(authorization.date)) return refused(BAD_SIGNING_DATE)
  const payload = headers['x-oss-content-sha256'] ?? (rules.strict ? '' : UNSIGNED_PAYLOAD)
  if (payload !== UNSIGNED_PAYLOAD) return refused(SIGNED_PAYLOAD)
  return verify(
    authorization,
    // A Date is signed as it stands: so do OSS's first SDK for Go, and ossutil 1.7 with it, which send no x-oss-date.
    attemptsV4(request, credentials, { ...authorization, scope: authorization, requestDate: said }),
    '0002-00000201',
  )
}

function queryV4(request: AuthRequest, rules: AuthRules): Verdict {
  const { query } = request
  const scope = parseCredential(query['x-oss-credential'] ?? '')
  if (scope === undefined) return refused(BAD_CREDENTIAL_PARAMETER)
  const signature = query['x-oss-signature']
  if (!signature) return refused(NO_SIGNATURE_PARAMETER)
  const wrongScope = checkScope(scope, rules)
  if (wrongScope !== undefined) {
    return refused(
      scope.region === rules.region ? wrongScope : { ...wrongScope, message: WRONG_REGION_OF_URL },
    )
  }
  const credentials = findCredentials(rules, scope.accessKeyId, tokenOf(request))
  if ('code' in credentials) return refused(credentials)

  const date = query['x-oss-date'] ?? ''
  const time = parseIsoBasic(date)
  if (time === undefined || !date.startsWith(scope.date)) return refused(BAD_SIGNING_DATE)
  const expires = query['x-oss-expires']
  if (expires === undefined) return refused(NO_EXPIRES_PARAMETER)
  const seconds = /^[0-9]{1,9}$/.test(expires) ? Number(expires) : 0
  if (seconds < 1 || seconds > MAX_PRESIGN_SECONDS) return refused(EXPIRES_OUT_OF_RANGE)
  const expiry = time + seconds * 1000
  if (rules.now > expiry) return refused(expired(expiry, rules.now))
  // One signed long ago may be good still; one from the future comes from a clock that is wrong.
  const ahead = time > rules.now ? skew(time, rules.now) : undefined
  if (ahead !== undefined) return refused(ahead)

  const additionalHeaders = parseAdditionalHeaders(query['x-oss-additional-headers'] ?? '')
  const absent = additionalHeaders.find((name) => request.headers[name] === undefined)
  if (absent !== undefined) return refused(missingHeader(absent))
  const attempts = attemptsV4(request, credentials, { scope, additionalHeaders, requestDate: date })
  return verify({ accessKeyId: scope.accessKeyId, signature }, attempts, '0002-00000201')
}

const WRONG_REGION_OF_URL = 'The signing region in credential is invalid.'

/** How clients write a parameter without a value differs; the service's own way comes first. */
const EMPTY_VALUES: readonly EmptyValues[] = ['bare', 'mixed', 'equals']

function* attemptsV4(
  request: AuthRequest,
  credentials: ServerCredentials,
  signed: { scope: Scope; additionalHeaders: readonly string[]; requestDate: string },
): Generator<Attempt> {
  const key = signingKeyV4(credentials.accessKeySecret, signed.scope)
  const { method, headers, query, addresses } = request
  const hasEmpty = Object.values(query).some((value) => !value)
  for (const address of addresses) {
    for (const emptyValues of hasEmpty ? EMPTY_VALUES : EMPTY_VALUES.slice(0, 1)) {
      const canonicalRequest = canonicalRequestV4({
        method,
        headers,
        query,
        ...address,
        additionalHeaders: signed.additionalHeaders,
        payload: UNSIGNED_PAYLOAD,
        emptyValues,
      })
      const stringToSign = stringToSignV4({ canonicalRequest, date: signed.requestDate, scope: signed.scope })
      yield { address, stringToSign, canonicalRequest, expected: signatureV4(key, stringToSign) }
    }
  }
}

export function checkScope(scope: Scope, rules: AuthRules): ErrorToSay | undefined {
  if (scope.region !== rules.region) {
    return {
      code: 'InvalidArgument',
      message: 'Invalid signing region in Authorization header.',
      ec: '0002-00000226',
      fields: { Region: rules.region },
    }
  }
  if (scope.product !== 'oss') {
    return { code: 'InvalidArgument', message: 'Invalid signing product in Authorization header.' }
  }
  return undefined
}
