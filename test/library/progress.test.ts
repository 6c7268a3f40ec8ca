/** `progressCallback`: what the numbers promise, under faults, on resuming, and when the callback itself misbehaves. */
import assert from 'node:assert/strict'
import { open } from 'node:fs/promises'
import { test } from 'node:test'
import { bytesFrom, countOf, createWorld, failure, MiB, PART, type World } from './world.js'

interface Watched {
  readonly calls: { consumed: number; total: number; objectExists: boolean }[]
  readonly progressCallback: (consumedBytes: number, totalBytes: number) => void
}

/** Notes each call, and whether the service has stored the object by then. */
function watch(world: World): Watched {
  const calls: Watched['calls'] = []
  const stores = new Set(['CompleteMultipartUpload', 'PutObject'])
  return {
    calls,
    progressCallback(consumed, total) {
      const objectExists = world.server.requests
        .entries()
        .some(({ operation = '', status }) => stores.has(operation) && status === 200)
      calls.push({ consumed, total, objectExists })
    },
  }
}

function assertHonest({ calls }: Watched, total: number): void {
  assert.ok(calls.every((call) => call.total === total))
  for (const [index, { consumed }] of calls.entries()) {
    assert.ok(Number.isSafeInteger(consumed) && consumed >= 0 && consumed <= total, String(consumed))
    if (index > 0) assert.ok(consumed > (calls[index - 1]?.consumed ?? 0), 'it only ever grows')
  }
  for (const { consumed, objectExists } of calls.slice(0, -1)) {
    assert.ok(consumed < total && !objectExists, 'only the last call may say that all is done')
  }
}

function assertFinished(watched: Watched, total: number): void {
  assertHonest(watched, total)
  assert.deepEqual(watched.calls.at(-1), { consumed: total, total, objectExists: true })
}

test('it only ever grows, over drops, wrong bytes and refusals, and is complete only when the object exists', async (t) => {
  const world = await createWorld(t)
  const size = 8 * PART + 3
  const filename = await world.file(bytesFrom(1, size))
  world.server.faults.add(
    { operation: 'UploadPart', effect: 'drop', bodyBytes: 60_000, times: 3 },
    { operation: 'UploadPart', effect: 'corrupt', what: 'stored', skip: 4, times: 2 },
    { operation: 'UploadPart', effect: 'error', code: 'ServiceUnavailable', status: 503, skip: 7, times: 2 },
    { operation: 'UploadPart', effect: 'drop', when: 'after', skip: 10 },
    { operation: 'CompleteMultipartUpload', effect: 'error', code: 'InternalError', status: 500 },
  )
  const watched = watch(world)
  const uploading = world.upload('k', filename, { ...watched, numThreads: 3 })
  await uploading
  assertFinished(watched, size)
  assert.ok(countOf(uploading, 'waiting') >= 7, 'the faults were met')
  assert.deepEqual(await world.objectBytes('k'), bytesFrom(1, size))
})

test('kept parts count once they are proved; a part that is refuted takes nothing back', async (t) => {
  const world = await createWorld(t)
  const size = 6 * PART
  const bytes = bytesFrom(1, size)
  const filename = await world.file(bytes)
  world.stopAtPart(5)
  const first = watch(world)
  await failure(world.upload('k', filename, first), 'denied')
  assertHonest(first, size)
  assert.ok((first.calls.at(-1)?.consumed ?? 0) >= 4 * PART)

  bytes.write('changed', 2 * PART)
  const file = await open(filename, 'r+')
  await file.write(bytes.subarray(2 * PART, 3 * PART), 0, PART, 2 * PART)
  await file.close()
  const second = watch(world)
  const uploading = world.upload('k', filename, second)
  const result = await uploading
  assertFinished(second, size)
  assert.equal(countOf(uploading, 'part-refuted'), 1)
  assert.deepEqual(result.parts, { kept: 3, sent: 3 })
  assert.deepEqual(await world.objectBytes('k'), bytes)
})

test('parts that are trusted count from the first call on', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 6 * PART))
  world.stopAtPart(5)
  await failure(world.upload('k', filename), 'denied')
  const watched = watch(world)
  await world.upload('k', filename, { ...watched, verify: 'changed' })
  assertFinished(watched, 6 * PART)
  assert.equal(
    watched.calls.filter(({ consumed }) => consumed < 4 * PART).length,
    3,
    'parts 1 to 3, then all four',
  )
})

test('an upload that fails at the very end never said that it was done', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 3 * PART))
  const faults = { effect: 'error', code: 'AccessDenied', status: 403 } as const
  world.server.faults.add(
    { operation: 'CompleteMultipartUpload', ...faults },
    { operation: 'PutObject', ...faults },
  )
  for (const multipartThreshold of [0, MiB]) {
    const watched = watch(world)
    await failure(world.upload('k', filename, { ...watched, multipartThreshold }), 'denied')
    assertHonest(watched, 3 * PART)
    assert.ok((watched.calls.at(-1)?.consumed ?? 0) < 3 * PART)
    await world.upload('k', filename, { restart: true })
    world.server.requests.clear()
  }
})

test('one PutObject is told as its bytes go, not in one step', async (t) => {
  const world = await createWorld(t)
  const size = 6 * MiB
  const filename = await world.file(bytesFrom(1, size))
  const watched = watch(world)
  await world.upload('k', filename, { ...watched, multipartThreshold: size + 1 })
  assertFinished(watched, size)
  assert.ok(watched.calls.length > 3, `${watched.calls.length} calls`)
})

test('an empty file is one call of (0, 0), one byte ends with (1, 1)', async (t) => {
  for (const size of [0, 1]) {
    const world = await createWorld(t)
    const filename = await world.file(bytesFrom(1, size))
    const watched = watch(world)
    await world.upload('k', filename, watched)
    assertFinished(watched, size)
    if (size === 0) assert.equal(watched.calls.length, 1)
  }
})

test('a callback that throws, rejects or never ends is an event at most, and never a failed upload', async (t) => {
  const callbacks: readonly [() => unknown, boolean][] = [
    [
      () => {
        throw new Error('of the callback')
      },
      true,
    ],
    [() => Promise.reject(new Error('of the callback')), true],
    [() => new Promise(() => {}), false],
  ]
  for (const [progressCallback, tells] of callbacks) {
    const world = await createWorld(t)
    const filename = await world.file(bytesFrom(1, 2 * PART))
    const uploading = world.upload('k', filename, { progressCallback })
    await uploading
    await new Promise((resolve) => setImmediate(resolve))
    const errors = uploading.events.filter((event) => event.type === 'callback-error')
    assert.equal(errors.length > 0, tells)
    for (const { error } of errors) assert.equal((error as Error).message, 'of the callback')
  }
})

test('what is no function is refused', async (t) => {
  const world = await createWorld(t)
  const filename = await world.file(bytesFrom(1, 1))
  const progressCallback = 'yes' as unknown as () => void
  await failure(world.upload('k', filename, { progressCallback }), 'invalid-argument', /progressCallback/)
})
