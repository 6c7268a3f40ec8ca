/** Laws of signatures: what a client signs is let in however it is addressed, and nothing else is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatHttpDate } from '../../src/protocol/dates.js'
import { encodeQuery, percentEncode, percentEncodePath } from '../../src/protocol/encode.js'
import { presignV1, presignV4, signV1, signV4 } from '../../src/protocol/signing.js'
import { addressesOf, meaningOfHost, parseTarget } from '../../src/server/addressing.js'
import { authenticate } from '../../src/server/auth.js'
import type { Verdict } from '../../src/server/signer.js'
import { CREDENTIALS, REGION, START, wire } from './world.js'

interface Signed {
  readonly method: string
  readonly host: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}

const bucket = 'examplebucket'
const BASES = ['oss.test']
const sessions = [CREDENTIALS, { accessKeyId: 'STS.1', accessKeySecret: 's', securityToken: 'tok/en+=' }]

function verdictOf({ method, host, target, headers }: Signed): Verdict {
  const { path, query } = parseTarget(target)
  const addresses = addressesOf(meaningOfHost(host, { baseNames: BASES }), path)
  return authenticate(
    { method, query, headers, addresses },
    { credentials: sessions, region: REGION, now: START, strict: false },
  )
}

const odd = fc.constantFrom(
  'a',
  '/',
  '//',
  '+',
  '%',
  '%2F',
  ' ',
  '&',
  '=',
  '?',
  '#',
  ';',
  'ü',
  '😀',
  '\u0000',
  '..',
  '~',
  "'",
)
const key = fc
  .array(odd, { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''))
  .filter((text) => !text.startsWith('/'))
const value = fc.array(odd, { maxLength: 3 }).map((parts) => parts.join(''))
const asked = fc.record({
  key,
  way: fc.constantFrom('v1', 'v4', 'v1-url', 'v4-url'),
  place: fc.constantFrom('path', 'host', 'aliyun', 'both'),
  slashes: fc.constantFrom('plain', 'escaped'),
  credentials: fc.constantFrom(...sessions),
  metadata: value.map((text) => wire(text.replaceAll('\u0000', ''))),
  extra: fc.record({ 'response-content-type': value, uploadId: value, prefix: value }, { requiredKeys: [] }),
})

function signed(given: Parameters<Parameters<typeof asked.map>[0]>[0]): Signed {
  const { way, place, slashes, credentials, metadata, extra } = given
  const method = 'PUT'
  const headers: Record<string, string> = { 'content-type': 'text/x', 'x-oss-meta-a': metadata }
  const request = { method, bucket, key: given.key, query: extra, headers, credentials }
  let query: Record<string, string> = { ...extra }
  if (way === 'v1') {
    headers['date'] = formatHttpDate(START)
    const made = signV1(request)
    Object.assign(headers, made.headers, { authorization: made.authorization })
  } else if (way === 'v4') {
    const made = signV4({ ...request, region: REGION, date: new Date(START) })
    Object.assign(headers, made.headers, { authorization: made.authorization })
  } else if (way === 'v1-url') {
    query = { ...query, ...presignV1({ ...request, expires: START / 1000 + 60 }).query }
  } else {
    const made = presignV4({ ...request, region: REGION, date: new Date(START), expiresSeconds: 60 })
    query = { ...query, ...made.query }
  }
  const encode = slashes === 'plain' ? percentEncodePath : percentEncode
  const hosts = {
    path: '127.0.0.1:9500',
    host: `${bucket}.oss.test`,
    aliyun: `${bucket}.oss-cn-hangzhou.aliyuncs.com`,
    both: `${bucket}.oss-cn-hangzhou.aliyuncs.com`,
  }
  const inPath = place === 'path' || place === 'both' ? `/${bucket}/` : '/'
  const queryText = encodeQuery(query)
  const target = `${inPath}${encode(given.key)}${queryText === '' ? '' : `?${queryText}`}`
  return { method, host: hosts[place], target, headers }
}

test('what was signed is let in, with the bucket and the key that were meant', () => {
  fc.assert(
    fc.property(asked, (given) => {
      const verdict = verdictOf(signed(given))
      assert.equal(verdict.kind, 'signed', JSON.stringify(verdict))
      assert.deepEqual(verdict.kind === 'signed' && verdict.address, { bucket, key: given.key })
    }),
    { numRuns: 400 },
  )
})

test('another method, key, header, token, date or signed parameter is not let in', () => {
  const changes: Record<string, (request: Signed) => Signed> = {
    method: (request) => ({ ...request, method: 'DELETE' }),
    key: (request) => ({ ...request, target: request.target.replace(/(\?|$)/, 'x$1') }),
    metadata: (request) => ({ ...request, headers: { ...request.headers, 'x-oss-meta-a': 'changed' } }),
    added: (request) => ({ ...request, headers: { ...request.headers, 'x-oss-forbid-overwrite': 'true' } }),
    parameter: (request) => ({
      ...request,
      target: `${request.target}${request.target.includes('?') ? '&' : '?'}uploadId=changed`,
    }),
    token: (request) => ({
      ...request,
      headers: { ...request.headers, 'x-oss-security-token': 'other' },
    }),
  }
  fc.assert(
    fc.property(asked, fc.constantFrom(...Object.keys(changes)), (given, name) => {
      const changed = changes[name]?.(signed(given))
      assert.ok(changed)
      assert.equal(verdictOf(changed).kind, 'refused', name)
    }),
    { numRuns: 400 },
  )
})

test('a header and a URL signed both are one too many, be they right or wrong', () => {
  const base = { key: 'k', place: 'path', slashes: 'plain', metadata: 'm', extra: {} } as const
  const header = signed({ ...base, way: 'v1', credentials: CREDENTIALS })
  const url = signed({ ...base, way: 'v1-url', credentials: CREDENTIALS })
  const wrong = { ...url, headers: { ...header.headers, authorization: 'OSS test-id:AAAA' } }
  for (const request of [{ ...header, target: url.target }, wrong]) {
    const verdict = verdictOf(request)
    assert.equal(verdict.kind === 'refused' && verdict.error.ec, '0002-00000039')
  }
})
