/** One object, by every Host that means its bucket; and what a strict server says to the others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { text } from '../../src/protocol/xml.js'
import { createServer } from '../../src/server/index.js'
import {
  type Ask,
  chunksOf,
  codeOf,
  createWorld,
  documentOf,
  type Reply,
  replyOf,
  type World,
  wireOf,
} from './world.js'

const GET: Ask = { method: 'GET', bucket: 'examplebucket', key: 'dir/k' }
const OPTIONS = {
  baseNames: ['oss.test'],
  domains: { 'img.example.test': 'examplebucket', 'no.example.test': 'absent' },
}

/** Signed for the bucket and key, sent to a Host, with a path. */
async function at(world: World, asked: Ask, host: string, path: string): Promise<Reply> {
  const { target, headers } = wireOf({ ...asked, headers: { ...asked.headers, host } }, world.clock.time)
  const query = target.includes('?') ? target.slice(target.indexOf('?')) : ''
  const body = chunksOf(Buffer.from(asked.body ?? ''))
  return replyOf(await world.handler({ method: asked.method, target: path + query, headers, body }))
}

async function worldWithObject(strict = false): Promise<World> {
  const world = await createWorld({ ...OPTIONS, strict })
  const put: Ask = { ...GET, method: 'PUT', body: 'hello' }
  assert.equal(
    (await at(world, { method: 'PUT', bucket: 'examplebucket' }, 'examplebucket.oss.test', '/')).status,
    200,
  )
  assert.equal((await at(world, put, 'examplebucket.oss.test', '/dir/k')).status, 200)
  return world
}

const BY_HOST = [
  'examplebucket.oss.test:9500',
  'ExampleBucket.OSS.test',
  'examplebucket.localhost:9500',
  'img.example.test',
  'IMG.example.test.:80',
  'examplebucket.oss-cn-hangzhou.aliyuncs.com',
  'examplebucket.oss-cn-hangzhou-internal.aliyuncs.com',
]
const BY_PATH = [
  '127.0.0.1:9500',
  '[::1]:9500',
  'localhost',
  'oss.test',
  'other.example',
  '',
  'oss-cn-hangzhou.aliyuncs.com',
]

for (const signed of ['v1', 'v4', 'v1-url', 'v4-url'] as const) {
  test(`every Host finds the object, ${signed}`, async () => {
    const world = await worldWithObject()
    for (const host of BY_HOST) {
      assert.equal((await at(world, { ...GET, signed }, host, '/dir/k')).text, 'hello', host)
    }
    for (const host of BY_PATH) {
      assert.equal((await at(world, { ...GET, signed }, host, '/examplebucket/dir/k')).text, 'hello', host)
    }
  })
}

test('a custom domain serves its bucket alone, and one whose bucket is missing says so', async () => {
  const world = await worldWithObject()
  const info = { method: 'GET', bucket: 'examplebucket', query: { bucketInfo: '' } }
  assert.equal((await at(world, info, 'img.example.test', '/')).status, 200)
  const absent = await at(world, { ...GET, bucket: 'absent' }, 'no.example.test', '/dir/k')
  assert.deepEqual([absent.status, codeOf(absent)], [404, 'NoSuchBucket'])
  assert.equal(text(documentOf(absent), 'BucketName'), 'absent')
  const other = await at(world, { ...GET, bucket: 'absent' }, 'img.example.test', '/dir/k')
  assert.equal(codeOf(other), 'SignatureDoesNotMatch')
})

test('a Host whose bucket is no bucket name is refused as such', async () => {
  const world = await worldWithObject()
  for (const name of ['x.y', 'a_b', '-a-', 'ab']) {
    const reply = await at(world, { ...GET, bucket: name }, `${name}.oss.test`, '/dir/k')
    assert.deepEqual([reply.status, codeOf(reply)], [400, 'InvalidBucketName'], name)
  }
})

test('a strict server wants the bucket in the Host, as the service does', async () => {
  const world = await worldWithObject(true)
  for (const host of BY_HOST) assert.equal((await at(world, GET, host, '/dir/k')).text, 'hello', host)
  for (const host of BY_PATH) {
    const reply = await at(world, GET, host, '/examplebucket/dir/k')
    assert.deepEqual([reply.status, codeOf(reply)], [403, 'SecondLevelDomainForbidden'], host)
  }
  assert.equal((await at(world, { method: 'GET' }, '127.0.0.1:9500', '/')).status, 200)
  assert.equal((await at(world, { method: 'GET' }, '.oss-cn-hangzhou.aliyuncs.com', '/')).status, 200)
})

test('a strict server sends who asks at another region to its own', async () => {
  const world = await worldWithObject(true)
  const reply = await at(world, GET, 'examplebucket.oss-cn-beijing.aliyuncs.com', '/dir/k')
  assert.deepEqual([reply.status, codeOf(reply)], [403, 'AccessDenied'])
  assert.equal(reply.headers['x-oss-ec'], '0003-00001403')
  assert.equal(text(documentOf(reply), 'Endpoint'), 'oss-cn-hangzhou.aliyuncs.com')
  const accelerated = await at(world, GET, 'examplebucket.oss-accelerate.aliyuncs.com', '/dir/k')
  assert.equal(accelerated.text, 'hello')
  const lenient = await worldWithObject()
  assert.equal((await at(lenient, GET, 'examplebucket.oss-cn-beijing.aliyuncs.com', '/dir/k')).text, 'hello')
})

test('a strict server takes no names of metadata that get lost before the service', async () => {
  for (const strict of [false, true]) {
    const world = await worldWithObject(strict)
    const put: Ask = { ...GET, method: 'PUT', body: 'x', headers: { 'x-oss-meta-a_b': 'c' } }
    const reply = await at(world, put, 'examplebucket.oss.test', '/dir/k')
    assert.equal(reply.status, strict ? 400 : 200)
  }
})

test('domains that can not be are refused at the start', async () => {
  for (const domains of [
    { 'img.example.test:80': 'examplebucket' },
    { 'a/b': 'examplebucket' },
    { 'img.example.test': 'No' },
  ]) {
    await assert.rejects(createServer({ domains }), RangeError)
  }
  const server = await createServer({ domains: { 'img.example.test': 'examplebucket' }, strict: true })
  await server.close()
})
