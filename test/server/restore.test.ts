/** Objects of the archive classes: frozen, being restored, readable for a while, and frozen again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatHttpDate } from '../../src/protocol/dates.js'
import { field, inBoth, inBucket } from './both.js'
import { type Ask, codeOf, createWorld, initiate, START, type World } from './world.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const put = (world: World, key: string, storageClass: string) =>
  world.expect(200, {
    method: 'PUT',
    ...inBucket,
    key,
    body: 'cold',
    headers: { 'x-oss-storage-class': storageClass },
  })
const get = (key: string): Ask => ({ method: 'GET', ...inBucket, key })
const restore = (key: string, body = ''): Ask => ({
  method: 'POST',
  ...inBucket,
  key,
  query: { restore: '' },
  ...(body === '' ? {} : { body }),
})
const wanted = (days: number | string, tier?: string): string =>
  `<RestoreRequest><Days>${days}</Days>${tier === undefined ? '' : `<JobParameters><Tier>${tier}</Tier></JobParameters>`}</RestoreRequest>`
const told = async (world: World, key: string) =>
  (await world.expect(200, { method: 'HEAD', ...inBucket, key })).headers['x-oss-restore']

inBoth(
  'an archived object is restored in a minute, readable for its days, and frozen again',
  async (world) => {
    await put(world, 'k', 'Archive')
    assert.equal(await told(world, 'k'), undefined)
    const copies: Ask[] = [
      get('k'),
      { method: 'PUT', ...inBucket, key: 'copy', headers: { 'x-oss-copy-source': '/examplebucket/k' } },
      { method: 'PUT', ...inBucket, key: 'k', headers: { 'x-oss-copy-source': '/examplebucket/k' } },
      {
        method: 'PUT',
        ...inBucket,
        key: 'parts',
        query: { uploadId: await initiate(world, 'parts'), partNumber: '1' },
        headers: { 'x-oss-copy-source': '/examplebucket/k' },
      },
    ]
    for (const ask of copies) assert.equal(codeOf(await world.expect(403, ask)), 'InvalidObjectState')
    await world.expect(200, { method: 'HEAD', ...inBucket, key: 'k', query: { objectMeta: '' } })

    const begun = await world.expect(202, restore('k', wanted(2)))
    assert.equal(begun.headers['x-oss-object-restore-priority'], undefined, 'this class has no tiers')
    assert.equal(await told(world, 'k'), 'ongoing-request="true"')
    const again = await world.expect(409, restore('k'))
    assert.equal(codeOf(again), 'RestoreAlreadyInProgress')
    assert.equal(field(again, 'Message'), 'The restore operation is in progress.')
    assert.ok(again.headers['x-oss-ec'])
    await world.expect(403, get('k'))

    world.clock.time += MINUTE
    const until = START + MINUTE + 2 * DAY
    const expiry = (at: number): string => `ongoing-request="false", expiry-date="${formatHttpDate(at)}"`
    assert.equal(await told(world, 'k'), expiry(until))
    const read = await world.expect(200, get('k'))
    assert.deepEqual([read.text, read.headers['x-oss-restore']], ['cold', expiry(until)])
    for (const query of [{}, { 'list-type': '2' }, { versions: '' }]) {
      const listing = await world.expect(200, { method: 'GET', ...inBucket, query })
      assert.match(listing.text, /<RestoreInfo>ongoing-request=(&quot;|")false/)
    }
    await world.expect(200, copies[1] as Ask)
    assert.equal(await told(world, 'copy'), undefined, 'what is restored is the object, not its copies')

    world.clock.time += DAY
    await world.expect(200, restore('k', wanted(5)))
    assert.equal(await told(world, 'k'), expiry(world.clock.time + 5 * DAY), 'prolonged')
    world.clock.time += 5 * DAY
    assert.equal(await told(world, 'k'), undefined)
    assert.equal(codeOf(await world.expect(403, get('k'))), 'InvalidObjectState')
    await world.expect(202, restore('k'))
    await put(world, 'k', 'Archive')
    assert.equal(await told(world, 'k'), undefined, 'another object has its place')
  },
)

test('colder classes take the hours of their tier, which can be raised and not lowered', async () => {
  const world = await createWorld()
  for (const [storageClass, tier, hours] of [
    ['ColdArchive', 'Expedited', 1],
    ['ColdArchive', 'Standard', 5],
    ['ColdArchive', 'Bulk', 12],
    ['DeepColdArchive', 'Expedited', 12],
    ['DeepColdArchive', 'Standard', 48],
  ] as const) {
    const key = `${storageClass}-${tier}`
    await put(world, key, storageClass)
    const reply = await world.expect(202, restore(key, wanted(365, tier)))
    assert.equal(reply.headers['x-oss-object-restore-priority'], tier)
    world.clock.time += hours * HOUR - 1
    await world.expect(403, get(key))
    world.clock.time += 1
    await world.expect(200, get(key))
  }
  await put(world, 'k', 'ColdArchive')
  await world.expect(202, restore('k'))
  const lower = await world.expect(409, restore('k', wanted(1, 'Bulk')))
  assert.equal(lower.headers['x-oss-ec'], '0016-00000715')
  await world.expect(202, restore('k', wanted(1, 'Expedited')))
  world.clock.time += HOUR
  await world.expect(200, get('k'))
})

test('what can not be asked for is refused, and nothing begins', async () => {
  const world = await createWorld()
  await put(world, 'archive', 'Archive')
  await put(world, 'cold', 'ColdArchive')
  await put(world, 'deep', 'DeepColdArchive')
  for (const [key, body, code, ec] of [
    ['archive', wanted(1, 'Bulk'), 'MalformedXML'],
    ['archive', wanted(8), 'InvalidArgument', '0016-00000708'],
    ['archive', wanted('a'), 'InvalidArgument', '0016-00000708'],
    ['cold', wanted(5, 'wrong-tier'), 'InvalidArgument', '0016-00000703'],
    ['cold', wanted(5, 'toString'), 'InvalidArgument', '0016-00000703'],
    ['cold', wanted(-1), 'InvalidArgument', '0016-00000704'],
    ['cold', wanted(366), 'InvalidArgument', '0016-00000704'],
    ['deep', wanted(1, 'Bulk'), 'InvalidArgument'],
    ['cold', '<Restore/>', 'MalformedXML'],
  ] as const) {
    const reply = await world.expect(400, restore(key, body))
    assert.equal(codeOf(reply), code, body)
    if (ec !== undefined) assert.equal(reply.headers['x-oss-ec'], ec)
    assert.equal(await told(world, key), undefined)
  }
})

test('what was restored can be let go of early, once it is', async () => {
  const world = await createWorld()
  const clean: Ask = { method: 'POST', ...inBucket, key: 'k', query: { cleanRestoredObject: '' } }
  await put(world, 'k', 'ColdArchive')
  assert.equal(codeOf(await world.expect(409, clean)), 'ArchiveRestoreFileStale')
  await world.expect(202, restore('k', wanted(9, 'Expedited')))
  const early = await world.expect(409, clean)
  assert.deepEqual([codeOf(early), early.headers['x-oss-ec']], ['ArchiveRestoreNotFinished', '0016-00000719'])
  world.clock.time += HOUR
  await world.expect(200, get('k'))
  await world.expect(200, clean)
  await world.expect(403, get('k'))
  assert.equal(await told(world, 'k'), undefined)
})

inBoth('direct read opens what is archived, and nothing colder', async (world) => {
  const query = { bucketArchiveDirectRead: '' }
  const set = (enabled: string) =>
    world.ask({
      method: 'PUT',
      ...inBucket,
      query,
      body: `<ArchiveDirectReadConfiguration><Enabled>${enabled}</Enabled></ArchiveDirectReadConfiguration>`,
    })
  const enabled = async () => field(await world.expect(200, { method: 'GET', ...inBucket, query }), 'Enabled')
  await put(world, 'archive', 'Archive')
  await put(world, 'cold', 'ColdArchive')
  const link = { 'x-oss-symlink-target': 'archive' }
  await world.expect(200, { method: 'PUT', ...inBucket, key: 'link', query: { symlink: '' }, headers: link })
  assert.equal(await enabled(), 'false')
  assert.equal(codeOf(await world.expect(403, get('link'))), 'InvalidObjectState')
  assert.equal((await set('true')).status, 200)
  assert.equal(await enabled(), 'true')
  for (const key of ['archive', 'link']) assert.equal((await world.expect(200, get(key))).text, 'cold')
  await world.expect(403, get('cold'))
  assert.equal(codeOf(await set('aa')), 'MalformedXML')
  assert.equal((await set('false')).status, 200)
  await world.expect(403, get('archive'))
})
