/** The calls beside the documented one: the handle, the listing, discarding, verifying, downloading. */
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  discardUpload,
  downloadObject,
  memoryStore,
  pendingUploads,
  startUpload,
  type Upload,
  type UploadOptions,
  type UploadState,
  verifyObject,
} from '../../src/index.js'
import { bytesFrom, createWorld, failure, PART, partNumbers, type World } from './world.js'

/** Starts an upload and calls back once, at its n-th stored part. */
function start(
  world: World,
  filename: string,
  options: UploadOptions & { readonly atPart?: number; readonly act?: (upload: Upload) => void } = {},
): Upload {
  const { atPart = 0, act, ...rest } = options
  let stored = 0
  const upload = startUpload(world.bucket, 'k', filename, {
    store: world.store,
    multipartThreshold: 0,
    partSize: PART,
    ...rest,
    onEvent(event) {
      if (event.type !== 'part-stored') return
      stored += 1
      if (stored === atPart) act?.(upload)
    },
  })
  return upload
}

test('paused, nothing more is sent; resumed, it goes on with the rest; done settles once', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 6 * PART))
  let onPaused = (): void => {}
  const paused = new Promise<void>((resolve) => {
    onPaused = resolve
  })
  const upload = start(world, filename, { atPart: 2, act: (each) => void each.pause().then(onPaused) })
  await paused
  const sent = world.asked('UploadPart').length
  assert.ok(sent < 6)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(world.asked('UploadPart').length, sent, 'nothing is sent')
  assert.equal((await world.unfinished()).length, 1)
  assert.equal((await pendingUploads(world.store))[0]?.heldBy, undefined, 'nothing is held')

  upload.resume()
  upload.resume()
  assert.equal((await upload.done).resumed, true)
  const acknowledged = world.asked('UploadPart').filter(({ status }) => status === 200)
  assert.deepEqual([...partNumbers(acknowledged)].sort(), [1, 2, 3, 4, 5, 6])
  assert.deepEqual(await world.objectBytes('k'), bytesFrom(1, 6 * PART))
})

test('discarded in its midst: aborted at the service, forgotten here', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 6 * PART))
  let discarding: Promise<void> | undefined
  const upload = start(world, filename, {
    atPart: 2,
    act: (each) => {
      discarding = each.discard()
    },
  })
  await failure(upload.done, 'cancelled', /discarded/)
  await discarding
  assert.deepEqual([await world.unfinished(), world.stored()], [[], []])
})

test('while the service fails its state tells what is waited for, since when and until when', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 3 * PART))
  const down = { effect: 'error', code: 'ServiceUnavailable', status: 503 } as const
  world.server.faults.add({ operation: 'UploadPart', partNumber: 2, times: 2, ...down })
  const began = Date.now()
  const states: UploadState[] = []
  const upload = startUpload(world.bucket, 'k', filename, {
    store: world.store,
    multipartThreshold: 0,
    partSize: PART,
    onEvent({ type }) {
      if (type === 'waiting') states.push(upload.state())
    },
  })
  assert.deepEqual([upload.state().kind, upload.state().waiting], ['running', []])
  await upload.done
  assert.deepEqual(
    states.map(({ kind, waiting }) => [kind, waiting.map((each) => [each.operation, each.partNumber])]),
    [
      ['waiting', [['UploadPart', 2]]],
      ['waiting', [['UploadPart', 2]]],
    ],
  )
  const [first, second] = states.flatMap(({ waiting }) => waiting)
  assert.ok(first !== undefined && second !== undefined)
  assert.match(first.message, /503 ServiceUnavailable/)
  assert.ok(first.since >= began && first.since <= first.until)
  assert.deepEqual([second.since, second.attempt], [first.since, 2])
  assert.deepEqual([upload.state().kind, upload.state().waiting], ['ended', []])
})

test('wrong arguments reject done, and do not throw', async (t) => {
  const world = await createWorld(t)
  const upload = startUpload(world.bucket, '', 'file')
  await failure(upload.done, 'invalid-argument')
})

