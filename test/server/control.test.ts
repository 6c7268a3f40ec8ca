/** What is served unsigned beside OSS: only when asked for, only to whom it is meant for, and nothing that names anybody. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { withControl } from '../../src/server/control.js'
import { createFaults, createServer, type Server, type ServerOptions } from '../../src/server/index.js'
import { createMetrics, withMetrics } from '../../src/server/metrics.js'
import { createRequestLog } from '../../src/server/request-log.js'
import { type Exposition, readExposition } from './exposition.js'
import { chunksOf, createWorld, replyOf, wireOf } from './world.js'

async function withServer(options: ServerOptions, work: (server: Server) => Promise<void>): Promise<void> {
  const server = await createServer({ buckets: ['examplebucket'], onFailure() {}, ...options })
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

/** With a Host of one's own, which `fetch` does not allow. */
function statusOf(server: Server, path: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: server.host, port: server.port, path, headers: { host } }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode ?? 0))
    })
    asked.on('error', reject)
    asked.end()
  })
}

test('without being asked for there is neither control nor metrics', () =>
  withServer({}, async ({ endpoint }) => {
    for (const path of ['faults', 'requests', 'metrics']) {
      const answer = await fetch(`${endpoint}/_longhaul/${path}`)
      assert.equal(answer.status, 400)
      assert.match(await answer.text(), /<Code>InvalidBucketName<\/Code>/)
    }
  }))

test('each of the two is there alone when asked for alone', async () => {
  await withServer({ control: true }, async ({ endpoint }) => {
    assert.equal((await fetch(`${endpoint}/_longhaul/requests`)).status, 200)
    assert.equal((await fetch(`${endpoint}/_longhaul/metrics`)).status, 404)
  })
  await withServer({ metrics: true }, async ({ endpoint }) => {
    assert.equal((await fetch(`${endpoint}/_longhaul/requests`)).status, 400)
    assert.equal((await fetch(`${endpoint}/_longhaul/metrics`)).status, 200)
  })
})

test('control is for programs of this machine, by a name that is its own', async () => {
  const handler = withControl(async () => ({ status: 204, headers: {}, body: new Uint8Array() }), {
    faults: createFaults(),
    log: createRequestLog(10),
  })
  const ask = async (peer: string | undefined, host: string): Promise<number> => {
    const target = '/_longhaul/requests'
    const body = chunksOf(new Uint8Array())
    return (await handler({ method: 'GET', target, headers: { host }, body, ...(peer ? { peer } : {}) }))
      .status
  }
  for (const peer of [undefined, '127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1']) {
    for (const host of ['127.0.0.1:9500', 'localhost', '[::1]:9500', '192.0.2.7']) {
      assert.equal(await ask(peer, host), 200, `${peer} ${host}`)
    }
    // A page of that site, whose name leads here.
    for (const host of ['example.test', '127.0.0.1.example.test:9500', '']) {
      assert.equal(await ask(peer, host), 403, `${peer} ${host}`)
    }
  }
  for (const peer of ['192.0.2.7', '::ffff:192.0.2.7', 'fe80::1', '::2']) {
    assert.equal(await ask(peer, '127.0.0.1'), 403, peer)
  }
  await withServer({ control: true }, async (server) => {
    assert.equal(await statusOf(server, '/_longhaul/requests', 'localhost'), 200)
    assert.equal(await statusOf(server, '/_longhaul/requests', 'rebound.example.test'), 403)
  })
})

test('metrics are an exposition that Prometheus reads, and count what was asked', () =>
  withServer(
    { metrics: true, faults: [{ effect: 'delay', ms: 20, operation: 'PutObject' }] },
    async (server) => {
      const { endpoint, accessKeyId, accessKeySecret } = server
      const { signV1 } = await import('../../src/protocol/signing.js')
      const { formatHttpDate } = await import('../../src/protocol/dates.js')
      const ask = async (method: string, key: string, body?: string): Promise<void> => {
        const credentials = { accessKeyId, accessKeySecret }
        const headers = { date: formatHttpDate(Date.now()), 'content-type': 'text/plain' }
        const bucket = 'examplebucket'
        const { authorization } = signV1({ method, bucket, key, query: {}, headers, credentials })
        const answer = await fetch(`${endpoint}/${bucket}/${key}`, {
          method,
          headers: { ...headers, authorization },
          ...(body === undefined ? {} : { body }),
        })
        await answer.arrayBuffer()
      }
      await ask('PUT', 'private-name', 'hello')
      await ask('GET', 'private-name')
      await ask('GET', 'absent')
      await fetch(`${endpoint}/examplebucket/private-name`, {
        headers: { authorization: 'OSS nobody:nothing' },
      })
      const answer = await fetch(`${endpoint}/_longhaul/metrics`)
      assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
      const text = await answer.text()
      const metrics = readExposition(text)
      const value = (name: string, labels: Record<string, string> = {}) => figureOf(metrics, name, labels)
      assert.equal(value('longhaul_requests_total', { operation: 'PutObject', status: '200' }), 1)
      assert.equal(value('longhaul_requests_total', { operation: 'GetObject', status: '200' }), 1)
      assert.equal(value('longhaul_requests_total', { operation: 'GetObject', status: '404' }), 1)
      assert.equal(value('longhaul_requests_total', { operation: 'none', status: '403' }), 1)
      assert.equal(value('longhaul_request_body_bytes_total', { operation: 'PutObject' }), 5)
      assert.ok((value('longhaul_response_body_bytes_total', { operation: 'GetObject' }) ?? 0) > 5)
      assert.equal(value('longhaul_request_duration_seconds_count', { operation: 'GetObject' }), 2)
      assert.ok((value('longhaul_request_duration_seconds_sum', { operation: 'PutObject' }) ?? 0) >= 0.015)
      assert.equal(
        value('longhaul_request_duration_seconds_bucket', { operation: 'PutObject', le: '0.005' }),
        0,
      )
      assert.equal(value('longhaul_faults_total', { effect: 'delay' }), 1)
      assert.ok((value('longhaul_open_connections') ?? 0) >= 1)
      assert.ok(Math.abs((value('longhaul_start_time_seconds') ?? 0) - Date.now() / 1000) < 600)
      for (const name of ['private-name', 'examplebucket', accessKeyId]) assert.ok(!text.includes(name), name)
      // What is asked here is no request to OSS.
      assert.equal(server.requests.entries().length, 4)
    },
  ))

