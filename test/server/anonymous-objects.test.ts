/** Whoever does not sign gets no further by a copy, a link or a list of keys than by asking for each object. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { field, inBoth } from './both.js'
import type { Ask, Reply, World } from './world.js'

const OPEN = 'openbucket'
const CLOSED = 'examplebucket'

const unsigned = (world: World, ask: Ask): Promise<Reply> => world.ask({ ...ask, signed: 'not' })

async function refused(world: World, ask: Ask): Promise<void> {
  const reply = await unsigned(world, ask)
  assert.equal(reply.status, 403, `${ask.method} ${ask.key}: ${reply.text}`)
  if (ask.method !== 'HEAD') assert.equal(field(reply, 'Code'), 'AccessDenied')
}

async function open(world: World): Promise<void> {
  await world.expect(200, { method: 'PUT', bucket: OPEN, headers: { 'x-oss-acl': 'public-read-write' } })
  await world.expect(200, { method: 'PUT', bucket: CLOSED, key: 'secret', body: 'secret' })
  await world.expect(200, {
    method: 'PUT',
    bucket: OPEN,
    key: 'private',
    body: 'private',
    headers: { 'x-oss-object-acl': 'private' },
  })
  await world.expect(200, { method: 'PUT', bucket: OPEN, key: 'k', body: 'hello' })
}

const copyAsk = (bucket: string, source: string): Ask => ({
  method: 'PUT',
  bucket,
  key: 'copy',
  headers: { 'x-oss-copy-source': source },
})

inBoth('a copy needs a source that everybody may read', async (world) => {
  await open(world)
  await refused(world, copyAsk(OPEN, `/${CLOSED}/secret`))
  await refused(world, copyAsk(OPEN, `/${CLOSED}/missing`))
  await refused(world, copyAsk(OPEN, `/${OPEN}/private`))
  await refused(world, copyAsk(CLOSED, `/${OPEN}/k`))
  assert.equal((await unsigned(world, copyAsk(OPEN, `/${OPEN}/k`))).status, 200)
})

inBoth('a link is read by those who may read what it leads to', async (world) => {
  await open(world)
  for (const [key, status] of [
    ['private', 403],
    ['k', 200],
  ] as const) {
    const headers = { 'x-oss-symlink-target': key }
    const made = await unsigned(world, {
      method: 'PUT',
      bucket: OPEN,
      key: 'link',
      query: { symlink: '' },
      headers,
    })
    assert.equal(made.status, 200)
    for (const ask of [
      { method: 'GET' },
      { method: 'HEAD' },
      { method: 'HEAD', query: { objectMeta: '' } },
    ]) {
      assert.equal((await unsigned(world, { ...ask, bucket: OPEN, key: 'link' })).status, status)
    }
  }
})

inBoth('of a list of keys all may be deleted or none is', async (world) => {
  await open(world)
  const ask = (bucket: string, keys: readonly string[]): Ask => {
    const body = `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`
    const md5 = createHash('md5').update(body).digest('base64')
    return { method: 'POST', bucket, query: { delete: '' }, body, headers: { 'content-md5': md5 } }
  }
  await refused(world, ask(CLOSED, ['secret']))
  await refused(world, ask(OPEN, ['k', 'private']))
  await world.expect(200, { method: 'HEAD', bucket: OPEN, key: 'k' })
  assert.equal((await unsigned(world, ask(OPEN, ['k', 'missing']))).status, 200)
  await world.expect(404, { method: 'HEAD', bucket: OPEN, key: 'k' })
})

inBoth('ACLs, tags and appends go by the same rights', async (world) => {
  await open(world)
  for (const query of [{ acl: '' }, { tagging: '' }])
    await refused(world, { method: 'GET', bucket: OPEN, key: 'k', query })
  const append: Ask = {
    method: 'POST',
    bucket: OPEN,
    key: 'log',
    query: { append: '', position: '0' },
    body: 'x',
  }
  await refused(world, { ...append, bucket: CLOSED })
  await refused(world, { ...append, headers: { 'x-oss-object-acl': 'public-read' } })
  assert.equal((await unsigned(world, append)).status, 200)
})
