/** The table of exit codes, whole, and what many sources come to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exitCodeOfError, exitCodeOfMany, isErrorCode } from './exit-codes.js'

test('every code has the exit code that is documented', () => {
  const table = {
    'invalid-argument': 2,
    'source-missing': 4,
    'source-changed': 4,
    interrupted: 5,
    denied: 6,
    'not-found': 7,
    integrity: 8,
    'commit-unknown': 8,
    locked: 9,
    conflict: 9,
    'options-changed': 9,
    'store-unusable': 10,
    'callback-failed': 11,
    unsupported: 1,
    internal: 1,
    cancelled: 130,
  } as const
  for (const [code, exitCode] of Object.entries(table)) {
    assert.ok(isErrorCode(code), code)
    assert.equal(exitCodeOfError(code, undefined), exitCode, code)
  }
  assert.equal(exitCodeOfError('cancelled', 'SIGINT'), 130)
  assert.equal(exitCodeOfError('cancelled', 'SIGTERM'), 143)
  assert.equal(exitCodeOfError('cancelled', 'SIGHUP'), 129)
  assert.equal(exitCodeOfError('denied', 'SIGTERM'), 6)
})

test('what is no code of ours is none', () => {
  for (const code of ['ENOENT', '', 'toString', 'constructor', 5, undefined, null]) {
    assert.equal(isErrorCode(code), false)
  }
})

test('many sources: all done, some failed, all alike, all different, stopped', () => {
  assert.equal(exitCodeOfMany([]), 0)
  assert.equal(exitCodeOfMany([0, 0]), 0)
  assert.equal(exitCodeOfMany([0, 6]), 3)
  assert.equal(exitCodeOfMany([0, 6, 4]), 3)
  assert.equal(exitCodeOfMany([6]), 6)
  assert.equal(exitCodeOfMany([6, 6]), 6)
  assert.equal(exitCodeOfMany([6, 4]), 1)
  assert.equal(exitCodeOfMany([0, 130]), 130)
  assert.equal(exitCodeOfMany([0, 129]), 129)
  assert.equal(exitCodeOfMany([6, 143]), 143)
})
