/** What the journal store makes of one damaged journal, and what an upload makes of it. Each throws when a promise is broken. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { encodeLine } from '../../src/checkpoints/lines.js'
import { foldCheckpoint } from '../../src/engine/checkpoint.js'
import { type CheckpointLine, journalStore, UploadError } from '../../src/index.js'
import { type Damage, damaged, mayLose } from './journal-damage.js'
import { fileBytes, type WornJournal } from './worn-journal.js'

export interface ReadState {
  readonly bytes: Buffer
  /** Records of the journal that are not read any more. `undefined`: the file is refused, and left as it is. */
  readonly lost: number | undefined
  readonly lines: readonly CheckpointLine[]
}

/** Appended after the damage. Of a kind to come, so that it changes nothing for an upload. */
const EXTRA: CheckpointLine = { kind: 'note', text: 'appended after the damage' }

/** Where the record begins in a line, after its check. */
const CHECKED = 17

/** Reads and appends through the journal store, as any run would. */
export async function readDamaged(worn: WornJournal, damage: Damage): Promise<ReadState> {
  const { target, store, path, lines } = worn
  await writeFile(path, damaged(lines, damage))
  const checkpoints = journalStore(store)
  if (damage.kind === 'torn-twice') {
    const torn = await checkpoints.acquire(target)
    await torn.append(EXTRA)
    await torn.release()
    const { length } = await readFile(path)
    await truncate(path, length - 1 - (damage.missing % encodeLine(EXTRA).length))
  }
  const bytes = await readFile(path)
  const log = await checkpoints.acquire(target)
  try {
    const before = await log.read().catch((error: unknown) => error)
    if (before instanceof UploadError) {
      assert.equal(before.code, 'store-unusable')
      await assert.rejects(log.append(EXTRA), UploadError)
      assert.deepEqual(await readFile(path), bytes, 'a file that is not understood was changed')
      return { bytes, lost: undefined, lines: [] }
    }
    if (before instanceof Error) throw before
    const read = (before as Awaited<ReturnType<typeof log.read>>).lines
    const written = new Set(lines.map((line) => line.slice(CHECKED, -1)))
    for (const line of read) assert.ok(written.has(JSON.stringify(line)), `invented: ${JSON.stringify(line)}`)
    foldCheckpoint(read)
    const lost = missing(
      lines.slice(1).map((line) => line.slice(CHECKED)),
      read.map((line) => `${JSON.stringify(line)}\n`),
    )
    assert.ok(lost <= mayLose(lines, damage), `${lost} lines were lost`)
    await log.append(EXTRA)
    const after = await log.read()
    assert.deepEqual(after.lines, [...read, EXTRA], 'an append changed what was there')
    foldCheckpoint(after.lines)
    return { bytes, lost, lines: read }
  } finally {
    await log.release()
    assert.deepEqual(readdirSync(store), [basename(path)], 'reading left something behind')
  }
}

/** How many of the texts are not among the others; each counts as often as it is there. */
function missing(texts: readonly string[], others: readonly string[]): number {
  const left = [...others]
  return texts.filter((text) => {
    const at = left.indexOf(text)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  }).length
}

export interface Uploaded {
  readonly kind: 'went on' | 'began anew' | 'refused'
  /** Uploads whose ids were lost with their lines: not to be found by anyone, or reported. */
  readonly orphans: number
}

/** The documented call over that journal, and the server as it was. */
export async function uploadOver(worn: WornJournal, { bytes, lost, lines }: ReadState): Promise<Uploaded> {
  const { server, store, path, upload } = worn
  await server.rewind()
  await writeFile(path, bytes)
  if (lost === undefined) {
    const refused = await upload().catch((error: unknown) => error)
    assert.ok(refused instanceof UploadError && refused.code === 'store-unusable', String(refused))
    assert.deepEqual(await readFile(path), bytes)
    return { kind: 'refused', orphans: 0 }
  }
  const { result, events } = await upload()
  assert.ok(fileBytes.equals(await server.objectBytes(result.key)), 'the object is not the file')

  const names = readdirSync(store)
  const aside = events.filter(({ type }) => type === 'checkpoint-set-aside').length
  assert.deepEqual(
    names.filter((name) => !name.includes('.damaged-')),
    [],
    'the store is not empty',
  )
  assert.equal(names.length, aside, 'files set aside, and events that tell of them')
  for (const name of names) await rm(join(store, name))

  const text = bytes.toString('latin1')
  const reported = events.flatMap((event) => (event.type === 'orphans-suspected' ? event.uploadIds : []))
  const orphans = await server.unfinished()
  for (const id of orphans) {
    const isKnowable = text.includes(`"uploadId":"${id}"`)
    assert.ok(
      !isKnowable || reported.includes(id),
      `the upload ${id} was left behind, and its id was there to read`,
    )
  }
  const { current } = foldCheckpoint(lines)
  if (current !== undefined) assert.ok(result.resumed, 'an upload that could go on was begun anew')
  return { kind: result.resumed ? 'went on' : 'began anew', orphans: orphans.length }
}
