/** A part's first block is read while the last part is still under way: the file may change between the two. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedAt } from './file.js'
import type { Call } from './tapped-service.js'
import { assertDone, createWorld, partSize, type TestWorld } from './world.js'

/** Does something once, when a part is about to be sent. */
function atPart(partNumber: number, act: () => void): { readonly before: (call: Call) => void } {
  let done = false
  return {
    before: (call) => {
      if (done || call.partNumber !== partNumber) return
      done = true
      act()
    },
  }
}

const partsAsked = (world: TestWorld): (number | undefined)[] =>
  world.calls.filter(({ operation }) => operation === 'UploadPart').map(({ partNumber }) => partNumber)

test('a part whose first block is read while the last one is sent is sent as it is', async () => {
  const world = createWorld()
  const reads: number[] = []
  const fileHooks = { readsAhead: true, onRead: (offset: number) => void reads.push(offset) }
  const sentFrom: number[] = []
  const tap = {
    before: ({ partNumber }: Call) => {
      if (partNumber !== undefined) sentFrom[partNumber] = reads.length
    },
  }
  const result = await world.run({ numThreads: 1, fileHooks, tap })
  assert.deepEqual(partsAsked(world), [1, 2, 3, 4, 5])
  for (const partNumber of [2, 3, 4, 5]) {
    const before = reads.slice(0, sentFrom[partNumber])
    assert.ok(
      before.includes((partNumber - 1) * partSize),
      `the first block of part ${partNumber} came early`,
    )
  }
  assert.equal(new Set(reads).size, reads.length, 'nothing was read twice')
  await assertDone(world, result)
})

test('a byte that changes after it was read beforehand is noticed, and what is stored is the file', async () => {
  for (const offset of [0, partSize - 1]) {
    const world = createWorld()
    const change = (): void => world.file.rewrite(changedAt(world.file.bytes, 2 * partSize + offset))
    const result = await world.run({
      numThreads: 1,
      fileHooks: { readsAhead: true },
      tap: atPart(3, change),
    })
    assert.equal(partsAsked(world).filter((part) => part === 3).length, offset === 0 ? 2 : 1)
    await assertDone(world, result)
  }
})
