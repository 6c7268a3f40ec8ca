import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError, UploadError } from '../engine/errors.js'
import { createCredentials, type GivenCredentials } from './credentials.js'

const minute = 60_000
const signal = new AbortController().signal

/** A function that gives numbered keys, each good for `lifeMs`. */
function numbered(lifeMs?: number) {
  const clock = { now: 1_000_000, wallClock: () => clock.now }
  const state = { calls: 0, fail: undefined as unknown }
  const source = async (): Promise<GivenCredentials> => {
    state.calls += 1
    if (state.fail) throw state.fail
    const keys = { accessKeyId: `id${state.calls}`, accessKeySecret: 'hidden-secret' }
    return lifeMs === undefined ? keys : { ...keys, expiration: new Date(clock.now + lifeMs) }
  }
  return { clock, state, provider: createCredentials(source, clock) }
}

test('fixed keys are given as they are, and nothing replaces them', async () => {
  const given = { accessKeyId: 'a', accessKeySecret: 'b', securityToken: '' }
  const provider = createCredentials(given, { wallClock: () => 0 })
  const keys = await provider.current(signal)
  assert.deepEqual(keys, { accessKeyId: 'a', accessKeySecret: 'b' })
  assert.equal(await provider.replace(keys, signal), false)
})

test('what are no keys is refused without showing them', () => {
  const wrong = [
    { accessKeyId: '', accessKeySecret: 'hidden' },
    { accessKeyId: 'a', accessKeySecret: 'hidden\n' },
    { accessKeyId: 'a', accessKeySecret: 'hidden', securityToken: 'hid den' },
    { accessKeyId: 'a', accessKeySecret: 'hidden', expiration: 'hidden' },
    {} as GivenCredentials,
  ]
  for (const given of wrong) {
    assert.throws(
      () => createCredentials(given, { wallClock: () => 0 }),
      (error) =>
        error instanceof UploadError && error.code === 'invalid-argument' && !/hid/.test(error.message),
    )
  }
})

test('sixteen requests at once ask once; keys are asked for again five minutes before their end', async () => {
  const { clock, state, provider } = numbered(60 * minute)
  const all = await Promise.all(Array.from({ length: 16 }, () => provider.current(signal)))
  assert.equal(state.calls, 1)
  assert.ok(all.every((keys) => keys === all[0]))
  clock.now += 55 * minute - 1
  await provider.current(signal)
  assert.equal(state.calls, 1)
  clock.now += 1
  await Promise.all(Array.from({ length: 16 }, () => provider.current(signal)))
  assert.equal(state.calls, 2)
})

test('keys that live shortly, or are over already, are not asked for in a tight loop', async () => {
  for (const [lifeMs, calls] of [
    [2 * minute, 10],
    [0, 60],
    [-60 * minute, 60],
  ] as const) {
    const { clock, state, provider } = numbered(lifeMs)
    for (let tick = 0; tick < 600; tick += 1) {
      await provider.current(signal)
      clock.now += 1000
    }
    assert.ok(Math.abs(state.calls - calls) <= 1, `${state.calls} calls for ${lifeMs} ms`)
  }
})

test('refused keys are asked for once, however many requests were refused', async () => {
  const { state, provider } = numbered()
  const keys = await provider.current(signal)
  const replaced = await Promise.all(Array.from({ length: 16 }, () => provider.replace(keys, signal)))
  assert.deepEqual(new Set(replaced), new Set([true]))
  assert.equal(state.calls, 2)
  assert.equal(await provider.replace(keys, signal), true) // one that was under way all the while
  assert.equal(state.calls, 2)
})

test('the same keys again are denied, and not asked for a third time', async () => {
  let calls = 0
  const source = () => {
    calls += 1
    return { accessKeyId: 'a', accessKeySecret: 'b' }
  }
  const provider = createCredentials(source, { wallClock: () => 0 })
  const keys = await provider.current(signal)
  assert.equal(await provider.replace(keys, signal), false)
  assert.equal(await provider.replace(keys, signal), false)
  assert.equal(calls, 2)
})

test('a function that fails is asked again later, unless it says it is no use; good keys stay in use', async () => {
  const { clock, state, provider } = numbered(60 * minute)
  state.fail = new Error('fetch failed')
  await assert.rejects(
    provider.current(signal),
    (error) => error instanceof ServiceError && error.meaning === 'unavailable',
  )
  state.fail = Object.assign(new Error('role is gone'), { code: 'denied' })
  await assert.rejects(
    provider.current(signal),
    (error) => error instanceof ServiceError && error.meaning === 'denied',
  )
  state.fail = undefined
  const keys = await provider.current(signal)
  state.fail = new Error('fetch failed')
  clock.now += 56 * minute
  const callsBefore = state.calls
  assert.equal(await provider.current(signal), keys)
  assert.equal(await provider.current(signal), keys)
  assert.equal(state.calls, callsBefore + 1)
  clock.now += 4 * minute
  await assert.rejects(provider.current(signal), ServiceError)
})

test('keys that were refused and came again are asked for anew by a later upload', async () => {
  const clock = { now: 0, wallClock: () => clock.now }
  let accessKeyId = 'old'
  const provider = createCredentials(() => ({ accessKeyId, accessKeySecret: 'b' }), clock)
  const keys = await provider.current(signal)
  assert.equal(await provider.replace(keys, signal), false)
  accessKeyId = 'new'
  assert.equal(await provider.replace(keys, signal), false)
  clock.now += minute
  assert.equal(await provider.replace(keys, signal), true)
  assert.equal((await provider.current(signal)).accessKeyId, 'new')
})

test('a function that never answers is given up after a minute and asked anew; good keys stay in use', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const clock = { now: 0, wallClock: () => clock.now }
  let calls = 0
  const hanging = () => {
    calls += 1
    return calls === 2
      ? { accessKeyId: 'a', accessKeySecret: 'b', expiration: 60 * minute }
      : new Promise<GivenCredentials>(() => {})
  }
  const provider = createCredentials(hanging, clock)
  const first = provider.current(signal)
  t.mock.timers.tick(minute)
  await assert.rejects(
    first,
    (error) =>
      error instanceof ServiceError && error.meaning === 'unavailable' && /within/.test(error.message),
  )
  const keys = await provider.current(signal)
  clock.now += 56 * minute
  const again = provider.current(signal)
  clock.now += minute
  t.mock.timers.tick(minute)
  assert.equal(await again, keys)
  assert.equal(await provider.current(signal), keys) // not asked again at once
  assert.equal(calls, 3)
})

test('an expiration of null, as documents have it, is none', async () => {
  const given = { accessKeyId: 'a', accessKeySecret: 'b', expiration: null }
  const clock = { now: 0, wallClock: () => clock.now }
  let calls = 0
  const source = () => {
    calls += 1
    return given as unknown as GivenCredentials
  }
  const provider = createCredentials(source, clock)
  await provider.current(signal)
  clock.now += 1000 * minute
  await provider.current(signal)
  assert.equal(calls, 1)
})

test('who stops waiting does not stop the others', async () => {
  let give: (keys: GivenCredentials) => void = () => {}
  const provider = createCredentials(() => new Promise((resolve) => (give = resolve)), { wallClock: () => 0 })
  const stop = new AbortController()
  const stopped = provider.current(stop.signal)
  const other = provider.current(signal)
  const reason = new Error('stop')
  stop.abort(reason)
  await assert.rejects(stopped, (error) => error === reason)
  give({ accessKeyId: 'a', accessKeySecret: 'b' })
  assert.equal((await other).accessKeyId, 'a')
})
