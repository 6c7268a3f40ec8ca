/** A journal file whose hold was taken by force. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFileCalls } from '../files/calls.js'
import { Swift } from '../files/swift.js'
import { type JournalDisk, nodeDisk } from './journal-disk.js'
import { createJournalFile } from './journal-file.js'

const target = { service: 'cn-hangzhou', bucket: 'b', key: 'k' }

test('what the robbed makes after the thief looked goes when the thief removes', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-robbed-'))
  t.after(() => rm(folder, { recursive: true }))
  const shared = {
    path: join(folder, 'k.journal'),
    target,
    disk: nodeDisk({ calls: createFileCalls(new Swift()) }),
    held: async () => true,
  }
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

test('the robbed, whose append fails after all, cuts off nothing of what the thief has written', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-robbed-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'k.journal')
  let robbedHolds = true
  let meanwhile: () => Promise<void> = async () => {}
  const real = nodeDisk({ calls: createFileCalls(new Swift()) })
  const failing: JournalDisk = {
    ...real,
    async openToAppend(name) {
      const handle = await real.openToAppend(name)
      return {
        ...handle,
        stat: () => handle.stat(),
        readFile: () => handle.readFile(),
        readRange: (...args) => handle.readRange(...args),
        truncate: (size) => handle.truncate(size),
        append: (bytes) => handle.append(bytes),
        close: () => handle.close(),
        async datasync() {
          await meanwhile()
          await handle.datasync()
        },
      }
    },
  }
  const robbed = createJournalFile({ path, target, disk: failing, held: async () => robbedHolds })
  const thief = createJournalFile({ path, target, disk: real, held: async () => true, stolen: true })
  await robbed.append({ kind: 'intent', of: 'robbed' })
  meanwhile = async () => {
    robbedHolds = false
    await thief.append({ kind: 'opened', of: 'thief' })
    throw Object.assign(new Error('i/o error'), { code: 'EIO' })
  }
  await assert.rejects(robbed.append({ kind: 'opened', of: 'robbed' }))
  const { lines } = await thief.read()
  assert.ok(
    lines.some((line) => line['of'] === 'thief'),
    'what the thief wrote durably is gone',
  )
  await robbed.close()
  await thief.close()
})
