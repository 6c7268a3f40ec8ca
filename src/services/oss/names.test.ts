import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UploadError } from '../../engine/errors.js'
import { checkBucketName, checkKey } from './names.js'

function refused(check: () => void): boolean {
  try {
    check()
    return false
  } catch (error) {
    assert.ok(error instanceof UploadError && error.code === 'invalid-argument')
    return true
  }
}

test('bucket names are 3 to 63 of a-z, 0-9 and -', () => {
  for (const name of ['abc', 'a-b', '0'.repeat(63)])
    assert.equal(
      refused(() => checkBucketName(name)),
      false,
      name,
    )
  for (const name of ['', 'ab', '0'.repeat(64), '-ab', 'ab-', 'aBc', 'a.b', 'a_b', 'a/b', 'ab\n']) {
    assert.equal(
      refused(() => checkBucketName(name)),
      true,
      name,
    )
  }
})

test('keys are 1 to 1023 bytes of UTF-8 that do not begin with a slash', () => {
  const possible = [
    'a',
    'a'.repeat(1023),
    '\u4e2d'.repeat(341),
    'a/',
    'a\\b',
    '../x',
    '?a',
    ' ',
    '\n',
    '\ud83d\ude00',
  ]
  for (const key of possible)
    assert.equal(
      refused(() => checkKey(key)),
      false,
      key,
    )
  const impossible = ['', '/a', '\\a', 'a'.repeat(1024), '\u4e2d'.repeat(342), 'a\ud83d', '\ude00']
  for (const key of impossible)
    assert.equal(
      refused(() => checkKey(key)),
      true,
      key,
    )
})
