/** What sockets say when no connection comes about, and what a person is told of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whyUnreached } from './unreached.js'

const origin = 'https://oss.example'

function saying(code: string, message = code): Error {
  return Object.assign(new Error(message), { code })
}

test('a certificate that is not believed is told with what to do about it', () => {
  const cases: readonly [string, RegExp][] = [
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /--ca-file \(ca, NODE_EXTRA_CA_CERTS\), or .*--insecure$/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /--ca-file/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /--ca-file/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /--ca-file/],
    ['CERT_HAS_EXPIRED', /clock/],
    ['CERT_NOT_YET_VALID', /clock/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /the host in the endpoint/],
  ]
  for (const [code, advice] of cases) {
    const { failure, message } = whyUnreached(origin, saying(code))
    assert.equal(failure, 'untrusted', code)
    assert.match(message, advice)
    assert.match(message, /^The certificate of https:\/\/oss\.example is not believed: /)
  }
})

test('a name that stands for nothing is told apart from a resolver that is not there', () => {
  const unknown = whyUnreached(origin, saying('ENOTFOUND', 'getaddrinfo ENOTFOUND oss.example'))
  assert.equal(unknown.failure, 'no-such-host')
  assert.match(unknown.message, /oss\.example.*Check the endpoint/)
  for (const code of ['EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ECONNRESET']) {
    assert.equal(whyUnreached(origin, saying(code)).failure, 'connect', code)
  }
  assert.equal(whyUnreached(origin, undefined).failure, 'connect')
})

test('a port that speaks no TLS is named as that', () => {
  const cause = saying('ERR_SSL_WRONG_VERSION_NUMBER', 'error:0A00010B:SSL routines::wrong version number')
  assert.deepEqual(whyUnreached(origin, cause), {
    failure: 'garbled',
    message: 'What answers at https://oss.example does not speak TLS: perhaps http:// is right, not https://',
  })
})
