/** What somebody who does not sign may do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { text } from '../../src/protocol/xml.js'
import { type Ask, codeOf, createWorld, documentOf, initiate, type Reply, type World } from './world.js'

const bucket = 'examplebucket'

function say(reply: Reply): unknown[] {
  const root = documentOf(reply)
  return [reply.status, text(root, 'Code'), text(root, 'Message'), reply.headers['x-oss-ec']]
}

const NOT_BY_BUCKET = [
  403,
  'AccessDenied',
  'You have no right to access this object because of bucket acl.',
  '0003-00000001',
]

async function worldWith(acl: string): Promise<World> {
  const world = await createWorld()
  await world.expect(200, { method: 'PUT', bucket, key: 'k', body: 'x' })
  await world.expect(200, { method: 'PUT', bucket, query: { acl: '' }, headers: { 'x-oss-acl': acl } })
  return world
}

const unsigned = (world: World, ask: Omit<Ask, 'signed'>) => world.ask({ ...ask, signed: 'not' })

const status = async (world: World, ask: Omit<Ask, 'signed'>) => (await unsigned(world, ask)).status

test('a private bucket shows nothing to who does not sign, not even which objects it has', async () => {
  const world = await worldWith('private')
  for (const key of ['k', 'absent']) {
    assert.deepEqual(say(await unsigned(world, { method: 'GET', bucket, key })), NOT_BY_BUCKET)
    assert.deepEqual(say(await unsigned(world, { method: 'PUT', bucket, key, body: 'y' })), NOT_BY_BUCKET)
    const head = await unsigned(world, { method: 'HEAD', bucket, key })
    assert.deepEqual([head.status, head.headers['x-oss-ec']], [403, '0003-00000001'])
  }
  const list = await unsigned(world, { method: 'GET', bucket })
  const message = 'The bucket you access does not belong to you.'
  assert.deepEqual(say(list), [403, 'AccessDenied', message, '0003-00000001'])
  const nowhere = await unsigned(world, { method: 'GET', bucket: 'no-such-bucket', key: 'k' })
  assert.deepEqual([nowhere.status, codeOf(nowhere)], [404, 'NoSuchBucket'])
})

test('public-read lets anybody read and list, public-read-write also write and delete', async () => {
  const world = await worldWith('public-read')
  assert.equal((await unsigned(world, { method: 'GET', bucket, key: 'k' })).text, 'x')
  assert.equal(await status(world, { method: 'HEAD', bucket, key: 'k' }), 200)
  assert.equal(await status(world, { method: 'HEAD', bucket, key: 'k', query: { objectMeta: '' } }), 200)
  assert.equal(await status(world, { method: 'GET', bucket, key: 'absent' }), 404)
  assert.equal(await status(world, { method: 'GET', bucket }), 200)
  assert.equal(await status(world, { method: 'GET', bucket, query: { 'list-type': '2' } }), 200)
  for (const [method, key] of [
    ['PUT', 'k'],
    ['PUT', 'new'],
    ['DELETE', 'k'],
  ] as const) {
    assert.deepEqual(say(await unsigned(world, { method, bucket, key, body: 'y' })), NOT_BY_BUCKET)
  }

  const open = await worldWith('public-read-write')
  assert.equal(await status(open, { method: 'PUT', bucket, key: 'new', body: 'y' }), 200)
  assert.equal((await unsigned(open, { method: 'GET', bucket, key: 'new' })).text, 'y')
  assert.equal(await status(open, { method: 'DELETE', bucket, key: 'new' }), 204)
  assert.equal(await status(open, { method: 'POST', bucket, key: 'big', query: { uploads: '' } }), 200)
})

test("an object's own ACL counts before its bucket's", async () => {
  for (const acl of ['private', 'public-read', 'public-read-write']) {
    const world = await worldWith(acl)
    const may: Record<string, [read: boolean, write: boolean]> = {
      default: [acl !== 'private', acl === 'public-read-write'],
      private: [false, false],
      'public-read': [true, false],
      'public-read-write': [true, true],
    }
    for (const [own, [read, write]] of Object.entries(may)) {
      const headers = { 'x-oss-object-acl': own }
      await world.expect(200, { method: 'PUT', bucket, key: own, headers, body: 'x' })
      const got = await unsigned(world, { method: 'GET', bucket, key: own })
      const put = await unsigned(world, { method: 'PUT', bucket, key: own, body: 'x' })
      assert.deepEqual([got.status, put.status], [read ? 200 : 403, write ? 200 : 403], `${own} in ${acl}`)
      if (own === 'default') continue
      const denied = (right: string) => `You do not have ${right} permission on this object.`
      if (!read) assert.equal(text(documentOf(got), 'Message'), denied('read'))
      if (!write) assert.equal(text(documentOf(put), 'Message'), denied('write'))
    }
  }
})

test('no ACL lets anybody manage buckets, set ACLs, or override headers', async () => {
  const world = await worldWith('public-read-write')
  const uploadId = await initiate(world, 'k')
  const forbidden = 'Anonymous access is forbidden for this operation.'
  const asks: Omit<Ask, 'signed'>[] = [
    { method: 'GET' },
    { method: 'PUT', bucket: 'another-bucket' },
    { method: 'DELETE', bucket },
    { method: 'GET', bucket, query: { bucketInfo: '' } },
    { method: 'GET', bucket, query: { acl: '' } },
    { method: 'PUT', bucket, query: { acl: '' }, headers: { 'x-oss-acl': 'private' } },
    { method: 'GET', bucket, query: { uploads: '' } },
    { method: 'GET', bucket, query: { cors: '' } },
    { method: 'GET', bucket, query: { nonsense: '', versions: '' } },
  ]
  for (const ask of asks) {
    const reply = await unsigned(world, ask)
    assert.deepEqual(say(reply).slice(0, 3), [403, 'AccessDenied', forbidden], JSON.stringify(ask))
  }
  const query = { 'response-content-type': 'text/html' }
  const override = await unsigned(world, { method: 'GET', bucket, key: 'k', query })
  assert.deepEqual([override.status, codeOf(override)], [400, 'InvalidRequest'])
  const headers = { 'x-oss-object-acl': 'public-read' }
  const put = await unsigned(world, { method: 'PUT', bucket, key: 'k', headers, body: 'x' })
  const message = 'You do not have write acl permission on this object.'
  assert.deepEqual(say(put), [403, 'AccessDenied', message, '0003-00000008'])
  assert.equal(await status(world, { method: 'DELETE', bucket, key: 'k', query: { uploadId } }), 204)
})

test('where public access is blocked, public ACLs count for nothing and no new ones are set', async () => {
  const world = await worldWith('public-read-write')
  const query = { publicAccessBlock: '' }
  const told = async () =>
    text(documentOf(await world.expect(200, { method: 'GET', bucket, query })), 'BlockPublicAccess')
  const block = (value: string) =>
    world.ask({
      method: 'PUT',
      bucket,
      query,
      body: `<PublicAccessBlockConfiguration><BlockPublicAccess>${value}</BlockPublicAccess></PublicAccessBlockConfiguration>`,
    })
  assert.equal(await told(), 'false')
  assert.equal((await block('perhaps')).status, 400)
  // As oss2 writes it.
  assert.equal((await block('True')).status, 200)
  assert.equal(await told(), 'true')
  assert.equal((await block('False')).status, 200)
  assert.equal(await told(), 'false')
  const headers = { 'x-oss-object-acl': 'public-read' }
  await world.expect(200, { method: 'PUT', bucket, key: 'public', headers, body: 'x' })
  assert.equal((await block('perhaps')).status, 400)
  assert.equal((await block('true')).status, 200)
  assert.equal(await told(), 'true')
  for (const key of ['k', 'public']) {
    assert.deepEqual(say(await unsigned(world, { method: 'GET', bucket, key })), NOT_BY_BUCKET)
  }
  assert.equal(await status(world, { method: 'PUT', bucket, key: 'k', body: 'y' }), 403)
  assert.equal(await status(world, { method: 'GET', bucket }), 403)
  for (const asked of [{ acl: '' }, {}]) {
    const set = await world.ask({
      method: 'PUT',
      bucket,
      query: asked,
      headers: { 'x-oss-acl': 'public-read' },
    })
    assert.deepEqual(say(set).slice(0, 3), [403, 'AccessDenied', 'Put public bucket acl is not allowed'])
  }
  await world.expect(200, { method: 'PUT', bucket, query: { acl: '' }, headers: { 'x-oss-acl': 'private' } })
  await world.expect(204, { method: 'DELETE', bucket, query })
  assert.equal(await told(), 'false')
  assert.equal(await status(world, { method: 'GET', bucket, key: 'public' }), 200)
})
