/** The server on a socket: what clients see of it, at its start, at its end, and when they send what nobody wants. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { MAX_XML_SIZE } from '../../src/protocol/xml.js'
import { createServer, DataFolderError, type Server, type ServerOptions } from '../../src/server/index.js'
import { until } from '../support/until.js'
import { type Ask, bytesFrom, codeOf, type Reply, wireOf } from './world.js'

const bucket = 'examplebucket'

async function withServer(
  options: ServerOptions,
  work: (server: Server, agent: Agent) => Promise<void>,
): Promise<void> {
  const server = await createServer({ buckets: [bucket], ...options })
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  try {
    await work(server, agent)
  } finally {
    agent.destroy()
    await server.close()
  }
}

interface Exchange extends Reply {
  readonly continued: boolean
}

function ask(
  server: Server,
  asked: Ask,
  options: { agent?: Agent; expect?: boolean } = {},
): Promise<Exchange> {
  const { target, headers } = wireOf(
    { credentials: { accessKeyId: server.accessKeyId, accessKeySecret: server.accessKeySecret }, ...asked },
    Date.now(),
  )
  const body = Buffer.from(asked.body ?? '')
  if (options.expect) headers['expect'] = '100-continue'
  return new Promise((resolve, reject) => {
    let continued = false
    const request = httpRequest(
      {
        host: server.host,
        port: server.port,
        method: asked.method,
        path: target,
        headers,
        agent: options.agent ?? false,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const said = flat(response.headers)
          resolve({
            status: response.statusCode ?? 0,
            headers: said,
            bytes,
            text: bytes.toString('utf8'),
            continued,
          })
        })
      },
    )
    request.on('error', reject)
    request.on('continue', () => {
      continued = true
      request.end(body)
    })
    if (options.expect) request.flushHeaders()
    else request.end(body)
  })
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

test('a server tells where it is and who may sign, and serves', () =>
  withServer({}, async (server, agent) => {
    assert.equal(server.endpoint, `http://127.0.0.1:${server.port}`)
    assert.equal(server.region, 'cn-hangzhou')
    const body = bytesFrom(1, 3_000_000)
    const put = await ask(server, { method: 'PUT', bucket, key: 'k', body }, { agent })
    assert.equal(put.status, 200)
    assert.equal(put.headers['server'], 'AliyunOSS')
    const got = await ask(server, { method: 'GET', bucket, key: 'k' }, { agent })
    assert.deepEqual(new Uint8Array(got.bytes), body)
    const head = await ask(server, { method: 'HEAD', bucket, key: 'k' }, { agent })
    assert.equal(head.headers['content-length'], '3000000')
    assert.equal((await ask(server, { method: 'DELETE', bucket, key: 'k' }, { agent })).status, 204)
    const absent = await ask(server, { method: 'HEAD', bucket, key: 'k' }, { agent })
    assert.equal(absent.status, 404)
    assert.ok(absent.headers['x-oss-err'])
    assert.equal(server.requests.count('PutObject'), 1)
    assert.deepEqual(
      server.requests.entries().map(({ operation, status }) => `${operation} ${status}`),
      ['PutObject 200', 'GetObject 200', 'HeadObject 200', 'DeleteObject 204', 'HeadObject 404'],
    )
    assert.equal(server.requests.entries()[0]?.bytesIn, 3_000_000)
  }))

test('a header of eight kilobytes of metadata passes', () =>
  withServer({}, async (server) => {
    const headers = { 'x-oss-meta-a': 'x'.repeat(8000) }
    assert.equal((await ask(server, { method: 'PUT', bucket, key: 'k', body: '', headers })).status, 200)
    assert.equal(
      (await ask(server, { method: 'HEAD', bucket, key: 'k' })).headers['x-oss-meta-a']?.length,
      8000,
    )
  }))

test('a client that sends a large body to a refusal reads the refusal', () =>
  withServer({}, async (server) => {
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const body = new Uint8Array(16 * 1024 * 1024)
      const refused = await ask(server, { method: 'PUT', bucket, key: 'k', body, signed: 'not' })
      assert.equal(refused.status, 403)
      assert.equal(codeOf(refused), 'AccessDenied')
      assert.equal(refused.headers['connection'], 'close')
    }
  }))

test('a client reads a refusal that came in the midst of its body', () =>
  withServer({}, async (server) => {
    const initiated = await ask(server, {
      method: 'POST',
      bucket,
      key: 'k',
      query: { uploads: '' },
      body: '',
    })
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(initiated.text)?.[1] ?? ''
    const body = new Uint8Array(MAX_XML_SIZE + 8 * 1024 * 1024)
    const refused = await ask(server, { method: 'POST', bucket, key: 'k', query: { uploadId }, body })
    assert.equal(refused.status, 400)
    assert.equal(codeOf(refused), 'MalformedXML')
  }))

test('a refusal of a small body keeps the connection', () =>
  withServer({}, async (server, agent) => {
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const refused = await ask(
        server,
        { method: 'PUT', bucket, key: 'k', body: 'small', signed: 'not' },
        { agent },
      )
      assert.equal(refused.status, 403)
      assert.notEqual(refused.headers['connection'], 'close')
    }
    assert.equal((await ask(server, { method: 'PUT', bucket, key: 'k', body: 'x' }, { agent })).status, 200)
  }))

test('who asks first is told no before the body is sent, and yes only when let in', () =>
  withServer({}, async (server) => {
    const body = new Uint8Array(100_000)
    const refused = await ask(
      server,
      { method: 'PUT', bucket, key: 'k', body, signed: 'not' },
      { expect: true },
    )
    assert.equal(refused.status, 403)
    assert.equal(refused.continued, false)
    const absent = await ask(server, { method: 'PUT', bucket: 'absent', key: 'k', body }, { expect: true })
    assert.equal(absent.status, 404)
    assert.equal(absent.continued, false)
    const accepted = await ask(server, { method: 'PUT', bucket, key: 'k', body }, { expect: true })
    assert.equal(accepted.status, 200)
    assert.equal(accepted.continued, true)
  }))

test('a client that goes away within its body leaves nothing behind', () =>
  withServer({}, async (server) => {
    const credentials = { accessKeyId: server.accessKeyId, accessKeySecret: server.accessKeySecret }
    const asked: Ask = { method: 'PUT', bucket, key: 'k', body: new Uint8Array(1000), credentials }
    const { target, headers } = wireOf(asked, Date.now())
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    // What the parser made of the end may be logged beside it, and before it.
    const logged = () => server.requests.entries().find(({ operation }) => operation === 'PutObject')
    const isLogged = new Promise<void>((resolve) => {
      const poll = setInterval(() => {
        if (logged() === undefined) return
        clearInterval(poll)
        resolve()
      }, 5)
    })
    const socket = connect(server.port, server.host)
    socket.on('error', () => undefined)
    // Asked for the body, the server has the request: a reset may throw away what nobody has read yet.
    socket.write(`PUT ${target} HTTP/1.1\r\n${lines.join('')}expect: 100-continue\r\n\r\n`)
    socket.once('data', () => socket.write(new Uint8Array(500), () => socket.resetAndDestroy()))
    await isLogged
    assert.equal(logged()?.status, undefined)
    assert.equal((await ask(server, { method: 'GET', bucket, key: 'k' })).status, 404)
  }))

test('a drop is a broken connection', () =>
  withServer({ faults: [{ effect: 'drop', operation: 'PutObject', when: 'after' }] }, async (server) => {
    await assert.rejects(ask(server, { method: 'PUT', bucket, key: 'k', body: 'x' }), { code: 'ECONNRESET' })
    assert.equal((await ask(server, { method: 'GET', bucket, key: 'k' })).text, 'x')
  }))

test('the control paths are there only when asked for', async () => {
  const rule = { effect: 'error', code: 'InternalError', operation: 'GetObject' }
  const headers = { 'content-type': 'application/json' }
  const faults = async (server: Server, method: string, body?: unknown, type = headers) =>
    fetch(`${server.endpoint}/_longhaul/faults`, {
      method,
      headers: type,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  await withServer({}, async (server) => {
    assert.equal((await faults(server, 'POST', rule)).status, 400)
  })
  await withServer({ control: true }, async (server) => {
    assert.equal((await faults(server, 'POST', [rule, rule])).status, 200)
    assert.equal((await faults(server, 'POST', { effect: 'none' })).status, 400)
    assert.equal((await faults(server, 'POST', rule, { 'content-type': 'text/plain' })).status, 415)
    assert.equal((await ask(server, { method: 'GET', bucket, key: 'k' })).status, 500)
    assert.equal((await faults(server, 'DELETE')).status, 200)
    assert.equal((await ask(server, { method: 'GET', bucket, key: 'k' })).status, 404)
    const log = (await (await fetch(`${server.endpoint}/_longhaul/requests`)).json()) as {
      operation: string
    }[]
    assert.deepEqual(
      log.map(({ operation }) => operation),
      ['GetObject', 'GetObject'],
    )
    await fetch(`${server.endpoint}/_longhaul/requests`, { method: 'DELETE' })
    assert.deepEqual(server.requests.entries(), [])
  })
})

test('closing lets a request under way end, and gives the folder back', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'longhaul-listen-'))
  try {
    const faults = [{ effect: 'delay', ms: 300, operation: 'PutObject' }] as const
    let isUnderWay = false
    let goOn = (): void => {}
    const clock = {
      now: () => Date.now(),
      sleep(): Promise<void> {
        isUnderWay = true
        return new Promise((resolve) => {
          goOn = resolve
        })
      },
    }
    const first = await createServer({ dataDir, buckets: [bucket], faults, clock })
    await assert.rejects(createServer({ dataDir }), DataFolderError)
    const { port } = first
    const put = ask(first, { method: 'PUT', bucket, key: 'k', body: 'x' })
    await until('the request is under way', () => isUnderWay)
    const closing = first.close()
    assert.equal(first.close(), closing)
    goOn()
    assert.equal((await put).status, 200)
    await closing
    const second = await createServer({ dataDir, port, buckets: [bucket] })
    assert.equal(second.port, port)
    assert.equal((await ask(second, { method: 'GET', bucket, key: 'k' })).text, 'x')
    await second.close()
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('options that contradict one another are refused', async () => {
  await assert.rejects(createServer({ durability: 'durable' }), RangeError)
  await assert.rejects(createServer({ buckets: ['Not A Bucket'] }), RangeError)
  await assert.rejects(createServer({ credentials: [] }), RangeError)
  const server = await createServer()
  await assert.rejects(createServer({ port: server.port }), { code: 'EADDRINUSE' })
  await server.close()
})
