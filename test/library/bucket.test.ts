/** The first parameter: a bucket as an object or as a name, and what is said when it is the wrong one. */
import assert from 'node:assert/strict'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { crc64, crc64ToDecimal } from '../../src/checksum/index.js'
import { Bucket, type BucketOptions, resumableUpload } from '../../src/index.js'
import { bytesFrom, createWorld, failure, PART } from './world.js'

test('a file becomes an object, and the result tells all there is to know of it', async (t) => {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 2 * PART + 1)
  const result = await world.upload('exampledir/object.dat', await world.file(bytes))
  const { requestId, uploadId, etag, ...rest } = result
  assert.deepEqual(rest, {
    bucket: 'examplebucket',
    key: 'exampledir/object.dat',
    size: bytes.length,
    crc64: crc64ToDecimal(crc64(bytes)),
    integrity: 'crc64',
    resumed: false,
    parts: { kept: 0, sent: 3 },
    bytes: { kept: 0, sent: bytes.length },
  })
  assert.match(etag, /^[0-9A-F]{32}-3$/)
  const [complete] = world.asked('CompleteMultipartUpload')
  assert.equal(requestId, complete?.requestId)
  assert.equal(uploadId, complete?.uploadId)
  assert.deepEqual(await world.objectBytes('exampledir/object.dat'), bytes)
})

test('an object by one PutObject has no upload id', async (t) => {
  const world = await createWorld(t)
  const result = await world.upload('k', await world.file(bytesFrom(1, 10)), { multipartThreshold: 11 })
  assert.equal('uploadId' in result, false)
  assert.deepEqual(
    [result.parts, result.bytes],
    [
      { kept: 0, sent: 1 },
      { kept: 0, sent: 10 },
    ],
  )
  assert.equal(result.crc64, crc64ToDecimal(crc64(bytesFrom(1, 10))))
})

/** Sets variables of this process until the test ends. */
function setEnvironment(t: TestContext, variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name]
    t.after(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

test("a bucket's name alone takes the rest from the environment, a security token included", async (t) => {
  const credentials = { accessKeyId: 'STS.id', accessKeySecret: 'secret', securityToken: 'token' }
  const world = await createWorld(t, { credentials, region: 'eu-central-1' })
  const variables = {
    OSS_ENDPOINT: world.server.endpoint,
    OSS_REGION: 'eu-central-1',
    OSS_ACCESS_KEY_ID: credentials.accessKeyId,
    OSS_ACCESS_KEY_SECRET: credentials.accessKeySecret,
    OSS_SESSION_TOKEN: credentials.securityToken,
  }
  setEnvironment(t, variables)
  const filename = await world.file(bytesFrom(1, 10))
  const result = await resumableUpload('examplebucket', 'k', filename, { store: world.store })
  assert.equal(result.size, 10)

  for (const name of ['OSS_ACCESS_KEY_ID', 'OSS_ACCESS_KEY_SECRET', 'OSS_ENDPOINT'] as const) {
    setEnvironment(t, { ...variables, OSS_REGION: undefined, [name]: undefined })
    const work = resumableUpload('examplebucket', 'k', filename, { store: world.store })
    await failure(work, 'invalid-argument', new RegExp(name))
  }
  assert.equal(world.asked('PutObject').length, 1)
})

test('a wrong secret and an unknown key are denied after one try, with the trace of the request', async (t) => {
  const world = await createWorld(t)
  const { accessKeyId, accessKeySecret } = world.server
  const filename = await world.file(bytesFrom(1, PART))
  const cases = [
    { credentials: { accessKeyId, accessKeySecret: 'wrong' }, message: /secret/ },
    { credentials: { accessKeyId: 'unknown', accessKeySecret }, message: /access key id/i },
  ]
  for (const [index, { credentials, message }] of cases.entries()) {
    for (const multipartThreshold of [0, PART + 1]) {
      world.server.requests.clear()
      const bucket = world.bucketWith({ credentials })
      const error = await failure(
        world.upload(`k${index}`, filename, { bucket, multipartThreshold }),
        'denied',
        message,
      )
      assert.deepEqual([error.status, error.retryable], [403, false])
      assert.match(error.requestId ?? '', /^[0-9A-F]{24}$/)
      assert.doesNotMatch(error.message, new RegExp(`wrong|${accessKeySecret}`))
      const posts = world.server.requests.entries().filter(({ method }) => method !== 'HEAD')
      assert.equal(posts.length, 1, 'nothing is tried twice')
    }
  }
})

test('a wrong region, an absent bucket: the message names what to change', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, PART))
  const region = world.bucketWith({ region: 'cn-beijing' })
  await failure(world.upload('k', filename, { bucket: region }), 'invalid-argument', /region cn-beijing/)
  const absent = world.bucketWith({ name: 'nosuchbucket' })
  const error = await failure(world.upload('k', filename, { bucket: absent }), 'not-found', /nosuchbucket/)
  assert.deepEqual([error.status, error.retryable], [404, false])
})

