/** What both stores of manifests promise, and what only files can suffer. */
import assert from 'node:assert/strict'
import { appendFile, lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { manifestStore } from '../../src/checkpoints/manifests.js'
import { memoryManifests } from '../../src/checkpoints/memory-manifests.js'
import type { CheckpointLine } from '../../src/engine/ports.js'
import type { ManifestLog, ManifestStore } from '../../src/many/ports.js'

const target = { service: 'cn-hangzhou', bucket: 'b', name: 'put /data/photos' }

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-manifest-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'uploads')
}

async function linesOf(log: ManifestLog): Promise<readonly CheckpointLine[]> {
  const lines: CheckpointLine[] = []
  await log.replay((line) => lines.push(line))
  return lines
}

/** Opens, works, and lets go. */
async function holding<T>(store: ManifestStore, work: (log: ManifestLog) => Promise<T>): Promise<T> {
  const log = await store.acquire(target)
  try {
    return await work(log)
  } finally {
    await log.release()
  }
}

const stores: readonly (readonly [string, (t: TestContext) => Promise<ManifestStore>])[] = [
  ['memory', async () => memoryManifests()],
  ['files', async (t) => manifestStore(await folderOf(t))],
]

for (const [name, open] of stores) {
  test(`${name}: what was appended is there for the next holder, in its order`, async (t) => {
    const store = await open(t)
    await holding(store, async (log) => {
      await Promise.all([1, 2, 3].map((n) => log.append({ kind: 'x', n })))
      await log.sync()
    })
    const lines = await holding(store, linesOf)
    assert.deepEqual(lines.map(({ n }) => n).sort(), [1, 2, 3])
    const [summary] = await store.list()
    assert.deepEqual(summary?.target, target)
    const read: CheckpointLine[] = []
    await store.read(summary?.id ?? '', (line) => read.push(line))
    assert.deepEqual(read, lines)
  })

  test(`${name}: one holds it, and who is robbed writes no more`, async (t) => {
    const store = await open(t)
    const first = await store.acquire(target)
    await first.append({ n: 1 })
    await assert.rejects(store.acquire(target), { code: 'locked' })
    const [held] = await store.list()
    assert.ok(held?.heldBy !== undefined)
    const second = await store.acquire(target, { steal: true })
    await assert.rejects(first.append({ n: 2 }), { code: 'locked' })
    await assert.rejects(first.remove(), { code: 'locked' })
    await second.append({ n: 3 })
    assert.deepEqual(await linesOf(second), [{ n: 1 }, { n: 3 }])
    await first.release()
    await second.release()
  })

  test(`${name}: compacting keeps what is wanted, and appending goes on behind it`, async (t) => {
    const store = await open(t)
    await holding(store, async (log) => {
      for (let n = 0; n < 50; n += 1) await log.append({ n })
      await log.compact(({ n }) => Number(n) % 10 === 0)
      await log.append({ n: 99 })
    })
    const lines = await holding(store, linesOf)
    assert.deepEqual(
      lines.map(({ n }) => n),
      [0, 10, 20, 30, 40, 99],
    )
  })

  test(`${name}: a manifest that is removed is gone`, async (t) => {
    const store = await open(t)
    await holding(store, async (log) => {
      await log.append({ n: 1 })
      await log.remove()
    })
    assert.deepEqual(await store.list(), [])
    assert.deepEqual(await holding(store, linesOf), [])
  })
}

async function written(t: TestContext, count: number): Promise<{ store: ManifestStore; path: string }> {
  const folder = await folderOf(t)
  const store = manifestStore(folder)
  await holding(store, async (log) => {
    for (let n = 0; n < count; n += 1) await log.append({ n })
  })
  const [file = ''] = (await readdir(folder)).filter((each) => each.endsWith('.manifest'))
  return { store, path: join(folder, file) }
}

test('a file is for this user alone, and nothing else is left beside it', async (t) => {
  const { path } = await written(t, 1)
  if (process.platform !== 'win32') assert.equal((await lstat(path)).mode & 0o777, 0o600)
  assert.match(path, /put_data_photos-[0-9a-f]{32}\.manifest$/)
  assert.equal((await readdir(join(path, '..'))).length, 1)
})

test('cut anywhere, it has every whole line before the cut, and is appended to behind them', async (t) => {
  const { store, path } = await written(t, 3)
  const whole = await readFile(path)
  const ends = [...whole.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1)
  for (let cut = 0; cut <= whole.length; cut += 7) {
    await writeFile(path, whole.subarray(0, cut))
    const count = Math.max(0, ends.filter((end) => end <= cut).length - 1)
    await holding(store, async (log) => {
      const lines = await linesOf(log)
      assert.equal(lines.length, count, `cut at ${cut}`)
      await log.append({ n: 'new' })
      assert.deepEqual(
        (await linesOf(log)).map(({ n }) => n),
        [...[0, 1, 2].slice(0, count), 'new'],
      )
    })
  }
})

test('a changed byte costs its line, is counted, and costs no other', async (t) => {
  const { store, path } = await written(t, 3)
  const whole = await readFile(path)
  const second = whole.indexOf(0x0a, whole.indexOf(0x0a) + 1)
  whole[second - 2] = (whole[second - 2] ?? 0) ^ 1
  await writeFile(path, whole)
  const lines: CheckpointLine[] = []
  const { damaged } = await holding(store, (log) => log.replay((line) => lines.push(line)))
  assert.equal(damaged, 1)
  assert.deepEqual(lines, [{ n: 1 }, { n: 2 }])
})

test('lines that straddle the pieces of reading are whole, and an endless one is damage', async (t) => {
  const folder = await folderOf(t)
  const store = manifestStore(folder)
  const long = 'x'.repeat(100_000)
  await holding(store, async (log) => {
    for (let n = 0; n < 9; n += 1) await log.append({ n, long })
  })
  assert.deepEqual(
    (await holding(store, linesOf)).map(({ n, long: text }) => [n, String(text).length]),
    Array.from({ length: 9 }, (_, n) => [n, long.length]),
  )
  const [file = ''] = await readdir(folder)
  await appendFile(join(folder, file), `${'y'.repeat(9_000_000)}\n`)
  await holding(store, async (log) => {
    await log.append({ n: 'after' })
    const { damaged } = await log.replay(() => {})
    assert.equal(damaged, 1)
    assert.equal((await linesOf(log)).at(-1)?.['n'], 'after')
  })
})

test('what another version wrote, or a link in its place, is left alone', async (t) => {
  const { store, path } = await written(t, 1)
  const text = 'no manifest\n'
  const journal = manifestStore(await folderOf(t))
  assert.deepEqual(await journal.list(), [])
  await rm(path)
  if (process.platform !== 'win32') {
    await writeFile(`${path}.elsewhere`, text)
    await symlink(`${path}.elsewhere`, path)
    await assert.rejects(
      holding(store, (log) => log.append({ n: 1 })),
      { code: 'store-unusable' },
    )
    assert.equal(await readFile(`${path}.elsewhere`, 'utf8'), text)
    assert.deepEqual(await store.list(), [])
  }
})
