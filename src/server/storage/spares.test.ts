import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiskFile } from './disk-port.js'
import { createSpares, type Spare } from './spares.js'

const file: DiskFile = {
  write: async () => 0,
  read: async () => 0,
  datasync: async () => undefined,
  close: async () => undefined,
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Longer than a sync takes here. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 10; turns += 1) await turn()
}

function world(most: number) {
  const counts = { made: 0, syncs: 0 }
  const synced = new Set<string>()
  const removed: string[] = []
  const trouble = { making: false, syncing: false }
  const spares = createSpares({
    most,
    async make() {
      if (trouble.making) throw new Error('there is no room')
      counts.made += 1
      return { id: `${counts.made}`, file }
    },
    async sync(made) {
      if (trouble.syncing) throw new Error('the disk failed')
      counts.syncs += 1
      for (let turns = 0; turns < 5; turns += 1) await turn()
      for (const { id } of made) synced.add(id)
    },
    remove: async ({ id }) => void removed.push(id),
  })
  return { spares, counts, synced, removed, trouble }
}

test('each spare is given once, with a name that is synced, and more and more share a sync', async () => {
  const { spares, counts, synced } = world(16)
  const taken: Spare[] = []
  for (let tries = 0; taken.length < 200 && tries < 5000; tries += 1) {
    const spare = spares.take()
    if (spare === undefined) {
      await turn()
      continue
    }
    assert.ok(synced.has(spare.id), 'its name was synced before it was given')
    taken.push(spare)
  }
  assert.equal(new Set(taken.map(({ id }) => id)).size, 200)
  assert.ok(counts.syncs <= 20, `${counts.syncs} syncs`)
})

test('who asks once has few made, and what is not taken is removed at the end', async () => {
  const { spares, counts, removed } = world(16)
  assert.equal(spares.take(), undefined)
  await spares.close()
  assert.ok(counts.made <= 2, `${counts.made} made`)
  assert.equal(removed.length, counts.made)
  assert.equal(spares.take(), undefined)
  await settled()
  assert.equal(removed.length, counts.made, 'none is made any more')
})

test('what could not be made or synced is not given; later there are some again', async () => {
  const { spares, counts, removed, trouble } = world(4)
  trouble.making = true
  spares.take()
  await settled()
  assert.equal(spares.take(), undefined)
  await settled()
  trouble.making = false
  trouble.syncing = true
  spares.take()
  await settled()
  assert.equal(spares.take(), undefined)
  await settled()
  assert.equal(removed.length, counts.made)
  trouble.syncing = false
  spares.take()
  await settled()
  assert.notEqual(spares.take(), undefined)
  await spares.close()
  assert.equal(removed.length, counts.made - 1)
})

test('where none are wanted, none are made', async () => {
  const { spares, counts } = world(0)
  spares.take()
  await settled()
  assert.equal(spares.take(), undefined)
  assert.equal(counts.made, 0)
})
