/** Uploads through a proxy: the object is right whatever the proxy does, and each failure says what to do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Bucket, listBuckets, statBucket, UploadError } from '../../src/index.js'
import { testCertificate } from '../transport/certificate.js'
import { startProxy } from '../transport/loopback-proxy.js'
import { secureFront } from '../transport/secure-front.js'
import { bytesFrom, createWorld, KiB } from './world.js'

for (const kind of ['https', 'http'] as const) {
  test(`${kind} through a proxy that cuts the line in the middle of a part: the object is right`, async (t) => {
    const world = await createWorld(t, { baseNames: ['oss.example'] })
    const isSecure = kind === 'https'
    const proxy = await startProxy(t, {
      userPassword: 'me:hidden',
      ...(isSecure ? {} : { leadsTo: world.server.port }),
    })
    const bucket = world.bucketWith({
      endpoint: isSecure ? await secureFront(t, world.server.port) : 'http://oss.example',
      region: world.server.region,
      proxy: proxy.url.replace('//', '//me:hidden@'),
      ca: testCertificate,
    })
    const bytes = bytesFrom(11, 700 * KiB + 7)
    proxy.cutAfter(300 * KiB)
    const uploading = world.upload('a', await world.file(bytes), { bucket, numThreads: 3 })
    const { parts } = await uploading
    assert.equal(parts.sent, 8)
    assert.equal(proxy.cuts(), 1)
    assert.deepEqual(await world.objectBytes('a'), bytes)
    const way = isSecure
      ? /^CONNECT localhost:/
      : /^(?:HEAD|GET|PUT|POST) http:\/\/examplebucket\.oss\.example\//
    assert.ok(proxy.asked.length > 0)
    for (const asked of proxy.asked) assert.match(asked, way)
  })
}

test('a proxy that wants another password ends the upload at once, as denied, and no password shows', async (t) => {
  const world = await createWorld(t)
  const proxy = await startProxy(t, { userPassword: 'me:hidden' })
  const bucket = world.bucketWith({ proxy: proxy.url.replace('//', '//me:hidden-too@') })
  const uploading = world.upload('a', await world.file(bytesFrom(1, KiB)), { bucket })
  await assert.rejects(uploading, (error) => {
    assert.ok(error instanceof UploadError)
    assert.equal(error.code, 'denied')
    assert.match(error.message, /407.*check the user name and password in the proxy's URL/)
    assert.doesNotMatch(JSON.stringify([error, error.stack, error.cause]), /hidden/)
    return true
  })
})

test('the buckets of a service are listed through its proxy too', async (t) => {
  const { server } = await createWorld(t)
  const proxy = await startProxy(t)
  const { endpoint, accessKeyId, accessKeySecret } = server
  const names: string[] = []
  const service = { endpoint, credentials: { accessKeyId, accessKeySecret }, proxy: proxy.url }
  for await (const page of listBuckets(service)) names.push(...page.map(({ name }) => name))
  assert.deepEqual(names, ['examplebucket'])
  assert.match(proxy.asked[0] ?? '', /^GET http:/)
})

test('a bucket that is printed shows neither key nor proxy', () => {
  const bucket = new Bucket({
    endpoint: 'https://oss-cn-hangzhou.aliyuncs.com',
    name: 'examplebucket',
    credentials: { accessKeyId: 'a', accessKeySecret: 'hidden', securityToken: 'hidden' },
    proxy: 'http://me:hidden@proxy.example',
  })
  const shown = `${inspect(bucket, { depth: 10, showHidden: true })}${JSON.stringify(bucket)}${String(bucket)}`
  assert.match(shown, /examplebucket/)
  assert.doesNotMatch(shown, /hidden|Basic/)
})

test("what can't be a proxy or a certificate is said before anything is sent", () => {
  const options = {
    endpoint: 'https://oss-cn-hangzhou.aliyuncs.com',
    name: 'examplebucket',
    credentials: { accessKeyId: 'a', accessKeySecret: 'b' },
  }
  for (const wrong of [
    { proxy: 'socks5://me:hidden@127.0.0.1' },
    { proxy: 'no proxy' },
    { ca: 'no certificate' },
  ]) {
    assert.throws(
      () => new Bucket({ ...options, ...wrong }),
      (error) =>
        error instanceof UploadError && error.code === 'invalid-argument' && !/hidden/.test(error.message),
    )
  }
})

test('a bucket of the environment goes through the proxy that it names', async (t) => {
  const { server } = await createWorld(t, { baseNames: ['oss.example'] })
  const proxy = await startProxy(t, { leadsTo: server.port })
  process.env['http_proxy'] = proxy.url
  t.after(() => delete process.env['http_proxy'])
  const bucket = Bucket.fromEnvironment('examplebucket', {
    OSS_ENDPOINT: 'http://oss.example',
    OSS_REGION: server.region,
    OSS_ACCESS_KEY_ID: server.accessKeyId,
    OSS_ACCESS_KEY_SECRET: server.accessKeySecret,
  })
  assert.equal((await statBucket(bucket)).name, 'examplebucket')
  assert.match(proxy.asked[0] ?? '', /^GET http:\/\/examplebucket\.oss\.example\//)
})