/** Anything that speaks HTTP, and is no OSS. */
async function stranger(t: TestContext, listener: http.RequestListener): Promise<string> {
  const server = http.createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise((resolve) => server.close(resolve)))
  t.after(() => server.closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('an endpoint that is no OSS is called that, whatever it answers', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, PART))
  for (const status of [200, 204, 302, 403, 404]) {
    const endpoint = await stranger(t, (request, response) => {
      request.resume()
      response.writeHead(status, { 'content-type': 'text/html', location: 'http://127.0.0.1:9/' })
      response.end(status === 204 ? undefined : '<html>welcome</html>')
    })
    for (const multipartThreshold of [0, PART + 1]) {
      const work = world.upload('k', filename, { bucket: world.bucketWith({ endpoint }), multipartThreshold })
      await failure(work, 'invalid-argument', /does not look like an OSS endpoint/)
    }
  }
})

test('nobody at the endpoint: interrupted, and the same call may go on', async (t) => {
  const world = await createWorld(t)
  const endpoint = await stranger(t, (request) => request.socket.destroy())
  const retry = { noProgressForMs: 0 }
  const filename = await world.file(bytesFrom(1, PART))
  for (const nobody of [endpoint, 'http://127.0.0.1:1']) {
    const bucket = world.bucketWith({ endpoint: nobody })
    const error = await failure(world.upload('k', filename, { bucket, retry }), 'interrupted', /again/)
    assert.equal(error.retryable, true)
  }
})

test('what is wrong with a bucket is said at once', () => {
  const good: BucketOptions = {
    endpoint: 'http://127.0.0.1:9500',
    name: 'examplebucket',
    credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
  }
  assert.equal(new Bucket(good).region, 'cn-hangzhou')
  assert.equal(
    new Bucket({ ...good, endpoint: 'https://oss-eu-central-1.aliyuncs.com' }).region,
    'eu-central-1',
  )
  const wrong: Partial<BucketOptions>[] = [
    { endpoint: 'not a url' },
    { endpoint: 'ftp://127.0.0.1' },
    { endpoint: 'http://127.0.0.1:9500/examplebucket' },
    { endpoint: 'https://storage.example' },
    { endpoint: 'https://oss-cn-hangzhou.aliyuncs.com', region: 'cn-beijing' },
    { name: 'Example' },
    { name: 'ab' },
    { name: 'example-' },
    { region: 'no region' },
    { credentials: { accessKeyId: '', accessKeySecret: 'secret' } },
    { credentials: { accessKeyId: 'id', accessKeySecret: 'secret\n' } },
  ]
  for (const each of wrong) {
    assert.throws(() => new Bucket({ ...good, ...each }), { code: 'invalid-argument' }, JSON.stringify(each))
  }
})

test('a file that is not there, a folder, an empty name', async (t) => {
  const world = await createWorld(t)
  await failure(world.upload('k', `${world.folder}/absent`), 'source-missing', /absent/)
  await failure(world.upload('k', world.folder), 'source-missing', /folder/)
  await failure(world.upload('k', ''), 'invalid-argument', /file/)
  assert.equal(world.server.requests.entries().length, 0)
  assert.deepEqual(world.stored(), [])
})
