/** Known answers of other OSS clients and of the documentation. The JSON names the source of each. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { fromHex, toHex } from '../../src/checksum/digest.js'
import { combineCrc64, crc64 } from '../../src/checksum/index.js'
import { parseAuthorization } from '../../src/protocol/authorization.js'
import { parseIsoBasic } from '../../src/protocol/dates.js'
import { encodeQuery } from '../../src/protocol/encode.js'
import { presignV1, presignV4, signV1, signV4 } from '../../src/protocol/signing.js'
import { signatureV4, signingKeyV4 } from '../../src/protocol/v4.js'

interface Signed {
  readonly id: string
  readonly access_key_id: string
  readonly access_key_secret: string
  readonly security_token?: string | null
  readonly method: string
  readonly bucket: string
  readonly key: string
  readonly headers: Record<string, string>
  readonly query: Record<string, string>
}
interface SignedV4 extends Signed {
  readonly region: string
  readonly product: string
  readonly signing_time_utc: string
  readonly additional_headers_requested: readonly string[]
}
interface ExpectedV4 {
  readonly canonical_request: string
  readonly string_to_sign: string
  readonly signature: string
}
type Vector =
  | (Signed & {
      kind: 'v1-header'
      expect: { string_to_sign: string; signature: string; authorization: string }
    })
  | (Signed & {
      kind: 'v1-presign'
      expires_unix: number
      expect: { string_to_sign: string; signature: string; signature_urlencoded: string; url?: string }
    })
  | (SignedV4 & {
      kind: 'v4-header'
      expect: ExpectedV4 & { signing_key_hex: string; authorization: string }
    })
  | (SignedV4 & {
      kind: 'v4-presign'
      expires_seconds: number
      expect: ExpectedV4 & { query_added: Record<string, string> }
    })
  | {
      kind: 'v4-signing-key-given'
      id: string
      signing_key_hex: string
      string_to_sign: string
      expect: { signature: string }
    }
  | { kind: 'crc64'; id: string; input: string; input_encoding: string; expect: { crc64_decimal: string } }
  | {
      kind: 'crc64-combine'
      id: string
      crc1: string
      crc2: string
      len2: number
      expect: { crc64_decimal: string }
    }

const { vectors } = JSON.parse(
  readFileSync(join(projectRoot(), 'test/vectors/oss-vectors.json'), 'utf8'),
) as {
  vectors: readonly Vector[]
}

test('there are vectors of every kind', () => {
  assert.deepEqual([...new Set(vectors.map((vector) => vector.kind))].sort(), [
    'crc64',
    'crc64-combine',
    'v1-header',
    'v1-presign',
    'v4-header',
    'v4-presign',
    'v4-signing-key-given',
  ])
})

for (const vector of vectors) test(vector.id, () => check(vector))

function check(vector: Vector): void {
  switch (vector.kind) {
    case 'v1-header': {
      const signed = signV1({ ...requestOf(vector) })
      assert.equal(signed.stringToSign, vector.expect.string_to_sign)
      assert.equal(signed.authorization, vector.expect.authorization)
      assert.deepEqual(parseAuthorization(vector.expect.authorization), {
        version: 'v1',
        accessKeyId: vector.access_key_id,
        signature: vector.expect.signature,
      })
      return
    }
    case 'v1-presign': {
      const { query, stringToSign } = presignV1({ ...requestOf(vector), expires: vector.expires_unix })
      assert.equal(stringToSign, vector.expect.string_to_sign)
      assert.equal(query['Signature'], vector.expect.signature)
      if (vector.expect.url !== undefined) {
        const expected = [...new URL(vector.expect.url).searchParams].sort()
        const ours = [...new URLSearchParams(encodeQuery({ ...vector.query, ...query }))].sort()
        assert.deepEqual(ours, expected)
      }
      return
    }
    case 'v4-header': {
      const signed = signV4(requestV4Of(vector))
      assert.equal(signed.canonicalRequest, vector.expect.canonical_request)
      assert.equal(signed.stringToSign, vector.expect.string_to_sign)
      assert.equal(signed.signature, vector.expect.signature)
      assert.equal(
        toHex(signingKeyV4(vector.access_key_secret, scopeOf(vector))),
        vector.expect.signing_key_hex,
      )
      assert.deepEqual(
        parseAuthorization(signed.authorization),
        parseAuthorization(vector.expect.authorization),
      )
      assert.deepEqual(parseAuthorization(vector.expect.authorization), {
        version: 'v4',
        accessKeyId: vector.access_key_id,
        ...scopeOf(vector),
        additionalHeaders: vector.expect.canonical_request.split('\n').at(-2)?.split(';').filter(Boolean),
        signature: vector.expect.signature,
      })
      return
    }
    case 'v4-presign': {
      const signed = presignV4({ ...requestV4Of(vector), expiresSeconds: vector.expires_seconds })
      assert.equal(signed.canonicalRequest, vector.expect.canonical_request)
      assert.equal(signed.stringToSign, vector.expect.string_to_sign)
      assert.deepEqual(signed.query, vector.expect.query_added)
      return
    }
    case 'v4-signing-key-given':
      assert.equal(
        signatureV4(fromHex(vector.signing_key_hex), vector.string_to_sign),
        vector.expect.signature,
      )
      return
    case 'crc64':
      assert.equal(vector.input_encoding, 'utf8')
      assert.equal(crc64(new TextEncoder().encode(vector.input)).toString(), vector.expect.crc64_decimal)
      return
    case 'crc64-combine':
      assert.equal(
        combineCrc64(BigInt(vector.crc1), BigInt(vector.crc2), vector.len2).toString(),
        vector.expect.crc64_decimal,
      )
      return
  }
}

function requestOf(vector: Signed) {
  return {
    method: vector.method,
    bucket: vector.bucket,
    key: vector.key,
    query: vector.query,
    headers: vector.headers,
    credentials: {
      accessKeyId: vector.access_key_id,
      accessKeySecret: vector.access_key_secret,
      securityToken: vector.security_token ?? undefined,
    },
  }
}

function requestV4Of(vector: SignedV4) {
  return {
    ...requestOf(vector),
    region: vector.region,
    product: vector.product,
    date: new Date(parseIsoBasic(vector.signing_time_utc) ?? Number.NaN),
    additionalHeaders: vector.additional_headers_requested,
  }
}

function scopeOf(vector: SignedV4) {
  return { date: vector.signing_time_utc.slice(0, 8), region: vector.region, product: vector.product }
}

/** Compiled tests lie one folder deeper than their sources; the JSON is not copied. */
function projectRoot(): string {
  return join(dirname(fileURLToPath(import.meta.url)), '../../..')
}
