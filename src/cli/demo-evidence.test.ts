/** The demo must not call a broken promise kept: each way to break one is seen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokenPromises, type DemoEvidence } from './demo-evidence.js'

const summary = {
  exitCode: 0,
  resumed: true,
  partsKept: 2,
  partsSent: 2,
  bytesKept: 20,
  bytesSent: 15,
  crc64: '7',
}

const good: DemoEvidence = {
  partCount: 4,
  size: 35,
  acknowledged: new Set([1, 3]),
  receivedTimes: new Map([
    [1, 1],
    [2, 2],
    [3, 1],
    [4, 1],
  ]),
  summary,
  verified: { equal: true, crc64: { file: '7', object: '7' } },
}

test('a demo in which all went well breaks nothing; a part in flight at the kill may come twice', () => {
  assert.deepEqual(brokenPromises(good), [])
})

test('every promise can be broken', () => {
  const bad: readonly (readonly [DemoEvidence, RegExp])[] = [
    [{ ...good, summary: { ...summary, exitCode: 5 } }, /exit code 5/],
    [{ ...good, summary: { ...summary, resumed: false } }, /did not go on/],
    [{ ...good, summary: { ...summary, partsKept: 1, partsSent: 3 } }, /only 1 kept/],
    [{ ...good, summary: { ...summary, partsSent: 1 } }, /not all the parts/],
    [{ ...good, summary: { ...summary, bytesSent: 14 } }, /not all the bytes/],
    [{ ...good, receivedTimes: new Map([...good.receivedTimes, [3, 2]]) }, /sent again: 3/],
    [{ ...good, verified: { ...good.verified, equal: false } }, /not the file/],
    [{ ...good, summary: { ...summary, crc64: '8' } }, /CRC-64 8/],
    [{ ...good, summary: { ...summary, partsKept: undefined } }, /kept/],
  ]
  for (const [evidence, sentence] of bad) assert.match(brokenPromises(evidence).join('; '), sentence)
})
