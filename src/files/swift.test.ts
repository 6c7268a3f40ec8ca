import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Swift } from './swift.js'

/** A file system whose calls take as long as it is told. */
function world(): {
  readonly ask: (tookMs: number, bytes?: number) => Promise<'here' | 'pool'>
  pass(ms: number): void
  readonly swift: Swift
} {
  let nowMs = 0
  const swift = new Swift(() => nowMs)
  return {
    swift,
    pass(ms) {
      nowMs += ms
    },
    ask: async (tookMs, bytes) =>
      swift.call<'here' | 'pool'>(
        () => {
          nowMs += tookMs
          return 'here'
        },
        async () => 'pool',
        bytes,
      ),
  }
}

async function several(count: number, ask: () => Promise<string>): Promise<string[]> {
  const ways: string[] = []
  for (let index = 0; index < count; index += 1) ways.push(await ask())
  return ways
}

test('what has not answered yet is asked by the pool, and from its first answer on here', async () => {
  const { ask } = world()
  assert.equal(await ask(0.01), 'pool')
  assert.deepEqual(await several(1000, () => ask(0.01)), Array(1000).fill('here'))
})

test('what refuses has answered too, and the refusal is told either way', async () => {
  const { swift } = world()
  const refuse = (): never => {
    throw new Error('no')
  }
  await assert.rejects(async () => swift.call(refuse, async () => refuse()), /no/)
  assert.throws(() => swift.call(refuse, async () => assert.fail('by the pool')), /no/)
})

test('what lets us wait is left to the pool for a second, then tried once', async () => {
  const { ask, pass } = world()
  await ask(0)
  assert.deepEqual(await several(6, () => ask(3)), ['here', 'here', 'here', 'here', 'pool', 'pool'])
  pass(1000)
  assert.deepEqual(await several(3, () => ask(3)), ['here', 'pool', 'pool'])
  pass(1000)
  assert.deepEqual(await several(20, () => ask(0.01)), Array(20).fill('here'))
})

test('a slow one now and then, as on a busy processor, changes nothing', async () => {
  const { ask } = world()
  await ask(0)
  for (let round = 0; round < 200; round += 1) {
    assert.equal(await ask(5), 'here')
    assert.deepEqual(await several(8, () => ask(0.01)), Array(8).fill('here'))
  }
})

test('more bytes may take longer', async () => {
  const { ask } = world()
  await ask(0)
  assert.deepEqual(await several(20, () => ask(0.6, 1024 * 1024)), Array(20).fill('here'))
  assert.deepEqual(await several(5, () => ask(0.6, 1024)), ['here', 'here', 'here', 'here', 'pool'])
})
