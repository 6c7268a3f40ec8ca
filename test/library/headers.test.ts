/**
 * `headers`: each goes on the requests where the service wants it and on no other, seen on the wire. What the embedded
 * server does not do (callbacks, encryption, limits per request) a proxy takes out after having seen it.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { useBucket } from '../../src/index.js'
import { createRecorder, type Kind, type Recorder } from './recorder.js'
import { bytesFrom, createWorld, failure, PART, type World } from './world.js'

const customerKey = Buffer.alloc(32, 7)

/** What a caller gives, and the requests that have to carry it. */
const wanted: readonly (readonly [name: string, value: string, kinds: readonly Kind[]])[] = [
  ['content-type', 'text/x-odd', ['put', 'initiate']],
  ['cache-control', 'no-cache', ['put', 'initiate']],
  ['content-disposition', 'attachment; filename="a b.txt"', ['put', 'initiate']],
  ['content-encoding', 'identity', ['put', 'initiate']],
  ['expires', 'Fri, 28 Feb 2031 05:38:42 GMT', ['put', 'initiate']],
  ['x-oss-meta-word', 'naïve 中', ['put', 'initiate']],
  ['x-oss-meta-empty', '', ['put', 'initiate']],
  ['x-oss-storage-class', 'IA', ['put', 'initiate']],
  ['x-oss-object-acl', 'private', ['put', 'initiate', 'complete']],
  ['x-oss-tagging', 'a=1&b=2', ['put', 'initiate']],
  ['x-oss-server-side-encryption', 'AES256', ['put', 'initiate']],
  ['x-oss-forbid-overwrite', 'true', ['put', 'initiate', 'complete']],
  ['x-oss-callback', Buffer.from('{"callbackUrl":"x"}').toString('base64'), ['put', 'complete']],
  ['x-oss-callback-var', Buffer.from('{"x:a":"b"}').toString('base64'), ['put', 'complete']],
  ['x-oss-traffic-limit', '819200000', ['put', 'part']],
  ['x-oss-request-payer', 'requester', ['put', 'initiate', 'part', 'complete', 'list', 'head']],
  ['x-oss-server-side-encryption-customer-algorithm', 'AES256', ['put', 'initiate', 'part', 'head']],
  [
    'x-oss-server-side-encryption-customer-key',
    customerKey.toString('base64'),
    ['put', 'initiate', 'part', 'head'],
  ],
  [
    'x-oss-server-side-encryption-customer-key-md5',
    createHash('md5').update(customerKey).digest('base64'),
    ['put', 'initiate', 'part', 'head'],
  ],
]
const headers = Object.fromEntries(wanted.map(([name, value]) => [name, value]))
const notOfTheServer = /^x-oss-(callback|server-side-encryption-customer)/

async function recorded(t: TestContext, world: World): Promise<Recorder> {
  const recorder = await createRecorder(world.server, { without: notOfTheServer })
  t.after(() => recorder.close())
  return recorder
}

function assertHeadersOf(recorder: Recorder, kind: Kind): void {
  const requests = recorder.of(kind)
  assert.ok(requests.length > 0, `there was no ${kind}`)
  for (const { headers: seen } of requests) {
    for (const [name, value, kinds] of wanted) {
      const text = seen[name] === undefined ? undefined : Buffer.from(seen[name], 'latin1').toString()
      assert.equal(text, kinds.includes(kind) ? value : undefined, `${name} on ${kind}`)
    }
  }
}

test('one PutObject carries them all', async (t) => {
  const world = await createWorld(t)
  const recorder = await recorded(t, world)
  const bucket = world.bucketWith({ endpoint: recorder.endpoint })
  const filename = await world.file(bytesFrom(1, 10))
  await world.upload('k', filename, { bucket, headers, multipartThreshold: 11 })
  assertHeadersOf(recorder, 'put')
  assert.equal(recorder.of('initiate').length, 0)
})

test('a multipart upload, interrupted and resumed, carries each where it belongs', async (t) => {
  const world = await createWorld(t)
  const recorder = await recorded(t, world)
  const bucket = world.bucketWith({ endpoint: recorder.endpoint })
  const filename = await world.file(bytesFrom(1, 3 * PART))
  world.stopAtPart(2)
  await failure(world.upload('k', filename, { bucket, headers }), 'denied')
  await world.upload('k', filename, { bucket, headers })
  for (const kind of ['initiate', 'part', 'list', 'complete', 'head'] as const)
    assertHeadersOf(recorder, kind)
  assert.deepEqual([recorder.of('initiate').length, recorder.of('complete').length], [1, 1])
})

test('without headers no request carries any of them', async (t) => {
  const world = await createWorld(t)
  const recorder = await recorded(t, world)
  const bucket = world.bucketWith({ endpoint: recorder.endpoint })
  await world.upload('k', await world.file(bytesFrom(1, PART)), { bucket })
  assert.ok(recorder.requests.length > 0)
  for (const { headers: seen } of recorder.requests) {
    for (const [name] of wanted) assert.equal(seen[name], undefined, name)
  }
})

