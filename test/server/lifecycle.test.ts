/** Lifecycle rules: kept, refused, and done. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { child, children, text } from '../../src/protocol/xml.js'
import { createStoppableClock } from '../../src/server/clock.js'
import { createMemoryStorage, createServer } from '../../src/server/index.js'
import { keepLifecycle } from '../../src/server/lifecycle-keeper.js'
import { runLifecycle } from '../../src/server/lifecycle-run.js'
import {
  codeOf,
  createWorld,
  documentOf,
  initiate,
  type Reply,
  START,
  sendPart,
  type World,
} from './world.js'

const bucket = 'examplebucket'
const DAY = 86_400_000

const config = (...rules: string[]): string =>
  `<LifecycleConfiguration>${rules.map((rule) => `<Rule>${rule}</Rule>`).join('')}</LifecycleConfiguration>`

const put = (world: World, body: string, headers: Record<string, string> = {}): Promise<Reply> =>
  world.ask({ method: 'PUT', bucket, query: { lifecycle: '' }, headers, body })

const ON = '<Status>Enabled</Status>'
const EXPIRE = '<Expiration><Days>1</Days></Expiration>'

test('rules are told as they were put, with an id where there was none, and gone once deleted', async () => {
  const world = await createWorld()
  const query = { lifecycle: '' }
  const none = await world.expect(404, { method: 'GET', bucket, query })
  assert.equal(codeOf(none), 'NoSuchLifecycle')
  const full = `<ID>all</ID><Prefix>中文前缀+/</Prefix>${ON}<Tag><Key>k:1</Key><Value>v</Value></Tag>
    <Filter><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><Not><Prefix>中文前缀+/a</Prefix></Not></Filter>
    <Expiration><Days>357</Days></Expiration>
    <Transition><Days>355</Days><StorageClass>IA</StorageClass></Transition>
    <Transition><Days>356</Days><StorageClass>Archive</StorageClass></Transition>
    <NoncurrentVersionExpiration><NoncurrentDays>9</NoncurrentDays></NoncurrentVersionExpiration>`
  const dates = `<Prefix>log/</Prefix><Status>Disabled</Status>
    <Expiration><Date>2100-12-25T00:00:00.000Z</Date></Expiration>
    <AbortMultipartUpload><CreatedBeforeDate>2016-12-20T00:00:00.000Z</CreatedBeforeDate></AbortMultipartUpload>`
  assert.equal((await put(world, config(full, dates))).status, 200)
  const root = documentOf(await world.expect(200, { method: 'GET', bucket, query }))
  const [first, second] = children(root, 'Rule')
  assert.ok(first && second)
  assert.deepEqual(
    ['ID', 'Prefix', 'Status'].map((name) => text(first, name)),
    ['all', '中文前缀+/', 'Enabled'],
  )
  const days = (name: string) => children(first, name).map((each) => text(each, 'Days'))
  assert.deepEqual([days('Expiration'), days('Transition')], [['357'], ['355', '356']])
  assert.match(text(second, 'ID') ?? '', /^[0-9a-f]{32}$/)
  const expiration = child(second, 'Expiration')
  assert.equal(expiration && text(expiration, 'Date'), '2100-12-25T00:00:00.000Z')
  for (const _ of [1, 2]) await world.expect(204, { method: 'DELETE', bucket, query })
  await world.expect(404, { method: 'GET', bucket, query })
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const body = config(`${ON}${EXPIRE}`)
    const asked = { method, bucket: 'no-such', query, ...(method === 'PUT' ? { body } : {}) }
    assert.equal(codeOf(await world.expect(404, asked)), 'NoSuchBucket')
  }
})

const abort = (inner: string): string => `${ON}<AbortMultipartUpload>${inner}</AbortMultipartUpload>`
const move = (age: string, storageClass = 'IA'): string =>
  `<Transition>${age}<StorageClass>${storageClass}</StorageClass></Transition>`
const moveOld = (days: number, storageClass: string): string =>
  `<NoncurrentVersionTransition><NoncurrentDays>${days}</NoncurrentDays><StorageClass>${storageClass}</StorageClass></NoncurrentVersionTransition>`
const BEFORE = '<CreatedBeforeDate>2016-12-20T00:00:00.000Z</CreatedBeforeDate>'

test('rules that mean nothing are refused, with their EC', async () => {
  const world = await createWorld()
  const wrong: [body: string, code: string, ec?: string][] = [
    ['<This is a bad xml></bad as I am>', 'MalformedXML', '0014-00000011'],
    ['<LifecycleConfiguration></LifecycleConfiguration>', 'MalformedXML', '0014-00000013'],
    [config(EXPIRE), 'MalformedXML'],
    [config(`<Status>On</Status>${EXPIRE}`), 'MalformedXML'],
    [config(`${ON}<Prefix>a</Prefix><Prefix>b</Prefix>${EXPIRE}`), 'MalformedXML', '0014-00000010'],
    [config(ON), 'InvalidRequest', '0014-00000026'],
    [config(`${ON}<Expiration></Expiration>`), 'MalformedXML', '0014-00000060'],
    [config(`${ON}<Expiration><Days>1</Days>${BEFORE}</Expiration>`), 'MalformedXML'],
    [config(`${ON}<Expiration><Days>0</Days></Expiration>`), 'InvalidArgument'],
    [config(`${ON}<Expiration><Days>1.5</Days></Expiration>`), 'InvalidArgument'],
    [config(`${ON}<Expiration><Date>2100-12-25T00:00:01.000Z</Date></Expiration>`), 'InvalidArgument'],
    [config(`${ON}<Expiration><Date>2100-12-25</Date></Expiration>`), 'InvalidArgument'],
    [config(abort('<IsAccessTime>false</IsAccessTime><Days>1</Days>')), 'MalformedXML', '0014-00000071'],
    [config(abort('')), 'MalformedXML', '0014-00000073'],
    [config(abort(`<Days>1</Days>${BEFORE}`)), 'MalformedXML', '0014-00000074'],
    [config(`${ON}${EXPIRE}<Later></Later>`), 'MalformedXML', '0014-00000017'],
    [config(`${ON}${EXPIRE}<Tag><Key>test#</Key><Value>a</Value></Tag>`), 'InvalidArgument', '0014-00000031'],
    [config(`${ON}${EXPIRE}<Tag><Key>test</Key><Value>)%</Value></Tag>`), 'InvalidArgument'],
    [config(`${ON}<ID>${'i'.repeat(256)}</ID>${EXPIRE}`), 'InvalidArgument'],
    [
      config(`${ON}<ID>i</ID><Prefix>a</Prefix>${EXPIRE}`, `${ON}<ID>i</ID><Prefix>b</Prefix>${EXPIRE}`),
      'InvalidArgument',
    ],
    [
      config(`${ON}<Expiration>${BEFORE}</Expiration>${move('<Days>356</Days>')}`),
      'InvalidRequest',
      '0014-00000080',
    ],
    [config(`${ON}<Expiration><Days>9</Days></Expiration>${move('<Days>9</Days>')}`), 'InvalidArgument'],
    [config(`${ON}${move('<Days>9</Days>', 'Archive')}${move('<Days>9</Days>')}`), 'InvalidArgument'],
    [config(`${ON}${moveOld(20, 'IA')}${moveOld(12, 'Archive')}`), 'InvalidArgument'],
    [config(`${abort('<Days>1</Days>')}<Tag><Key>k</Key><Value>v</Value></Tag>`), 'InvalidArgument'],
    [config(`${abort('<Days>1</Days>')}<Filter><Not><Prefix>a</Prefix></Not></Filter>`), 'InvalidArgument'],
    [config(`${ON}${move('<Days>9</Days>', 'Standard')}`), 'InvalidArgument'],
    [
      config(`${ON}${move('<Days>9</Days><AllowSmallFile>true</AllowSmallFile>')}`),
      'MalformedXML',
      '0014-00000052',
    ],
    [config(`${ON}${EXPIRE}`, `${ON}<Prefix>a</Prefix>${EXPIRE}`), 'InvalidArgument'],
  ]
  for (const [body, code, ec] of wrong) {
    const reply = await put(world, body)
    assert.deepEqual([reply.status, codeOf(reply)], [400, code], body)
    if (ec !== undefined) assert.equal(reply.headers['x-oss-ec'], ec, body)
  }
  const byAccess = await put(world, config(`${ON}${move('<IsAccessTime>true</IsAccessTime><Days>9</Days>')}`))
  assert.deepEqual([byAccess.status, codeOf(byAccess)], [501, 'NotImplemented'])
  await world.expect(404, { method: 'GET', bucket, query: { lifecycle: '' } })

  const right = [
    config(`${ON}${EXPIRE}`, `${ON}<Prefix>a</Prefix>${abort('<Days>1</Days>').replace(ON, '')}`),
    config(`${ON}${EXPIRE}<Tag><Key>${'k'.repeat(129)}</Key><Value>${'v'.repeat(257)}</Value></Tag>`),
    // Of dates any: older than the one goes, older than the other is moved.
    config(`${ON}<Expiration>${BEFORE}</Expiration>${move(BEFORE.replace('20T', '25T'))}`),
    config(`${ON}${moveOld(12, 'IA')}${moveOld(20, 'Archive')}`),
    config(`${ON}<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>`),
  ]
  for (const body of right) assert.equal((await put(world, body)).status, 200, body)
  const words = text(
    documentOf(
      await put(world, config(`${ON}${move('<Days>9</Days>')}${move('<Days>8</Days>', 'Archive')}`)),
    ),
    'Message',
  )
  const [archive, cool] = ['Archive', 'IA'].map((name) => `Transition action for StorageClass ${name}`)
  assert.equal(words, `Days in the ${archive} must be more than the ${cool}`)
  const overlapping = config(`${ON}${EXPIRE}`, `${ON}<Prefix>a</Prefix>${EXPIRE}`)
  assert.equal((await put(world, overlapping, { 'x-oss-allow-same-action-overlap': 'true' })).status, 200)
  assert.equal(
    text(documentOf(await put(world, overlapping)), 'Message'),
    'Overlap for same action type Expiration',
  )
  const aborts = config(abort('<Days>1</Days>'), `<Prefix>a</Prefix>${abort('<Days>1</Days>')}`)
  assert.equal(
    codeOf(await put(world, aborts, { 'x-oss-allow-same-action-overlap': 'true' })),
    'InvalidArgument',
  )
})

async function keysOf(world: World): Promise<string[]> {
  const root = documentOf(await world.expect(200, { method: 'GET', bucket }))
  return children(root, 'Contents').map((each) => text(each, 'Key') ?? '')
}

test('what is due goes, what is not stays, and a second run finds nothing', async () => {
  const storage = createMemoryStorage()
  const world = await createWorld({ storage })
  const object = (key: string, headers = {}) =>
    world.expect(200, { method: 'PUT', bucket, key, body: 'x', headers })
  await object('log/old')
  await object('tmp/tagged', { 'x-oss-tagging': 'stage=draft' })
  await object('tmp/plain')
  await object('other')
  const stale = await initiate(world, 'log/big')
  const alive = await initiate(world, 'log/big')
  const elsewhere = await initiate(world, 'other')
  world.clock.time += 2 * DAY
  await object('log/new')
  await sendPart(world, { key: 'log/big', uploadId: alive }, 1, new Uint8Array(3))
  const rules = config(
    `${ON}<Prefix>log/</Prefix><Expiration><Days>2</Days></Expiration><AbortMultipartUpload><Days>2</Days></AbortMultipartUpload>`,
    `${ON}<Prefix>tmp/</Prefix><Tag><Key>stage</Key><Value>draft</Value></Tag>${EXPIRE}`,
  )
  assert.equal((await put(world, rules)).status, 200)
  const run = () => runLifecycle(storage, { now: world.clock.time })
  assert.deepEqual(await run(), { expired: 1, moved: 0, aborted: 0 }, 'the day is not over yet')
  world.clock.time += DAY
  assert.deepEqual(await run(), { expired: 1, moved: 0, aborted: 1 })
  assert.deepEqual(await keysOf(world), ['log/new', 'other', 'tmp/plain'])
  const uploads = documentOf(await world.expect(200, { method: 'GET', bucket, query: { uploads: '' } }))
  const left = children(uploads, 'Upload').map((each) => text(each, 'UploadId'))
  assert.deepEqual(left.sort(), [alive, elsewhere].sort())
  assert.notEqual(stale, alive)
  assert.deepEqual(await run(), { expired: 0, moved: 0, aborted: 0 })
})

test('an object is moved to a colder class as it ages, and keeps its bytes and its time', async () => {
  const storage = createMemoryStorage()
  const world = await createWorld({ storage })
  const headers = { 'x-oss-meta-a': 'b', 'x-oss-tagging': 'k=v' }
  await world.expect(200, { method: 'PUT', bucket, key: 'log/a', body: 'x', headers })
  await world.expect(200, { method: 'PUT', bucket, key: 'other', body: 'x' })
  const steps = `${move('<Days>1</Days>')}${move('<Days>3</Days>', 'Archive')}`
  assert.equal((await put(world, config(`${ON}<Prefix>log/</Prefix>${steps}`))).status, 200)
  const head = async (key: string) => (await world.expect(200, { method: 'HEAD', bucket, key })).headers
  const before = await head('log/a')
  const seen: (string | undefined)[] = []
  for (let day = 0; day <= 5; day += 1) {
    await runLifecycle(storage, { now: START + day * DAY })
    seen.push((await head('log/a'))['x-oss-storage-class'])
  }
  assert.deepEqual(seen, ['Standard', 'Standard', 'IA', 'IA', 'Archive', 'Archive'])
  assert.equal((await head('other'))['x-oss-storage-class'], 'Standard')
  const after = await head('log/a')
  for (const name of [
    'etag',
    'last-modified',
    'x-oss-meta-a',
    'x-oss-tagging-count',
    'x-oss-hash-crc64ecma',
  ]) {
    assert.equal(after[name], before[name], name)
  }
  assert.deepEqual(await runLifecycle(storage, { now: START + 9 * DAY }), {
    expired: 0,
    moved: 0,
    aborted: 0,
  })
})

test('whoever reads an object is told when it will go, and by which rule', async () => {
  const world = await createWorld()
  await world.expect(200, { method: 'PUT', bucket, key: 'log/a', body: 'x' })
  await world.expect(200, { method: 'PUT', bucket, key: 'other', body: 'x' })
  assert.equal((await put(world, config(`<ID>rule one</ID>${ON}<Prefix>log/</Prefix>${EXPIRE}`))).status, 200)
  for (const method of ['GET', 'HEAD']) {
    const told = async (key: string) =>
      (await world.expect(200, { method, bucket, key })).headers['x-oss-expiration']
    assert.equal(await told('log/a'), 'expiry-date="Thu, 04 Jan 2024 00:00:00 GMT", rule-id="rule one"')
    assert.equal(await told('other'), undefined)
  }
})

test('what was replaced between the look and the deed stays', async () => {
  const storage = createMemoryStorage()
  const world = await createWorld({ storage })
  await world.expect(200, { method: 'PUT', bucket, key: 'k', body: 'old' })
  assert.equal((await put(world, config(`${ON}${EXPIRE}`))).status, 200)
  world.clock.time += 3 * DAY
  const meddling = {
    ...storage,
    async deleteObject(...asked: Parameters<typeof storage.deleteObject>) {
      await world.expect(200, { method: 'PUT', bucket, key: 'k', body: 'new' })
      return storage.deleteObject(...asked)
    },
  }
  assert.deepEqual(await runLifecycle(meddling, { now: world.clock.time }), {
    expired: 0,
    moved: 0,
    aborted: 0,
  })
  assert.equal((await world.expect(200, { method: 'GET', bucket, key: 'k' })).text, 'new')
})

test('a server does so when it starts, when it is asked, and stops at once when it closes', async () => {
  const clock = { time: START, now: () => clock.time, sleep: () => new Promise<void>(() => undefined) }
  const server = await createServer({ clock, buckets: [bucket] })
  assert.deepEqual(await server.runLifecycle(), { expired: 0, moved: 0, aborted: 0 })
  await server.close()
  const real = await createServer({ buckets: [bucket] })
  assert.deepEqual(await real.runLifecycle(), { expired: 0, moved: 0, aborted: 0 })
  await real.close()
  await assert.rejects(real.runLifecycle(), /closed/)
})

test('a run that failed is told of, and is no end to those that follow', async () => {
  const storage = createMemoryStorage()
  let looks = 0
  const failing: typeof storage = {
    ...storage,
    async listBuckets(query) {
      looks += 1
      if (looks < 3) throw new Error(`no luck ${looks}`)
      clock.stop()
      return storage.listBuckets(query)
    },
  }
  const clock = createStoppableClock({ now: () => START, sleep: async () => undefined })
  const told: string[] = []
  const onFailure = (error: unknown): void => void told.push((error as Error).message)
  const keeper = keepLifecycle({ storage: failing, clock, hourly: true, onFailure })
  await new Promise<void>((resolve, reject) => {
    let turns = 0
    const look = (): void => {
      if (looks >= 3) resolve()
      else if (++turns > 1000) reject(new Error(`it looked ${looks} times and no more`))
      else setImmediate(look)
    }
    look()
  })
  await keeper.stop()
  assert.deepEqual([looks, told], [3, ['no luck 1', 'no luck 2']])
})
