/** x-oss-traffic-limit holds bodies to its pace, in the server's time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formAsk, signedV1 } from './forms.js'
import { type Ask, bytesFrom, codeOf, createWorld, initiate, START, wireOf } from './world.js'

const bucket = 'examplebucket'
const key = 'k'
const LIMIT = '819200'
/** Two seconds at that limit. */
const body = bytesFrom(1, 204_800)
const limited = { headers: { 'x-oss-traffic-limit': LIMIT } }

test('bodies take the time that the limit gives them, in both directions', async () => {
  const world = await createWorld()
  const uploadId = await initiate(world, key)
  const form = formAsk({ fields: [['key', key], ...signedV1()], content: body })
  const asks: readonly (readonly [number, Ask])[] = [
    [200, { method: 'PUT', bucket, key, body, ...limited }],
    [200, { method: 'PUT', bucket, key, body, query: { 'x-oss-traffic-limit': LIMIT }, signed: 'v4-url' }],
    [200, { method: 'PUT', bucket, key, body, query: { 'x-oss-traffic-limit': LIMIT }, signed: 'v1-url' }],
    [200, { method: 'PUT', bucket, key, body, query: { uploadId, partNumber: '1' }, ...limited }],
    [204, { ...form, headers: { ...form.headers, ...limited.headers } }],
    [200, { method: 'GET', bucket, key, ...limited }],
  ]
  for (const [status, ask] of asks) {
    const before = world.clock.time
    const reply = await world.expect(status, ask)
    const took = world.clock.time - before
    assert.ok(took >= 1999 && took < 2100, `${ask.method} took ${took} ms`)
    const told = Number(reply.headers['x-oss-qos-delay-time'])
    if (ask.method === 'GET') assert.equal(told, 0, 'nothing was waited for when the head was sent')
    else assert.ok(told >= 1999 && told < 2100, `${ask.method} tells ${told} ms`)
    if (ask.method === 'GET') assert.deepEqual(Buffer.from(reply.bytes), Buffer.from(body))
  }
})

test('a limit ten times as high takes a tenth of the time, and none takes none', async () => {
  const world = await createWorld()
  const timeOf = async (headers: Record<string, string>) => {
    const before = world.clock.time
    const reply = await world.expect(200, { method: 'PUT', bucket, key, body, headers })
    assert.equal('x-oss-qos-delay-time' in reply.headers, 'x-oss-traffic-limit' in headers)
    return world.clock.time - before
  }
  const fast = await timeOf({ 'x-oss-traffic-limit': '8192000' })
  assert.ok(fast >= 199 && fast < 210, `${fast} ms`)
  assert.equal(await timeOf({}), 0)
})

test('a limit out of bounds, or said twice, is refused before the body', async () => {
  const world = await createWorld()
  for (const value of ['819199', '838860801', 'abc', '-1', '1e6', '']) {
    const reply = await world.expect(400, {
      method: 'PUT',
      bucket,
      key,
      body,
      headers: { 'x-oss-traffic-limit': value },
    })
    assert.equal(codeOf(reply), 'InvalidArgument')
    assert.equal(reply.headers['x-oss-ec'], '0004-00000502', value)
    assert.equal(world.log.at(-1)?.bytesIn, 0)
  }
  const twice = { method: 'PUT', bucket, key, body, query: { 'x-oss-traffic-limit': LIMIT }, ...limited }
  assert.equal((await world.expect(400, twice)).headers['x-oss-ec'], '0004-00000501')
  await world.expect(404, { method: 'GET', bucket, key, ...limited })
  const elsewhere = { method: 'GET', bucket, headers: { 'x-oss-traffic-limit': 'abc' } }
  await world.expect(200, elsewhere)
})

test('who stops reading early leaves the object alone', async () => {
  const world = await createWorld()
  await world.expect(200, { method: 'PUT', bucket, key, body })
  const { target, headers } = wireOf({ method: 'GET', bucket, key, ...limited }, START)
  const response = await world.handler({ method: 'GET', target, headers, body: none() })
  assert.ok(!(response.body instanceof Uint8Array))
  await response.body[Symbol.asyncIterator]().return?.()
  await world.expect(204, { method: 'DELETE', bucket, key })
})

async function* none(): AsyncGenerator<Uint8Array> {}
