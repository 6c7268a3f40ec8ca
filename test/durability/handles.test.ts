import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const child = fileURLToPath(new URL('./handles-child.js', import.meta.url))

test('a commit that finds no file handle free waits for one: it is neither refused nor the end of the storage', {
  skip: process.platform === 'win32' ? 'handles are not limited there' : false,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-handles-'))
  try {
    const said = execFileSync(
      'sh',
      ['-c', 'ulimit -n 64; exec "$0" "$1" "$2"', process.execPath, child, folder],
      {
        encoding: 'utf8',
        timeout: 60_000,
      },
    )
    const { taken, early, ended, keys } = JSON.parse(said) as {
      readonly taken: number
      readonly early: number
      readonly ended: readonly string[]
      readonly keys: readonly string[]
    }
    assert.ok(taken > 0 && taken < 64, `${taken} handles were left to take`)
    assert.ok(early < ended.length, 'some commit had to wait')
    assert.deepEqual(
      ended,
      ended.map(() => 'fulfilled'),
    )
    const after = ended.map((_, index) => `after ${index + 1}`)
    assert.deepEqual(keys, [...after, 'before 2', 'before 3', 'before 4'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