test('an unfinished upload is listed with all that is known of it, without asking the service', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 3 * PART + 1))
  assert.deepEqual(await pendingUploads(world.store), [], 'a folder that is not there yet')
  world.stopAtPart(3)
  const headers = { 'x-oss-meta-a': '1', 'x-oss-request-payer': 'requester' }
  await failure(world.upload('dir/k', filename, { headers }), 'denied')
  const [uploadId] = await world.unfinished()
  world.server.requests.clear()
  const [pending, ...more] = await pendingUploads(world.store)
  assert.ok(pending !== undefined && more.length === 0)
  const { id, modified, lastError, ...rest } = pending
  assert.equal(lastError?.code, 'denied')
  assert.match(lastError.message, /^Part 3: AccessDenied/)
  assert.ok(id.length > 0 && modified > 0)
  assert.deepEqual(rest, {
    service: world.server.endpoint,
    bucket: 'examplebucket',
    key: 'dir/k',
    source: filename,
    state: 'open',
    uploadId,
    size: 3 * PART + 1,
    partSize: PART,
    partsStored: 2,
    bytesStored: 2 * PART,
    owedAborts: [],
    adopted: false,
    headers: { 'x-oss-meta-a': '1' },
    secretHeaders: [],
  })
  assert.equal(world.server.requests.entries().length, 0)
})

test('discardUpload aborts and forgets an earlier upload, does nothing when there is none, and leaves an object alone', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 3 * PART))
  for (const store of [world.store, memoryStore()]) {
    assert.deepEqual((await discardUpload(world.bucket, 'k', { store })).aborted, [])
    world.stopAtPart(3)
    await failure(world.upload('k', filename, { store }), 'denied')
    const unfinished = await world.unfinished()
    assert.deepEqual((await discardUpload(world.bucket, 'k', { store })).aborted, unfinished)
    assert.deepEqual([await world.unfinished(), await pendingUploads(store)], [[], []])
  }
  await world.upload('k', filename)
  await discardUpload(world.bucket, 'k', { store: world.store })
  assert.deepEqual(await world.objectBytes('k'), bytesFrom(1, 3 * PART))
})

test('verifyObject tells equal from different, by size and by content', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 3 * PART))
  await failure(verifyObject(world.bucket, 'k', filename), 'not-found')
  await world.upload('k', filename)
  const same = await verifyObject(world.bucket, 'k', filename)
  assert.deepEqual([same.equal, same.crc64.file], [true, same.crc64.object])
  const flipped = bytesFrom(1, 3 * PART)
  flipped[PART] = (flipped[PART] ?? 0) ^ 1
  for (const other of [flipped, bytesFrom(1, 3 * PART - 1), new Uint8Array()]) {
    const verification = await verifyObject(world.bucket, 'k', await world.file(other, 'other'))
    assert.equal(verification.equal, false)
    assert.deepEqual(verification.size, { file: other.length, object: 3 * PART })
  }
})

test('downloadObject puts a whole file in place or none', async (t) => {
  const world = await createWorld(t)
  const folder = join(world.folder, 'down')
  await mkdir(folder)
  const target = join(folder, 'file')
  for (const size of [0, 1, 3 * PART]) {
    await world.upload('k', await world.file(bytesFrom(1, size)))
    await downloadObject(world.bucket, 'k', target, { overwrite: true })
    assert.deepEqual(await readFile(target), bytesFrom(1, size))
  }
  await failure(downloadObject(world.bucket, 'k', target), 'conflict', /exists/)
  await writeFile(target, 'kept')
  world.server.faults.add({ operation: 'GetObject', effect: 'corrupt', what: 'checksum' })
  await failure(downloadObject(world.bucket, 'k', target, { overwrite: true }), 'integrity')
  await failure(downloadObject(world.bucket, 'absent', target, { overwrite: true }), 'not-found')
  assert.equal(await readFile(target, 'utf8'), 'kept')
  assert.deepEqual(await readdir(folder), ['file'])
})
