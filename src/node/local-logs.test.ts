/** Whose an upload at the service is, by what the logs here say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CheckpointRecord, encodeRecord } from '../engine/checkpoint.js'
import { isKnown, type LocalLog, localLog, whoseUpload } from './local-logs.js'

const target = { service: 's', bucket: 'b', key: 'k' }
const headers = { open: {}, secret: {} }

const intent: CheckpointRecord = {
  kind: 'intent',
  operation: 'initiate',
  serviceTime: 1,
  headers,
  source: 'a',
}
const opened = (uploadId: string, adopted = false): CheckpointRecord => ({
  kind: 'opened',
  uploadId,
  partSize: 32,
  size: 100,
  headers,
  source: 'a',
  initiated: 1,
  ...(adopted ? { adopted } : {}),
})
const log = (...records: readonly CheckpointRecord[]): LocalLog =>
  localLog({ target, lines: records.map(encodeRecord) })
const whose = (uploadId: string, logs: readonly LocalLog[], more = {}): string =>
  whoseUpload({ ...target, ...more, uploadId }, logs)

test('the upload a log goes on with is ours, adopted or not', () => {
  assert.equal(whose('A', [log(intent, opened('A'))]), 'ours')
  assert.equal(whose('A', [log(opened('A', true))]), 'ours')
})

test('one whose abort is to be done is owed: after a discard, when superseded, or seen in a damaged log', () => {
  for (const records of [
    [intent, opened('A'), { kind: 'aborting', uploadId: 'A' }],
    [intent, opened('A'), intent, opened('B')],
    [{ kind: 'seen', uploadId: 'A' }],
    [opened('A', true), { kind: 'aborting', uploadId: 'A' }],
  ] as const) {
    assert.equal(whose('A', [log(...records)]), 'owed')
  }
})

test('an unknown id of a key that a log is about may be an orphan of ours, of another key it is not', () => {
  const logs = [log(intent)]
  assert.equal(whose('X', logs), 'possible-orphan')
  assert.equal(whose('X', [log(intent, opened('A'))]), 'possible-orphan')
  assert.equal(whose('X', logs, { key: 'k2' }), 'others')
  assert.equal(whose('X', logs, { bucket: 'b2' }), 'others')
  assert.equal(whose('X', logs, { service: 's2' }), 'others')
  assert.equal(whose('X', []), 'others')
})

test('one that was ended here and is still there may be an orphan; one that was adopted and left is not', () => {
  const ended = [intent, opened('A'), { kind: 'closed', uploadId: 'A', how: 'aborted' }] as const
  assert.equal(whose('A', [log(...ended)]), 'possible-orphan')
  assert.equal(whose('A', [log(opened('A', true), { kind: 'closed', uploadId: 'A', how: 'left' })]), 'others')
  assert.equal(whose('A', [log(opened('A', true), intent, opened('B'))]), 'others')
})

test('an id is known whatever became of it, also in a log that does not tell its target', () => {
  const logs = [localLog({ lines: [{ kind: 'closed', uploadId: 'A', how: 'gone' }] })]
  assert.equal(isKnown('A', logs), true)
  assert.equal(isKnown('B', logs), false)
  assert.equal(whose('A', logs), 'possible-orphan')
})
