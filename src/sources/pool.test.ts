import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { createBlockPool, createPoolFor } from './pool.js'

test('blocks have the size asked for, begin at pages and do not overlap', async () => {
  for (const blockSize of [1, 4096, 4097, 512 * 1024]) {
    const pool = createBlockPool({ blockSize, blocks: 3 })
    const blocks = await Promise.all([pool.lease(), pool.lease(), pool.lease()])
    for (const [index, block] of blocks.entries()) {
      assert.equal(block.length, blockSize)
      assert.equal(block.byteOffset % 4096, 0)
      block.fill(index + 1)
    }
    for (const [index, block] of blocks.entries()) assert.ok(block.every((byte) => byte === index + 1))
  }
})

test('a block is 512 KiB unless something else is asked for', () => {
  assert.equal(createBlockPool({ blocks: 1 }).blockSize, 524_288)
})

test('for few bodies the blocks are larger, and for no number of them do they take more than 32 MiB', () => {
  for (let bodies = 1; bodies <= 100; bodies += 3) {
    const { blockSize, free } = createPoolFor(bodies)
    assert.equal(blockSize, bodies <= 4 ? 1_048_576 : 524_288)
    assert.ok(free >= 3 && blockSize * free <= 32 * 1_048_576)
    assert.ok(bodies > 8 || blockSize * free <= 10 * 1_048_576, 'little for as few as most have')
  }
})

test('a block that is free is to be had at once, and none is waited for', async () => {
  const pool = createBlockPool({ blockSize: 8, blocks: 1 })
  const block = pool.leaseFree()
  assert.equal(block?.length, 8)
  assert.equal(pool.leaseFree(), undefined)
  assert.equal(pool.free, 0)
  if (block !== undefined) pool.give(block)
  assert.equal(pool.free, 1)
})

test('the first to wait is the first served', async () => {
  const pool = createBlockPool({ blockSize: 8, blocks: 1 })
  const block = await pool.lease()
  const served: number[] = []
  const waiting = [1, 2, 3].map(async (number) => {
    const mine = await pool.lease()
    served.push(number)
    pool.give(mine)
  })
  assert.equal(pool.free, 0)
  pool.give(block)
  await Promise.all(waiting)
  assert.deepEqual(served, [1, 2, 3])
  assert.equal(pool.free, 1)
})

test('who stops waiting leaves the queue and gets nothing', async () => {
  const pool = createBlockPool({ blockSize: 8, blocks: 1 })
  const block = await pool.lease()
  const abort = new AbortController()
  const reason = new Error('stop')
  const quitter = pool.lease(abort.signal)
  const patient = pool.lease()
  abort.abort(reason)
  await assert.rejects(quitter, (error) => error === reason)
  pool.give(block)
  assert.equal(await patient, block)
  await assert.rejects(pool.lease(abort.signal), (error) => error === reason)
  pool.give(block)
  assert.equal(pool.free, 1)
})

test('an abort after the block was handed over leaves it with its new owner', async () => {
  const pool = createBlockPool({ blockSize: 8, blocks: 1 })
  const block = await pool.lease()
  const abort = new AbortController()
  const next = pool.lease(abort.signal)
  pool.give(block)
  abort.abort()
  assert.equal(await next, block)
  pool.give(block)
  assert.equal(pool.free, 1)
})

test('giving back twice, a part of a block, or something else is a bug that shows', async () => {
  const pool = createBlockPool({ blockSize: 8, blocks: 2 })
  const block = await pool.lease()
  assert.throws(() => pool.give(block.subarray(0, 4)), assert.AssertionError)
  assert.throws(() => pool.give(new Uint8Array(8)), assert.AssertionError)
  pool.give(block)
  assert.throws(() => pool.give(block), assert.AssertionError)
  assert.equal(pool.free, 2)
})

test('sizes and counts that can be none are refused', () => {
  for (const wrong of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => createBlockPool({ blockSize: wrong, blocks: 1 }), assert.AssertionError)
    assert.throws(() => createBlockPool({ blockSize: 8, blocks: wrong }), assert.AssertionError)
  }
})

test('whatever the order of leasing, giving and quitting, no block is lost or in two hands', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.constantFrom('lease', 'give', 'quit'), { maxLength: 60 }),
      async (blocks, steps) => {
        const pool = createBlockPool({ blockSize: 8, blocks })
        const held = new Set<Uint8Array>()
        const leases: { readonly abort: AbortController; readonly done: Promise<void> }[] = []
        for (const step of steps) {
          if (step === 'lease') {
            const abort = new AbortController()
            const done = pool.lease(abort.signal).then(
              (block) => {
                assert.equal(held.has(block), false)
                held.add(block)
              },
              () => {},
            )
            leases.push({ abort, done })
          } else if (step === 'quit') {
            leases.at(-1)?.abort.abort()
          } else {
            const [block] = held
            if (block !== undefined) {
              held.delete(block)
              pool.give(block)
            }
          }
          await Promise.resolve()
        }
        for (const { abort } of leases) abort.abort()
        await Promise.all(leases.map(({ done }) => done))
        for (const block of held) pool.give(block)
        assert.equal(pool.free, blocks)
      },
    ),
  )
})

test('where there is no WebAssembly, ordinary memory does', () => {
  const script = `
    const { createBlockPool } = await import(${JSON.stringify(new URL('./pool.js', import.meta.url).href)})
    const pool = createBlockPool({ blockSize: 5000, blocks: 3 })
    const blocks = await Promise.all([pool.lease(), pool.lease(), pool.lease()])
    blocks.forEach((block, index) => block.fill(index + 1))
    console.log(typeof WebAssembly, blocks.map((block) => block.reduce((a, b) => a + b)).join())
  `
  const { stdout } = spawnSync(process.execPath, ['--jitless', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  assert.equal(stdout.trim(), 'undefined 5000,10000,15000')
})
