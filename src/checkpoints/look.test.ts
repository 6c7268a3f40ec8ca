import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLook } from './look.js'

test('who asks in the same turn shares one look, begun after all of them have asked', async () => {
  let names: readonly string[] = []
  let looks = 0
  const look = createLook(() => {
    looks += 1
    return names
  })
  const first = look()
  names = ['raised after the first had asked']
  const second = look()
  assert.deepEqual(await Promise.all([first, second]), [names, names])
  assert.equal(looks, 1)
})

test('who asks once a look has begun is not told what it saw', async () => {
  let finish: (names: string[]) => void = () => {}
  const lists = [new Promise<string[]>((resolve) => (finish = resolve)), ['later']]
  const look = createLook(() => lists.shift() ?? assert.fail('one look too many'))
  const first = look()
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  const second = look()
  assert.deepEqual(await second, ['later'])
  finish(['earlier'])
  assert.deepEqual(await first, ['earlier'])
})

test('a look that fails says so to all who asked, and the next is another', async () => {
  const lists = [() => Promise.reject(new Error('no')), async () => ['there']]
  const look = createLook(() => lists.shift()?.() ?? [])
  const asked = [look(), look()]
  for (const each of asked) await assert.rejects(each, /no/)
  assert.deepEqual(await look(), ['there'])
})