function figureOf(metrics: Exposition, name: string, labels: Record<string, string>): number | undefined {
  const fits = metrics.samples.filter(
    (sample) =>
      sample.name === name &&
      Object.keys(sample.labels).length === Object.keys(labels).length &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )
  assert.ok(fits.length < 2, `${name} once`)
  return fits[0]?.value
}

test('values in labels are escaped, and an exposition that is wrong is noticed', async () => {
  const metrics = createMetrics({ started: 0, connections: async () => 3 })
  const entry = {
    sequence: 1,
    time: 0,
    method: 'GET',
    requestId: 'r',
    bytesIn: 0,
    bytesOut: 0,
    durationMs: 7,
  }
  metrics.add({ ...entry, operation: 'a"b\\c\nd', faults: ['drop'] })
  metrics.synced('content', 2)
  const read = readExposition(await metrics.text())
  assert.equal(figureOf(read, 'longhaul_requests_total', { operation: 'a"b\\c\nd', status: 'dropped' }), 1)
  assert.equal(figureOf(read, 'longhaul_sync_duration_seconds_bucket', { kind: 'content', le: '0.005' }), 1)
  assert.equal(figureOf(read, 'longhaul_open_connections', {}), 3)
  for (const wrong of [
    'a 1',
    'a 1\n',
    '# TYPE a counter\na{b=c} 1\n',
    '# TYPE a counter\na{b="c"} x\n',
    '# TYPE a counter\na 1\na 1\n',
    '# TYPE a counter\na 1\n# TYPE b counter\nb 1\n# TYPE a counter\na{c="d"} 1\n',
    '# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
    '# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n',
    '# TYPE a histogram\na_bucket{le="+Inf"} 1\na_sum 1\na_count 2\n',
  ]) {
    assert.throws(() => readExposition(wrong), assert.AssertionError, wrong)
  }
})

test('any other request goes on to OSS, one that only begins like the metrics too', async () => {
  const world = await createWorld()
  const handler = withMetrics(world.handler, createMetrics({ started: 0, connections: async () => 0 }))
  for (const [method, target] of [
    ['GET', '/_longhaul/metricsx'],
    ['POST', '/_longhaul/metrics'],
  ] as const) {
    const answer = await handler({
      method,
      target,
      headers: { host: '127.0.0.1' },
      body: chunksOf(new Uint8Array()),
    })
    assert.equal((await replyOf(answer)).status, 400)
  }
})

test('syncs are measured where there are any', async (t) => {
  const { mkdtemp, rm } = await import('node:fs/promises')
  const { join } = await import('node:path')
  const { tmpdir } = await import('node:os')
  const dataDir = await mkdtemp(join(tmpdir(), 'longhaul-metrics-'))
  t.after(() => rm(dataDir, { recursive: true, force: true }))
  await withServer({ metrics: true, dataDir }, async (server) => {
    const { putObjects } = await import('../library/put-objects.js')
    await putObjects({ server }, ['k'])
    const metrics = readExposition(await (await fetch(`${server.endpoint}/_longhaul/metrics`)).text())
    const count = (kind: string) => figureOf(metrics, 'longhaul_sync_duration_seconds_count', { kind }) ?? 0
    assert.equal(count('content'), 1)
    assert.ok(count('folder') >= 1 && count('metadata') >= 1)
  })
})

test('no log entry holds a signature, a secret or a token, however a request was signed or mangled', async () => {
  const world = await createWorld()
  const target = { bucket: 'examplebucket', key: 'k' }
  for (const signed of ['v1', 'v4', 'v1-url', 'v4-url'] as const) {
    const asked = { method: 'GET', ...target, signed }
    await world.expect(404, asked)
    const { target: line, headers } = wireOf(asked, world.clock.time)
    const carried = `${headers['authorization'] ?? ''}&${line}`.split(/[:,?&= ]/)
    const secrets = carried.filter((text) => text.length > 20 && !text.startsWith('test-id'))
    assert.ok(secrets.length > 0, signed)
    for (const mangled of [
      line,
      line.replace('%', '%%'),
      `${line}&x=%zz`,
      line.replace('examplebucket', 'E'),
    ]) {
      await world.handler({ method: 'GET', target: mangled, headers, body: chunksOf(new Uint8Array()) })
    }
    const log = JSON.stringify(world.log)
    for (const secret of secrets) assert.ok(!log.includes(secret), `${signed}: ${secret}`)
  }
})
