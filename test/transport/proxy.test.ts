/** The node transport through a real proxy: the tunnel, the plain way, refusals, cuts, and blocks that come home. */
import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type HttpRequest, TransportError, type TransportFailure } from '../../src/protocol/message.js'
import { createNodeTransport, type NodeTransportOptions } from '../../src/transport/node.js'
import { alwaysProxy } from '../../src/transport/proxy.js'
import { testCertificate } from './certificate.js'
import { Arrival, lentBody } from './lent-body.js'
import { startProxy } from './loopback-proxy.js'
import { serve, serveRaw } from './servers.js'

function open(t: TestContext, proxy: string, options: NodeTransportOptions = {}) {
  const { transport, close } = createNodeTransport({
    proxyFor: alwaysProxy(proxy),
    ca: testCertificate,
    ...options,
  })
  t.after(close)
  return transport
}

function put(origin: string, body?: HttpRequest['body']): HttpRequest {
  const headers = { host: new URL(origin).host }
  return { method: 'PUT', origin, target: '/b/k?partNumber=1', headers, ...(body ? { body } : {}) }
}

function failsWith(failure: TransportFailure, words: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof TransportError, String(error))
    assert.equal(error.failure, failure, error.message)
    assert.match(error.message, words)
    assert.doesNotMatch(error.message, /hidden/)
    return true
  }
}

const stored: RequestListener = (request, response) => {
  request.resume()
  request.on('end', () => response.end('stored'))
}

for (const secureOrigin of [true, false]) {
  for (const secureProxy of [false, true]) {
    const name = `${secureOrigin ? 'https' : 'http'} through a proxy over ${secureProxy ? 'TLS' : 'TCP'}`
    test(`${name}: a body arrives whole, connections are used again`, async (t) => {
      const arrivals: Arrival[] = []
      const seen: (string | undefined)[] = []
      const origin = await serve(
        t,
        (request, response) => {
          const arrival = new Arrival()
          arrivals.push(arrival)
          seen.push(request.headers['proxy-authorization'], request.url, request.headers.host)
          request.on('data', (bytes: Uint8Array) => arrival.add(bytes))
          request.on('end', () => response.end('stored'))
        },
        { secure: secureOrigin },
      )
      const proxy = await startProxy(t, { secure: secureProxy, userPassword: 'me:hid@den' })
      const transport = open(t, proxy.url.replace('//', '//me:hid%40den@'))
      const size = 3_000_001
      for (let round = 0; round < 2; round += 1) {
        const body = lentBody(size, 65_536)
        let sent = 0
        const response = await transport(put(origin, body), { onSent: (bytes) => (sent = bytes) })
        assert.equal(response.status, 200)
        assert.equal(Buffer.from(await response.body.bytes(100)).toString(), 'stored')
        assert.equal(sent, size)
        assert.equal(body.home, body.lent)
      }
      const whole = Object.assign(new Arrival(), { size, wrongAt: undefined })
      assert.deepEqual(arrivals, [whole, whole])
      const { host } = new URL(origin)
      const one = [undefined, '/b/k?partNumber=1', host]
      assert.deepEqual(seen, [...one, ...one])
      const plain = `PUT ${origin}/b/k?partNumber=1`
      assert.deepEqual(proxy.asked, secureOrigin ? [`CONNECT ${host}`] : [plain, plain])
    })
  }

  const kind = secureOrigin ? 'https' : 'http'

  test(`${kind}: a proxy that wants a password says so at once, and nothing shows one`, async (t) => {
    const origin = await serve(t, stored, { secure: secureOrigin })
    const proxy = await startProxy(t, { userPassword: 'me:hidden' })
    const without = open(t, proxy.url)
    await assert.rejects(
      without(put(origin, lentBody(100_000, 65_536))),
      failsWith('refused', /407 .*put the user name and password for it/),
    )
    const wrong = open(t, proxy.url.replace('//', '//me:hidden2@'))
    await assert.rejects(wrong(put(origin)), failsWith('refused', /407 .*check the user name and password/))
  })

  test(`${kind}: a line cut in the middle of a body is a reset, and every block comes home`, async (t) => {
    const origin = await serve(t, stored, { secure: secureOrigin })
    const proxy = await startProxy(t)
    const transport = open(t, proxy.url)
    proxy.cutAfter(1_000_000)
    const body = lentBody(8_000_000, 262_144)
    await assert.rejects(transport(put(origin, body)), failsWith('reset', /broke/))
    assert.equal(proxy.cuts(), 1)
    const again = await transport(put(origin, lentBody(1000, 1000)))
    assert.equal(Buffer.from(await again.body.bytes(100)).toString(), 'stored')
    assert.equal(body.home, body.lent)
  })
}

test('a refused tunnel tells whether trying again can help', async (t) => {
  const forbidding = open(t, (await startProxy(t, { refuses: 403 })).url)
  await assert.rejects(forbidding(put('https://oss.example')), failsWith('refused', /oss\.example:443/))
  const failing = open(t, (await startProxy(t, { refuses: 503 })).url)
  await assert.rejects(failing(put('https://oss.example')), failsWith('connect', /503/))
})

test('a proxy that is not there, hangs, or speaks no HTTP is a failure to connect', async (t) => {
  const absent = open(t, 'http://127.0.0.1:1')
  await assert.rejects(
    absent(put('https://oss.example')),
    failsWith('connect', /through the proxy http:\/\/127/),
  )
  const hanging = open(t, (await startProxy(t, { hangs: true })).url, { stallLimits: { connectMs: 1000 } })
  await assert.rejects(hanging(put('https://oss.example')), failsWith('connect', /within the time allowed/))
  const odd = open(t, await serveRaw(t, (socket) => socket.end('what?\r\n')))
  await assert.rejects(odd(put('https://oss.example')), failsWith('connect', /through the proxy/))
})

test('closing the transport ends what is still asking the proxy', async (t) => {
  const proxy = await startProxy(t, { hangs: true })
  const { transport, close } = createNodeTransport({ proxyFor: alwaysProxy(proxy.url) })
  const asked = transport(put('https://oss.example'))
  const refused = assert.rejects(asked, TransportError)
  for (let turns = 0; proxy.asked.length === 0; turns += 1) {
    assert.ok(turns < 2000, 'the proxy was never asked')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await close()
  await refused
})

test('names are looked up by the proxy, not here', async (t) => {
  const origin = await serve(t, stored)
  const proxy = await startProxy(t, { leadsTo: Number(new URL(origin).port) })
  const response = await open(t, proxy.url)(put('http://no-such-host.invalid'))
  assert.equal(Buffer.from(await response.body.bytes(100)).toString(), 'stored')
})

test('without its certificate a secure origin is not believed, through a proxy neither; insecure believes it', async (t) => {
  const origin = await serve(t, stored, { secure: true })
  const proxy = await startProxy(t)
  const strict = createNodeTransport({ proxyFor: alwaysProxy(proxy.url) })
  t.after(strict.close)
  await assert.rejects(strict.transport(put(origin)), failsWith('untrusted', /self-signed/))
  for (const proxyFor of [alwaysProxy(proxy.url), () => undefined]) {
    const credulous = createNodeTransport({ proxyFor, insecure: true })
    t.after(credulous.close)
    const response = await credulous.transport(put(origin))
    assert.equal(Buffer.from(await response.body.bytes(100)).toString(), 'stored')
  }
})
