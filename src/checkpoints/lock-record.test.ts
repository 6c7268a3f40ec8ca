import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeLock, describeHolder, encodeLock, judgeLock, type LockRecord } from './lock-record.js'
import type { ProcessIdentity } from './process-identity.js'

const me: ProcessIdentity = {
  pid: 100,
  startTime: '5000',
  host: 'here',
  machineId: 'machine',
  bootId: 'boot-2',
  pidNamespace: 'pid:[1]',
}
const record: LockRecord = {
  ...me,
  pid: 90,
  v: 1,
  token: '00',
  socket: 'a.00.sock',
  since: '2024-05-01T10:00:00.000Z',
}
const nothing = { socket: 'missing', process: 'unsure' } as const

test('an answer is life, wherever the lock comes from and whatever else is known', () => {
  for (const lock of [record, undefined, { ...record, host: 'there' }, { ...record, bootId: 'boot-1' }]) {
    assert.equal(judgeLock(lock, me, { socket: 'answers', process: 'gone' }), 'alive')
  }
})

test('on our own kernel a refusal is death, even of a container with its own pids', () => {
  const refusal = { socket: 'refuses', process: 'running' } as const
  assert.equal(judgeLock(record, me, refusal), 'dead')
  assert.equal(judgeLock({ ...record, pidNamespace: 'pid:[2]' }, me, refusal), 'dead')
})

test('a refusal to a lock that never had a socket says nothing', () => {
  assert.equal(judgeLock({ ...record, socket: null }, me, { socket: 'refuses', process: 'running' }), 'alive')
})

test('without a word from the socket the process decides, where its pid means something', () => {
  for (const socket of ['missing', 'unsure'] as const) {
    for (const lock of [record, { ...record, socket: null }]) {
      assert.equal(judgeLock(lock, me, { socket, process: 'running' }), 'alive')
      assert.equal(judgeLock(lock, me, { socket, process: 'gone' }), 'dead')
      assert.equal(judgeLock(lock, me, { socket, process: 'unsure' }), 'unknown')
      const elsewhere = { ...lock, pidNamespace: 'pid:[2]' }
      assert.equal(judgeLock(elsewhere, me, { socket, process: 'gone' }), 'unknown')
    }
  }
})

test('nothing here proves anything about another host', () => {
  const lock = { ...record, host: 'there' }
  for (const socket of ['refuses', 'missing', 'unsure'] as const) {
    assert.equal(judgeLock(lock, me, { socket, process: 'gone' }), 'unknown')
    assert.equal(judgeLock({ ...lock, bootId: 'boot-1' }, me, { socket, process: 'gone' }), 'unknown')
  }
})

test('a lock from before the last boot of this machine is dead, if it surely is this machine', () => {
  assert.equal(judgeLock({ ...record, bootId: 'boot-1' }, me, nothing), 'dead')
  assert.equal(judgeLock({ ...record, bootId: 'boot-1', machineId: 'other' }, me, nothing), 'unknown')
  assert.equal(
    judgeLock({ ...record, bootId: 'boot-1', machineId: '' }, { ...me, machineId: '' }, nothing),
    'unknown',
  )
  assert.equal(judgeLock({ ...record, bootId: '' }, me, nothing), 'unknown')
  assert.equal(judgeLock(record, { ...me, bootId: '' }, nothing), 'unknown')
})

test('a lock file that says nothing is held, for nothing disproves it', () => {
  assert.equal(judgeLock(undefined, me, { socket: 'refuses', process: 'gone' }), 'unknown')
})

test('a record survives its file, and anything less is no record', () => {
  const text = encodeLock(record)
  assert.deepEqual(decodeLock(text), record)
  for (let length = 0; length < text.length - 1; length += 1) {
    assert.equal(decodeLock(text.slice(0, length)), undefined)
  }
  assert.equal(decodeLock('null'), undefined)
  assert.equal(decodeLock(encodeLock({ ...record, pid: 0 })), undefined)
  assert.equal(decodeLock(text.replace('"v":1', '"v":2')), undefined)
  for (const name of Object.keys(record)) {
    const { [name as keyof LockRecord]: _, ...rest } = record
    assert.equal(decodeLock(JSON.stringify(rest)), undefined, `without ${name}`)
  }
})

test('a holder is named by process, host and time', () => {
  assert.equal(describeHolder(record), 'process 90 on host here, since 2024-05-01T10:00:00.000Z')
  assert.equal(describeHolder(undefined), 'an unknown process')
})

test('a holder that was written by something odd is still named on one line', () => {
  const odd = { ...record, host: `a\nb\u001b[31m${'c'.repeat(5000)}` }
  const named = describeHolder(decodeLock(encodeLock(odd)))
  assert.doesNotMatch(named, /\p{Cc}/u)
  assert.ok(named.length < 600, `${named.length} characters`)
})
