/** How often a file of a run is looked at, and that no look is passed over which something depends on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Source, SourceIdentity } from '../engine/ports.js'
import { lookAt } from './looks.js'

/** A file that changes with each look at it. */
function restless() {
  let looks = 0
  const look = async (): Promise<SourceIdentity> => {
    looks += 1
    return { size: 10, mtimeNs: String(looks), ctimeNs: '0', device: '1', inode: '2' }
  }
  const source: Source = {
    name: 'restless',
    identity: look,
    identityByName: look,
    slice: (start, end) => ({ start, size: end - start, pump: async () => {} }),
    close: async () => {},
  }
  return {
    source,
    get looks() {
      return looks
    },
  }
}

test('until something is read, the first look holds', async () => {
  const file = restless()
  const { before, source } = await lookAt(file.source)
  assert.deepEqual(await source.identity(), before)
  assert.deepEqual(await source.identity(), before)
  assert.equal(file.looks, 1)
})

for (const kind of ['slice', 'earlySlice'] as const) {
  test(`after a reading by ${kind} each look is one`, async () => {
    const file = restless()
    const { before, source } = await lookAt(file.source)
    source[kind]?.(0, 10)
    assert.notDeepEqual(await source.identity(), before)
    assert.notDeepEqual(await source.identity(), await source.identity())
    assert.equal(file.looks, 4)
  })
}

test('what the name means is looked up once more only where nobody did', async () => {
  const file = restless()
  const { source, lastByName } = await lookAt(file.source)
  assert.equal((await lastByName())?.mtimeNs, '2')
  const seen = await source.identityByName()
  assert.deepEqual(await lastByName(), seen)
  assert.equal(file.looks, 3)
})

test('a source without early slices has none', async () => {
  const { source } = await lookAt(restless().source)
  assert.equal(source.earlySlice?.(0, 1), undefined)
})
