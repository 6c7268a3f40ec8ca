import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

/** Makes objects that outlive some collections, and tells how much room V8 has taken for young ones. */
const program = `
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

function youngBytes(how: 'flat' | 'as V8 likes'): number {
  const module = new URL('./flat-heap.js', import.meta.url).href
  const args = ['--input-type=module', '--eval', program, module, how]
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

test('the space for young objects stays small, though much of what is made lives on', () => {
  const [flat, usual] = [youngBytes('flat'), youngBytes('as V8 likes')]
  assert.ok(flat > 0 && 2 * flat <= usual, `${flat} bytes, and ${usual} without`)
})
