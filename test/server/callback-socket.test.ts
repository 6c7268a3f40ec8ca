/** Callbacks through sockets: to a server of one's own, signed so that it can tell, and nowhere else. */
import assert from 'node:assert/strict'
import { createVerify } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { encodeCallback, FORM_BODY } from '../../src/protocol/callback.js'
import { parseXml, text } from '../../src/protocol/xml.js'
import { createCallbackSender } from '../../src/server/callback-sender.js'
import {
  type CallbackRequest,
  createServer,
  type Server,
  type ServerOptions,
} from '../../src/server/index.js'
import { CREDENTIALS, wireOf } from './world.js'

/** Variables of OSS, written `<name>` here, since the linter takes their own form for a mistake. */
const withVariables = (body: string) => body.replace(/<([^>]*)>/g, (_, name: string) => `\${${name}}`)

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

async function withCallee(answer: Answer, work: (port: number) => Promise<void>): Promise<void> {
  const callee = createHttpServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    answer(request, response, Buffer.concat(chunks).toString())
  })
  callee.listen(0, '127.0.0.1')
  await once(callee, 'listening')
  try {
    await work((callee.address() as AddressInfo).port)
  } finally {
    callee.closeAllConnections()
    callee.close()
  }
}

async function withServer(options: ServerOptions, work: (server: Server) => Promise<void>): Promise<void> {
  const server = await createServer({ credentials: CREDENTIALS, buckets: ['examplebucket'], ...options })
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

function put(server: Server, url: string, host?: string): Promise<Response> {
  const body = withVariables('key=<object>&size=<size>')
  const own = host === undefined ? {} : { host }
  const { callback } = encodeCallback({ urls: [url], body, bodyType: FORM_BODY, variables: {}, ...own })
  const headers = { 'x-oss-callback': callback }
  const wire = wireOf(
    { method: 'PUT', bucket: 'examplebucket', key: 'a/b', body: 'hello', headers, signed: 'v4-url' },
    Date.now(),
  )
  return fetch(server.endpoint + wire.target, { method: 'PUT', body: Buffer.from('hello'), headers })
}

test('a callee can tell that the call is from this server', () => {
  const calls: { headers: IncomingMessage['headers']; url: string; body: string }[] = []
  const answer: Answer = (request, response, body) => {
    calls.push({ headers: request.headers, url: request.url ?? '', body })
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"stored":true}')
  }
  return withCallee(answer, (port) =>
    withServer({}, async (server) => {
      for (const name of ['127.0.0.1', 'localhost']) {
        const response = await put(server, `http://${name}:${port}/a%20b/c?d=e%20f`)
        assert.equal(await response.text(), '{"stored":true}')
        assert.equal(response.status, 200)
      }
      await put(server, `127.0.0.1:${port}`, 'app.example.com')
      assert.deepEqual(
        calls.map(({ headers }) => headers.host),
        [`127.0.0.1:${port}`, `localhost:${port}`, 'app.example.com'],
      )
      for (const { headers, url, body } of calls) {
        assert.equal(body, 'key=a%2Fb&size=5')
        assert.equal(headers['content-type'], FORM_BODY)
        assert.equal(headers['x-oss-bucket'], 'examplebucket')
        const keyUrl = Buffer.from(String(headers['x-oss-pub-key-url']), 'base64').toString()
        assert.ok(keyUrl.startsWith(server.endpoint))
        const publicKey = await (await fetch(keyUrl)).text()
        const [path = '', query] = url.split('?')
        const signed = `${decodeURIComponent(path)}${query === undefined ? '' : `?${query}`}\n${body}`
        const verify = (said: string) =>
          createVerify('RSA-MD5')
            .update(said)
            .verify(publicKey, headers.authorization ?? '', 'base64')
        assert.ok(verify(signed))
        assert.ok(!verify(`${signed}x`))
      }
    }),
  )
})

async function failureOf(response: Response): Promise<{ status: number; message: string; detail: string }> {
  const root = parseXml(new Uint8Array(await response.arrayBuffer()))
  assert.equal(text(root, 'Code'), 'CallbackFailed')
  return {
    status: response.status,
    message: text(root, 'Message') ?? '',
    detail: text(root, 'Detail') ?? '',
  }
}

test('only this machine is called, unless more is allowed', () =>
  withServer({}, async (server) => {
    for (const host of [
      'callee.example',
      '192.0.2.1',
      '0.0.0.0',
      '[::ffff:7f00:1]',
      'localhost.callee.example',
    ]) {
      const { status, message, detail } = await failureOf(await put(server, `http://${host}:1/`))
      assert.equal(status, 203)
      assert.match(message, /can not connect to your callbackUrl/)
      assert.match(detail, /may not call/)
    }
  }))

test('an allowed host is called, by its name or as one of all', () => {
  const answer: Answer = (_request, response) => response.end('{}')
  return withCallee(answer, async (port) => {
    // An address of this machine that does not say so by itself.
    for (const allowCallbacksTo of [['0.0.0.0'], ['*']]) {
      await withServer({ allowCallbacksTo }, async (server) => {
        assert.equal((await put(server, `http://0.0.0.0:${port}/`)).status, 200)
      })
    }
  })
})

test('a redirection is not followed, and what does not answer is given up', async () => {
  const answer: Answer = (_request, response) => {
    response.writeHead(301, { location: '/elsewhere' })
    response.end()
  }
  await withCallee(answer, (port) =>
    withServer({}, async (server) => {
      const { message } = await failureOf(await put(server, `http://127.0.0.1:${port}/`))
      assert.equal(message, 'Error status : 301.')
    }),
  )
  await withServer({}, async (server) => {
    const { message } = await failureOf(await put(server, 'http://127.0.0.1:1/'))
    assert.match(message, /can not connect/)
  })
})

const request = (url: string): CallbackRequest => ({
  url,
  contentType: FORM_BODY,
  body: 'b',
  bucket: 'examplebucket',
  requestId: 'R',
})

test('an answer that does not come, or does not end, or is too long is one of failure', async () => {
  const sender = createCallbackSender({ allowedHosts: [], endpoint: () => 'http://x', timeoutMs: 300 })
  const failing = (answer: Answer, reason: string) =>
    withCallee(answer, (port) =>
      assert.rejects(sender.send(request(`http://127.0.0.1:${port}/`)), { name: 'CallbackFailure', reason }),
    )
  await failing(() => {}, 'timed-out')
  await failing((_request, response) => {
    response.writeHead(200, { 'content-length': '10' })
    response.write('{')
  }, 'timed-out')
  const patient = createCallbackSender({ allowedHosts: [], endpoint: () => 'http://x', timeoutMs: 60_000 })
  const tooLong: Answer = (_request, response) => {
    response.on('error', () => {})
    response.end(Buffer.alloc(4 * 1024 * 1024, 0x20))
  }
  await withCallee(tooLong, (port) =>
    assert.rejects(patient.send(request(`http://127.0.0.1:${port}/`)), { reason: 'too-long' }),
  )
  await withCallee(
    () => patient.close(),
    (port) => assert.rejects(patient.send(request(`http://127.0.0.1:${port}/`)), { reason: 'unreachable' }),
  )
  await assert.rejects(patient.send(request('http://127.0.0.1:1/')), { reason: 'unreachable' })
})

test('the control endpoint takes nothing from a callback', () =>
  withServer({ control: true }, async (server) => {
    const { message } = await failureOf(await put(server, `${server.endpoint}/_longhaul/faults`))
    assert.equal(message, 'Error status : 403.')
  }))
