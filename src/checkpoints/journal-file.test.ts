/** A journal file whose hold was taken by force. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { nodeDisk } from './journal-disk.js'
import { createJournalFile } from './journal-file.js'

const target = { service: 'cn-hangzhou', bucket: 'b', key: 'k' }

test('what the robbed makes after the thief looked goes when the thief removes', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-robbed-'))
  t.after(() => rm(folder, { recursive: true }))
  const shared = { path: join(folder, 'k.journal'), target, disk: nodeDisk(), held: async () => true }
  const robbed = createJournalFile(shared)
  const thief = createJournalFile({ ...shared, stolen: true })
  assert.deepEqual((await thief.read()).lines, [])
  // It was asked whether it holds before it was robbed, and writes only now.
  await robbed.append({ kind: 'intent' })
  await thief.remove()
  assert.deepEqual(await readdir(folder), [])
  await robbed.close()
  await thief.close()
})
