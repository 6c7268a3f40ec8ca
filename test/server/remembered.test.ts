/** What is remembered of the ledger is never older than the last commit that was acknowledged. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keys } from '../../src/server/storage/keys.js'
import type { Change } from '../../src/server/storage/ledger.js'
import { createMemoryLedger } from '../../src/server/storage/memory.js'
import { remembering } from '../../src/server/storage/remembered.js'

const bucket = keys.bucket('one')
const upload = keys.upload('one', 'key', 'U')
const object = keys.object('one', 'key')

test('a record that nobody changes is asked for once; others each time', async () => {
  const inner = createMemoryLedger()
  let gets = 0
  const ledger = remembering({
    ...inner,
    get(key) {
      gets += 1
      return inner.get(key)
    },
  })
  await ledger.commit([bucket, upload, object].map((key): Change => ({ type: 'put', key, value: '1' })))
  for (const key of [bucket, upload, bucket, upload]) assert.equal(await ledger.get(key), '1')
  assert.equal(gets, 2)
  for (const _ of [1, 2]) assert.equal(await ledger.get(object), '1')
  assert.equal(gets, 4)
  await ledger.commit([{ type: 'del', key: upload }])
  assert.equal(await ledger.get(upload), undefined)
})

test('a commit that is refused is asked about again', async () => {
  const inner = createMemoryLedger()
  let refuses = false
  const ledger = remembering({
    ...inner,
    async commit(changes) {
      await inner.commit(changes)
      if (refuses) throw new Error('nobody knows')
    },
  })
  await ledger.commit([{ type: 'put', key: bucket, value: '1' }])
  assert.equal(await ledger.get(bucket), '1')
  refuses = true
  await assert.rejects(ledger.commit([{ type: 'put', key: bucket, value: '2' }]))
  assert.equal(await ledger.get(bucket), '2')
})

/** All orders in which the steps of two can mix. */
function mixed(mine: readonly string[], others: readonly string[]): readonly (readonly string[])[] {
  const [first, ...rest] = mine
  const [otherFirst, ...otherRest] = others
  if (first === undefined || otherFirst === undefined) return [[...mine, ...others]]
  return [
    ...mixed(rest, others).map((order) => [first, ...order]),
    ...mixed(mine, otherRest).map((order) => [otherFirst, ...order]),
  ]
}

/** Lets all that can go on go on. */
const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const orders = mixed(['ask', 'look', 'answer'], ['begin', 'change', 'acknowledge'])

for (const order of orders) {
  test(`after a commit was acknowledged its record is seen: ${order.join(', ')}`, async () => {
    const inner = createMemoryLedger()
    await inner.commit([{ type: 'put', key: bucket, value: 'old' }])
    const gates = new Map<string, () => void>()
    const gate = (name: string): Promise<void> => new Promise((open) => gates.set(name, () => open()))
    let isSlow = true
    const ledger = remembering({
      ...inner,
      async get(key) {
        if (isSlow) await gate('look')
        const value = await inner.get(key)
        if (isSlow) await gate('answer')
        return value
      },
      async commit(changes) {
        await gate('change')
        await inner.commit(changes)
        await gate('acknowledge')
      },
    })
    const running: Promise<unknown>[] = []
    for (const step of order) {
      if (step === 'ask') running.push(ledger.get(bucket))
      else if (step === 'begin') running.push(ledger.commit([{ type: 'put', key: bucket, value: 'new' }]))
      else gates.get(step)?.()
      await rest()
    }
    await Promise.all(running)
    isSlow = false
    assert.equal(await ledger.get(bucket), 'new')
  })
}
