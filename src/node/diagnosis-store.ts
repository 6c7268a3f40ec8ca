/** The folder of checkpoints: whether it can be written and locked, who may read it, and whether there is room. */
import { randomUUID } from 'node:crypto'
import { rmdir, stat, statfs } from 'node:fs/promises'
import { resolve } from 'node:path'
import { journalStore } from '../checkpoints/journal.js'
import { UploadError } from '../engine/errors.js'
import { type Finding, failed, fine, warned } from './findings.js'

/** A checkpoint of ten thousand parts has some three. */
const leastFreeBytes = 64 * 1024 * 1024

export async function* diagnoseStore(folder: string): AsyncGenerator<Finding, void, undefined> {
  const path = resolve(folder)
  const before = await stat(path).catch(() => undefined)
  try {
    const trial = await trialFinding(path, before === undefined)
    yield trial
    if (trial.state === 'failed') return
    yield* rightsFinding(path, before?.mode)
    yield* roomFinding(path)
  } finally {
    // Only what is empty goes.
    if (before === undefined) await rmdir(path).catch(() => {})
  }
}

/** A target of its own is held, written, and removed, as an upload does. */
async function trialFinding(path: string, isNew: boolean): Promise<Finding> {
  try {
    const store = journalStore(path)
    const log = await store.acquire({ service: 'diagnosis', bucket: 'diagnosis', key: randomUUID() })
    try {
      await log.append({ kind: 'diagnosis' })
      await log.remove()
    } finally {
      await log.release()
    }
    const pending = await store.list()
    const held = pending.filter(({ heldBy }) => heldBy !== undefined).length
    const unfinished = `${pending.length} unfinished ${pending.length === 1 ? 'upload' : 'uploads'}`
    const told = isNew
      ? 'would be made'
      : `holds ${unfinished}${held === 0 ? '' : `, ${held} of them running`}`
    return fine('store', `${path} can be written and locked; it ${told}`)
  } catch (error) {
    if (!(error instanceof UploadError)) throw error
    return failed('store', {
      code: error.code,
      message: error.message.replace(/\.$/, ''),
      advice: 'Give --store, or set LONGHAUL_STORE.',
    })
  }
}

function* rightsFinding(path: string, mode: number | undefined): Generator<Finding, void, undefined> {
  if (mode === undefined || process.getuid === undefined) return
  if ((mode & 0o022) !== 0) {
    yield warned('store rights', `others may change what is in ${path}`, `chmod 700 ${path}`)
  } else if ((mode & 0o055) !== 0) {
    yield warned('store rights', `others may see the names of uploads in ${path}`, `chmod 700 ${path}`)
  } else yield fine('store rights', 'for this user alone')
}

async function* roomFinding(path: string): AsyncGenerator<Finding, void, undefined> {
  const disk = await statfs(path).catch(() => undefined)
  if (disk === undefined) return
  const freeBytes = disk.bavail * disk.bsize
  const told = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB are free there`
  yield freeBytes < leastFreeBytes
    ? warned(
        'store room',
        `${Math.floor(freeBytes / 1024 ** 2)} MiB are free there`,
        'Make room: without it a checkpoint can not be kept.',
      )
    : fine('store room', told)
}
