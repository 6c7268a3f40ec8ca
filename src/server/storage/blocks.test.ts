import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BLOCK_SIZE, createBlocks, drop, isSole } from './blocks.js'

test('a block that was given back is the next one taken', () => {
  const blocks = createBlocks()
  const [first, second] = [blocks.take(), blocks.take()]
  assert.notEqual(first.buffer, second.buffer)
  assert.equal(first.length, BLOCK_SIZE)
  blocks.give(second)
  assert.equal(blocks.take(), second)
})

test("a dropped chunk's memory goes at once, if it is the chunk's alone and its maker said so", () => {
  const sole = isSole(new Uint8Array(1024 * 1024))
  const before = process.memoryUsage().arrayBuffers
  drop(sole)
  assert.equal(sole.length, 0)
  assert.ok(process.memoryUsage().arrayBuffers <= before - 1024 * 1024)
  drop(sole)

  const unsaid = new Uint8Array(10)
  drop(unsaid)
  assert.equal(unsaid.length, 10)
  const piece = isSole(new Uint8Array(10).subarray(0, 5))
  drop(piece)
  assert.equal(piece.length, 5)
})
