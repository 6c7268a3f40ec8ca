/** Policies of buckets: kept where they change nothing here, refused where they would. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { field, inBoth } from './both.js'
import { type Ask, codeOf, createWorld, type World } from './world.js'

const bucket = 'examplebucket'
const query = { policy: '' }
const get: Ask = { method: 'GET', bucket, query }
const put = (world: World, body: string) => world.ask({ method: 'PUT', bucket, query, body })

const statement = (more: object): object => ({
  Action: ['oss:GetObject'],
  Effect: 'Allow',
  Principal: ['1234567890'],
  Resource: ['acs:oss:*:*:*/*'],
  ...more,
})
const policy = (more: object = {}, version = '1'): string =>
  JSON.stringify({ Version: version, Statement: [statement({}), statement(more)] }, undefined, 2)

inBoth('a policy for other accounts is told to the byte, and gone once deleted', async (world) => {
  const status: Ask = { method: 'GET', bucket, query: { policyStatus: '' } }
  assert.equal(codeOf(await world.expect(404, get)), 'NoSuchBucketPolicy')
  assert.equal(codeOf(await world.expect(404, status)), 'NoSuchBucketPolicy')
  const texts = [
    ` \n${policy()}\t`,
    policy({ Effect: 'Deny' }),
    policy({ Principal: '[1234567890]', Action: 'oss:*' }),
    policy({ Principal: undefined }),
    policy({ Principal: [''], Condition: { StringLike: { 'oss:Prefix': ['中文*'] } } }),
  ]
  for (const text of texts) {
    assert.equal((await put(world, text)).status, 200, text)
    const told = await world.expect(200, get)
    assert.equal(told.text, text)
    assert.equal(told.headers['content-type'], 'application/json')
    assert.equal(field(await world.expect(200, status), 'IsPublic'), 'false')
  }
  await world.expect(403, { method: 'GET', bucket, key: 'k', signed: 'not' })
  for (const _ of [1, 2]) await world.expect(204, { method: 'DELETE', bucket, query })
  await world.expect(404, get)
})

test('what would have to be followed, and what is no policy, is refused and not kept', async () => {
  const world = await createWorld()
  for (const text of [
    policy({ Principal: ['*'] }),
    policy({ Principal: '*' }),
    policy({ Principal: ['1234567890:*'] }),
    policy({ Effect: 'Deny', Principal: ['1000000000000000'] }),
    policy({ Effect: 'Deny', Principal: undefined }),
    policy({ Effect: 'Deny', Principal: [''] }),
    policy({ Principal: undefined, NotPrincipal: ['1234567890'] }),
    policy({ Action: undefined, NotAction: ['oss:GetObject'] }),
  ]) {
    const reply = await put(world, text)
    assert.deepEqual([reply.status, codeOf(reply)], [501, 'NotImplemented'], text)
  }
  for (const text of [
    '',
    'aaa',
    '[]',
    '{}',
    '{"Version":"1","Statement":[]}',
    '{"Version":"1","Statement":[1]}',
    policy({}, '2'),
    policy({ Effect: 'Perhaps' }),
    policy({ Action: undefined }),
    policy({ Resource: [] }),
    policy({ Principal: [1] }),
  ]) {
    const reply = await put(world, text)
    assert.deepEqual([reply.status, codeOf(reply)], [400, 'InvalidPolicyDocument'], text)
  }
  await world.expect(404, get)
  const nowhere = await world.expect(404, { method: 'PUT', bucket: 'no-such', query, body: policy() })
  assert.equal(codeOf(nowhere), 'NoSuchBucket')
})
