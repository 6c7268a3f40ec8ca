/** What `planUpload` tells is what the same call then sends, as seen on the wire; and telling it sends and writes nothing. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type PlannedRequest, planUpload, type UploadOptions } from '../../src/index.js'
import { createRecorder, type Kind, type Recorded, type Recorder } from './recorder.js'
import { bytesFrom, createWorld, failure, PART, type World } from './world.js'

const kinds: Readonly<Record<string, Kind>> = {
  PutObject: 'put',
  HeadObject: 'head',
  InitiateMultipartUpload: 'initiate',
  UploadPart: 'part',
  CompleteMultipartUpload: 'complete',
  AbortMultipartUpload: 'abort',
  ListParts: 'list',
}
const ofSigningAndTransport =
  /^(authorization|x-oss-date|x-oss-content-sha256|date|host|accept-encoding|connection|content-length|transfer-encoding|expect|user-agent)$/

const headers = {
  'content-type': 'text/x-odd',
  'x-oss-meta-word': 'naïve 中',
  'x-oss-storage-class': 'IA',
  'x-oss-object-acl': 'private',
  'x-oss-forbid-overwrite': 'true',
  'x-oss-traffic-limit': '819200000',
}

interface Scene {
  readonly world: World
  readonly recorder: Recorder
  readonly options: UploadOptions
  plan(key: string, file: string, more?: UploadOptions): ReturnType<typeof planUpload>
  upload(key: string, file: string, more?: UploadOptions): Promise<unknown>
}

async function sceneOf(t: TestContext): Promise<Scene> {
  const world = await createWorld(t)
  const recorder = await createRecorder(world.server)
  t.after(() => recorder.close())
  const bucket = world.bucketWith({ endpoint: recorder.endpoint })
  const options = { store: world.store, multipartThreshold: PART, partSize: PART, headers }
  return {
    world,
    recorder,
    options,
    plan: (key, file, more = {}) => planUpload(bucket, key, file, { ...options, ...more }),
    upload: (key, file, more = {}) => world.upload(key, file, { bucket, ...options, ...more }),
  }
}

/** Kind by kind: how many, and with which headers. */
function assertSent(planned: readonly PlannedRequest[], sent: readonly Recorded[]): void {
  const counts = new Map<Kind, number>()
  for (const { kind } of sent) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const told = new Map(planned.map(({ operation, count }) => [kinds[operation], count] as const))
  assert.deepEqual([...counts].sort(), [...told].sort())
  for (const { operation, headers: named } of planned) {
    for (const { kind, headers: seen } of sent) {
      if (kind !== kinds[operation]) continue
      const shown = Object.entries(seen)
        .filter(([name]) => !ofSigningAndTransport.test(name))
        .map(([name, value]) => [name, Buffer.from(value, 'latin1').toString()])
      assert.deepEqual(Object.fromEntries(shown), named, operation)
    }
  }
}

test('one PutObject, and a multipart upload: the plan is what is sent', async (t) => {
  const { world, recorder, plan, upload } = await sceneOf(t)
  for (const size of [0, 10, PART, 3 * PART + 1]) {
    const file = await world.file(bytesFrom(1, size), `file-${size}`)
    const planned = await plan(`k${size}`, file)
    const plain = await plan(`k${size}`, file, { headers: {} })
    assert.equal(plain.requests.length, size < PART ? 1 : 4, 'without forbid-overwrite one PutObject is all')
    assert.equal(recorder.requests.length, 0, 'nothing was asked')
    assert.equal(existsSync(world.store), false, 'nothing was written')
    assert.equal(planned.method, size < PART ? 'PutObject' : 'multipart')
    assert.equal(planned.partCount, size < PART ? undefined : Math.ceil(size / PART))
    const bytes = planned.requests.filter(({ operation }) => /PutObject|UploadPart/.test(operation))
    assert.equal(
      bytes.reduce((sum, request) => sum + request.bytes, 0),
      size,
    )
    await upload(`k${size}`, file)
    assertSent(planned.requests, recorder.requests)
    recorder.requests.splice(0)
    rmSync(world.store, { recursive: true, force: true })
  }
})

test('of an upload that was interrupted it tells what is kept, compared and sent, and leaves it as it is', async (t) => {
  const { world, recorder, plan, upload } = await sceneOf(t)
  const file = await world.file(bytesFrom(1, 5 * PART))
  world.stopAtPart(3)
  await failure(upload('k', file) as never, 'denied')
  world.server.faults.clear()
  const before = recorder.requests.length
  const store = readStore(world.store)

  const always = await plan('k', file)
  assert.deepEqual(
    [always.resume?.keep, always.resume?.check, always.resume?.send, always.resume?.completing],
    [0, 2, 3, false],
  )
  const trusting = await plan('k', file, { verify: 'changed' })
  assert.deepEqual([trusting.resume?.keep, trusting.resume?.check, trusting.resume?.send], [2, 0, 3])
  const restart = await plan('k', file, { restart: true })
  assert.equal(restart.resume, undefined)
  assert.deepEqual(restart.aborts, [always.resume?.uploadId])
  await assert.rejects(plan('k', file, { headers: { ...headers, 'x-oss-storage-class': 'Archive' } }), {
    code: 'options-changed',
  })
  assert.equal(recorder.requests.length, before, 'nothing was asked')
  assert.deepEqual(readStore(world.store), store, 'nothing was written')

  recorder.requests.splice(0)
  await upload('k', file)
  assertSent(always.requests, recorder.requests)
})

function readStore(folder: string): readonly string[] {
  return readdirSync(folder).map((name) => {
    const path = join(folder, name)
    return statSync(path).isFile() ? `${name} ${readFileSync(path, 'utf8')}` : name
  })
}

test('a part whose bytes changed since is one to compare', async (t) => {
  const { world, plan, upload } = await sceneOf(t)
  const file = await world.file(bytesFrom(1, 3 * PART))
  world.stopAtPart(2)
  await failure(upload('k', file) as never, 'denied')
  writeFileSync(file, bytesFrom(2, 3 * PART))
  const { resume } = await plan('k', file, { verify: 'changed' })
  assert.deepEqual([resume?.keep, resume?.check, resume?.send], [0, 1, 2])
})

test('no key of a customer is in it, and no key is asked for', async (t) => {
  const { world, options } = await sceneOf(t)
  const file = await world.file(bytesFrom(1, 2 * PART))
  const key = Buffer.alloc(32, 7).toString('base64')
  const bucket = world.bucketWith({
    credentials: () => {
      throw new Error('nobody asks')
    },
  })
  const planned = await planUpload(bucket, 'k', file, {
    ...options,
    headers: {
      'x-oss-server-side-encryption-customer-algorithm': 'AES256',
      'x-oss-server-side-encryption-customer-key': key,
      'x-oss-server-side-encryption-customer-key-md5': 'bWQ1',
    },
  })
  assert.ok(!JSON.stringify(planned).includes(key))
  const part = planned.requests.find(({ operation }) => operation === 'UploadPart')
  assert.equal(part?.headers['x-oss-server-side-encryption-customer-key'], '...')
})

test('what the upload would be refused for at once, the plan is refused for too', async (t) => {
  const { plan, world } = await sceneOf(t)
  await assert.rejects(plan('k', join(world.folder, 'nothing')), { code: 'source-missing' })
  const file = await world.file(bytesFrom(1, 10))
  await assert.rejects(plan('/k', file), { code: 'invalid-argument' })
  await assert.rejects(plan('k', file, { partSize: 1 }), { code: 'invalid-argument' })
})
