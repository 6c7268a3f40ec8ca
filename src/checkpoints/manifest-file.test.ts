/** Manifest files on a disk that refuses: what could not be made durable is told, and nothing of it ends the process. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CheckpointLine } from '../engine/ports.js'
import { createFileCalls } from '../files/calls.js'
import { Swift } from '../files/swift.js'
import { type JournalDisk, type JournalHandle, nodeDisk } from './journal-disk.js'
import { createManifestFile, type ManifestFile } from './manifest-file.js'

/** Longer than lines wait for their flush, in milliseconds. */
const pastFlushMs = 1300

interface Trouble {
  /** Called before each; throws where the disk refuses. */
  readonly append?: (path: string) => void
  readonly datasync?: () => void
}

function troubled({ append, datasync }: Trouble): JournalDisk {
  const disk = nodeDisk({ calls: createFileCalls(new Swift()) })
  const wrap = (path: string, handle: JournalHandle): JournalHandle => ({
    ...handle,
    async append(bytes) {
      append?.(path)
      await handle.append(bytes)
    },
    async datasync() {
      datasync?.()
      await handle.datasync()
    },
  })
  return { ...disk, openToAppend: async (path) => wrap(path, await disk.openToAppend(path)) }
}

async function manifestOn(t: TestContext, trouble: Trouble): Promise<ManifestFile> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-manifest-file-'))
  t.after(() => rm(folder, { recursive: true }))
  return createManifestFile({
    path: join(folder, 'run.manifest'),
    target: { service: 'cn-hangzhou', bucket: 'b', name: 'run' },
    disk: troubled(trouble),
    held: async () => true,
  })
}

function refuse(code: string): never {
  throw Object.assign(new Error(`${code}: the disk refuses`), { code })
}

test('a disk that is full while a manifest is written anew is told, and the old one stays', async (t) => {
  const manifest = await manifestOn(t, {
    append: (path) => {
      if (path.endsWith('.new')) refuse('ENOSPC')
    },
  })
  const text = 'x'.repeat(50_000)
  // Several pieces to read behind the write that is refused first.
  await Promise.all(Array.from({ length: 40 }, (_, n) => manifest.append({ n, text })))
  await assert.rejects(
    manifest.compact(() => true),
    { code: 'store-unusable', message: /disk is full/ },
  )
  const lines: CheckpointLine[] = []
  await manifest.replay((line) => lines.push(line))
  assert.equal(lines.length, 40)
  await manifest.close()
})

test('a flush that failed by itself is told by the next sync', async (t) => {
  let failures = 0
  const manifest = await manifestOn(t, {
    datasync: () => {
      failures += 1
      if (failures === 1) refuse('EIO')
    },
  })
  await manifest.append({ n: 1 })
  await sleep(pastFlushMs)
  assert.equal(failures, 1)
  await assert.rejects(manifest.sync(), { code: 'store-unusable' })
  await manifest.sync()
  await manifest.close()
})

test('lines that wait for their flush are flushed when the manifest is let go', async (t) => {
  let flushes = 0
  const manifest = await manifestOn(t, {
    datasync: () => {
      flushes += 1
    },
  })
  await manifest.append({ n: 1 })
  await manifest.close()
  assert.equal(flushes, 1)
})

test('a flush that is refused at the end neither fails the run nor keeps the file open', async (t) => {
  const manifest = await manifestOn(t, { datasync: () => refuse('EIO') })
  await manifest.append({ n: 1 })
  await manifest.close()
})
