/**
 * LevelDB's promises, kept over a simulated disk by simpler means: a log of batches, each whole or absent; a sync that
 * syncs the log's bytes and not its name, with new log files now and then; at the start everything is written anew, synced
 * with its folder, before the old files go. What is behind a torn batch is not found. `level-log.test.ts` shows the same
 * of the real one.
 */
import { join } from 'node:path'
import type { Disk, DiskFile } from '../../src/server/storage/disk-port.js'
import type { Entry } from '../../src/server/storage/ledger.js'
import type { Level, LevelChange } from '../../src/server/storage/level.js'
import { createMemoryLedger } from '../../src/server/storage/memory.js'
import type { Luck } from '../simulation/world.js'

export interface ModelLevel extends Level {
  /** Everything in it, ascending. */
  entries(): Promise<readonly Entry[]>
}

type Batch = readonly (readonly [key: string, value: string | null])[]

const HEADER = 8

export async function openModelLevel(disk: Disk, luck: Luck, folder: string): Promise<ModelLevel> {
  const found = (await disk.names(folder)).filter((name) => /^\d{6}\.(log|all)$/.test(name)).sort()
  const state = createMemoryLedger()
  const batches = await recover(disk, folder, found)
  for (const batch of batches) await apply(batch)

  let number = Number(found.at(-1)?.slice(0, 6) ?? '0') + 1
  const fileName = (kind: 'log' | 'all'): string => join(folder, `${String(number).padStart(6, '0')}.${kind}`)

  const all = await disk.create(fileName('all'))
  await writeWhole(all, encode((await everything()).map(({ key, value }) => [key, value])))
  await all.datasync()
  await all.close()
  await disk.syncFolder(folder)
  let log = await disk.create(fileName('log'))
  for (const name of found) await disk.remove(join(folder, name))

  async function apply(batch: Batch): Promise<void> {
    await state.commit(
      batch.map(([key, value]) => (value === null ? { type: 'del', key } : { type: 'put', key, value })),
    )
  }

  async function everything(): Promise<readonly Entry[]> {
    const entries: Entry[] = []
    const cursor = state.scan('', '\xff\xff')
    for (let next = await cursor.next(); next !== undefined; next = await cursor.next()) entries.push(next)
    return entries
  }

  return {
    entries: everything,
    get: (key) => state.get(key.toString('latin1')),
    getMany: (keys) => state.getMany(keys.map((key) => key.toString('latin1'))),
    iterator({ gte, lt }) {
      const cursor = state.scan(gte.toString('latin1'), lt.toString('latin1'))
      return {
        async next() {
          const entry = await cursor.next()
          return entry === undefined ? undefined : [Buffer.from(entry.key, 'latin1'), entry.value]
        },
        seek: (key) => cursor.seek(key.toString('latin1')),
        close: () => cursor.close(),
      }
    },
    values: async ({ gte, lt }) => [...(await state.values(gte.toString('latin1'), lt.toString('latin1')))],
    async batch(changes, { sync }) {
      if (luck.chance(0.15)) {
        number += 1
        log = await disk.create(fileName('log'))
      }
      const batch = changes.map(asPair)
      await writeWhole(log, encode(batch))
      if (sync) await log.datasync()
      await apply(batch)
    },
    close: async () => {},
  }
}

function asPair(change: LevelChange): readonly [string, string | null] {
  return [change.key.toString('latin1'), change.type === 'put' ? change.value : null]
}

/** The newest whole copy of everything, and what the logs since hold. */
async function recover(disk: Disk, folder: string, names: readonly string[]): Promise<readonly Batch[]> {
  let batches: Batch[] = []
  for (const name of names) {
    const found = decode(await readAll(disk, join(folder, name)))
    if (!name.endsWith('.all')) batches.push(...found)
    // One that was being written when the power went is no copy; what it was to replace is still there.
    else if (found.length > 0) batches = [...found]
  }
  return batches
}

async function readAll(disk: Disk, path: string): Promise<Buffer> {
  const file = await disk.open(path)
  const blocks: Buffer[] = []
  let offset = 0
  for (;;) {
    const block = Buffer.alloc(64 * 1024)
    const count = await file.read(block, offset)
    if (count === 0) return Buffer.concat(blocks)
    blocks.push(block.subarray(0, count))
    offset += count
  }
}

async function writeWhole(file: DiskFile, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(await file.write([rest]))
}

function encode(batch: Batch): Buffer {
  const text = Buffer.from(JSON.stringify(batch))
  const header = Buffer.alloc(HEADER)
  header.writeUInt32LE(text.length)
  header.writeUInt32LE(sumOf(text), 4)
  return Buffer.concat([header, text])
}

function decode(bytes: Buffer): Batch[] {
  const batches: Batch[] = []
  for (let offset = 0; offset + HEADER <= bytes.length; ) {
    const length = bytes.readUInt32LE(offset)
    const text = bytes.subarray(offset + HEADER, offset + HEADER + length)
    if (length === 0 || text.length < length || sumOf(text) !== bytes.readUInt32LE(offset + 4)) break
    batches.push(JSON.parse(text.toString('utf8')) as Batch)
    offset += HEADER + length
  }
  return batches
}

/** FNV-1a: enough to tell a torn batch. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0x811c9dc5
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193)
  return sum >>> 0
}
