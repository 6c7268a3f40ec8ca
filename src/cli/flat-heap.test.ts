import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

/** Makes objects that outlive some collections, and tells how much room V8 has taken for young ones. */
const youngProgram = `
import { getHeapSpaceStatistics } from 'node:v8'
const { keepHeapFlat } = await import(process.argv[1])
if (process.argv[2] === 'flat') keepHeapFlat()
const alive = []
for (let made = 0; made < 600_000; made += 1) {
  alive.push({ text: String(made) })
  if (alive.length > 30_000) alive.splice(0, 15_000)
}
console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size)
`

/** Makes objects that grow old and die, and tells to how much the old ones came at most. */
const oldProgram = `
import { getHeapSpaceStatistics } from 'node:v8'
import { setTimeout as after } from 'node:timers/promises'
const { keepHeapFlat } = await import(process.argv[1])
const letBe = keepHeapFlat()
if (process.argv[2] !== 'flat') letBe()
const alive = []
let most = 0
for (let turn = 0; turn < 100; turn += 1) {
  alive.push(Array.from({ length: 8_000 }, (_, number) => ({ text: String(number) })))
  if (alive.length > 5) alive.shift()
  await after(10)
  const { space_used_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')
  most = Math.max(most, space_used_size)
}
console.log(most)
`

function bytesOf(program: string, how: 'flat' | 'as V8 likes' | 'ended'): number {
  const module = new URL('./flat-heap.js', import.meta.url).href
  const args = ['--input-type=module', '--eval', program, module, how]
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

test('the space for young objects stays small, though much of what is made lives on', () => {
  const [flat, usual] = [bytesOf(youngProgram, 'flat'), bytesOf(youngProgram, 'as V8 likes')]
  assert.ok(flat > 0 && 2 * flat <= usual, `${flat} bytes, and ${usual} without`)
})

test('old objects are looked through before those that have died come to much, until it is ended', () => {
  const [flat, ended] = [bytesOf(oldProgram, 'flat'), bytesOf(oldProgram, 'ended')]
  assert.ok(flat > 0 && 1.5 * flat <= ended, `${flat} bytes, and ${ended} without`)
})