for (const multipartThreshold of [0, PART]) {
  test(`what the headers say is stored with the object, threshold ${multipartThreshold}`, async (t) => {
    const world = await createWorld(t)
    const filename = await world.file(bytesFrom(1, 10))
    const given = {
      'Content-Type': ' text/x-odd ',
      'X-OSS-Meta-Word': 'naïve 中',
      'x-oss-storage-class': 'IA',
    }
    await world.upload('k', filename, { headers: given, multipartThreshold })
    const signal = new AbortController().signal
    const head = await useBucket(world.bucket, (client) => client.headObject('k', { signal }))
    assert.equal(head.headers['content-type'], 'text/x-odd')
    assert.equal(Buffer.from(head.headers['x-oss-meta-word'] ?? '', 'latin1').toString(), 'naïve 中')
  })

  test(`forbid-overwrite: the first upload stores, the second meets a conflict, threshold ${multipartThreshold}`, async (t) => {
    const world = await createWorld(t)
    const first = await world.file(bytesFrom(1, 10), 'first')
    const second = await world.file(bytesFrom(2, 10), 'second')
    const options = { headers: { 'x-oss-forbid-overwrite': 'true' }, multipartThreshold }
    await world.upload('k', first, options)
    await failure(world.upload('k', second, options), 'conflict')
    assert.deepEqual(await world.objectBytes('k'), bytesFrom(1, 10))
    await world.upload('k', second, { multipartThreshold, restart: true })
    assert.deepEqual(await world.objectBytes('k'), bytesFrom(2, 10))
    assert.deepEqual(world.stored(), [])
  })
}

test('headers that are no headers of an object are refused before anything is sent', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 10))
  const wrong: readonly Readonly<Record<string, string>>[] = [
    { authorization: 'x' },
    { host: 'example' },
    { 'content-length': '3' },
    { 'content-md5': 'x' },
    { 'x-oss-date': '20260101T000000Z' },
    { 'x-oss-security-token': 'x' },
    { 'x-oss-complete-all': 'yes' },
    { 'x-oss-copy-source': '/b/k' },
    { 'no name': 'x' },
    { 'x-oss-meta-a': 'line\nbreak' },
    { 'x-oss-meta-a': '1', 'X-Oss-Meta-A': '2' },
  ]
  for (const given of wrong) {
    await failure(world.upload('k', filename, { headers: given }), 'invalid-argument', /header/)
  }
  assert.equal(world.server.requests.entries().length, 0)
})

test('a resumed upload has the headers of its beginning: a change is named, the same go on, restart begins anew', async (t) => {
  const world = await createWorld(t)
  const recorder = await recorded(t, world)
  const bucket = world.bucketWith({ endpoint: recorder.endpoint })
  const filename = await world.file(bytesFrom(1, 3 * PART))
  const secret = 'x-oss-server-side-encryption-customer-key'
  const begun = {
    'x-oss-meta-a': '1',
    'content-type': 'text/plain',
    [secret]: customerKey.toString('base64'),
  }
  world.stopAtPart(2)
  await failure(world.upload('k', filename, { bucket, headers: begun }), 'denied')

  const { 'content-type': _, ...fewer } = begun
  for (const [changed, name] of [
    [{ ...begun, 'x-oss-meta-a': '2' }, 'x-oss-meta-a'],
    [fewer, 'content-type'],
    [{ ...begun, 'x-oss-storage-class': 'IA' }, 'x-oss-storage-class'],
    [{ ...begun, [secret]: Buffer.alloc(32, 8).toString('base64') }, secret],
  ] as const) {
    const error = await failure(
      world.upload('k', filename, { bucket, headers: changed }),
      'options-changed',
      new RegExp(`\\b${name}\\b`),
    )
    assert.equal(error.retryable, false)
    assert.doesNotMatch(error.message, new RegExp(Buffer.alloc(32, 8).toString('base64')))
  }
  assert.equal((await world.unfinished()).length, 1, 'nothing was given up')

  // What belongs to single requests may differ from call to call.
  const same = { ...begun, 'X-OSS-Meta-A': '1', 'x-oss-request-payer': 'requester' }
  const { 'x-oss-meta-a': __, ...again } = same
  world.stopAtPart(2)
  await failure(world.upload('k', filename, { bucket, headers: again }), 'denied')

  const other = { 'x-oss-meta-a': '2' }
  const result = await world.upload('k', filename, { bucket, headers: other, restart: true })
  assert.deepEqual([result.resumed, result.parts], [false, { kept: 0, sent: 3 }])
  assert.deepEqual(await world.unfinished(), [])
})
