/**
 * Checkpoints as files in a folder: one journal per target, and beside it, only while somebody holds the target, the
 * files of the lock. Once an upload is done nothing of it is left there.
 */
import { lstat, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UploadError } from '../engine/errors.js'
import type { CheckpointLog, CheckpointStore, CheckpointSummary, Target } from '../engine/ports.js'
import { createFileCalls } from '../files/calls.js'
import { Swift } from '../files/swift.js'
import { inFolder, prepareFolder, usingStore } from './folder.js'
import { type JournalDisk, nodeDisk, type WriteBytes } from './journal-disk.js'
import { createJournalFile, readJournal } from './journal-file.js'
import { acquireLock, findHolder, type Lock } from './lock.js'
import { createLook } from './look.js'
import { checkpointId, hashOfId, targetInWords } from './names.js'

/**
 * @param folder created when missing, for this user alone; must not be a symbolic link
 * @param options.write how bytes get into a file; only tests have a reason to change it
 * @throws UploadError `invalid-argument` when the folder's name is empty
 */
export function journalStore(folder: string, options: { readonly write?: WriteBytes } = {}): CheckpointStore {
  if (folder === '')
    throw new UploadError('invalid-argument', "The store's folder name is empty. Name a folder.")
  const absoluteFolder = resolve(folder)
  const calls = createFileCalls(new Swift())
  const disk = nodeDisk({ calls, write: options.write })
  const look = createLook(() => calls.readdir(absoluteFolder))
  return {
    async acquire(target, { steal = false } = {}) {
      await prepareFolder(absoluteFolder, calls)
      const id = checkpointId(target)
      const place = { folder: absoluteFolder, id: hashOfId(id), what: targetInWords(target) }
      const lock = await acquireLock(place, { steal, calls, look })
      return openLog({ folder: absoluteFolder, id, target, lock, stolen: steal, disk })
    },
    list: () => usingStore(absoluteFolder, () => listJournals(disk, absoluteFolder)),
  }
}

function openLog(options: {
  readonly folder: string
  readonly id: string
  readonly target: Target
  readonly lock: Lock
  readonly stolen: boolean
  readonly disk: JournalDisk
}): CheckpointLog {
  const { folder, id, target, lock, stolen, disk } = options
  const name = `${id}${JOURNAL}`
  const path = inFolder(folder, name)
  const held = (): Promise<boolean> => lock.held()
  const file = createJournalFile({ path, target, disk, held, stolen, absent: lock.isAbsent(name) })
  return {
    read: () => file.read(),
    append: (line) => file.append(line),
    held,
    async setAside() {
      const aside = await unusedName(`${path.slice(0, -JOURNAL.length)}.damaged-${compactTime()}`)
      await file.moveTo(aside)
      return aside
    },
    remove: () => file.remove(),
    async release() {
      try {
        await file.close()
      } finally {
        await lock.release()
      }
    },
  }
}

async function listJournals(disk: JournalDisk, folder: string): Promise<CheckpointSummary[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const summaries: CheckpointSummary[] = []
  for (const name of names.filter((each) => each.endsWith(JOURNAL)).sort()) {
    const path = join(folder, name)
    // Links and folders in a journal's place are no journals of ours.
    if (!(await lstat(path).catch(() => undefined))?.isFile()) continue
    const journal = await readJournal(disk, path)
    if (journal === undefined) continue
    const { decoded, modified } = journal
    const id = name.slice(0, -JOURNAL.length)
    const heldBy = await findHolder({ folder, id: hashOfId(id) }, names)
    summaries.push({
      id,
      modified,
      ...(decoded.kind === 'readable' ? { lines: decoded.lines } : { lines: [] }),
      ...(decoded.kind === 'readable' && decoded.target !== undefined ? { target: decoded.target } : {}),
      ...(heldBy === undefined ? {} : { heldBy }),
    })
  }
  return summaries
}

const JOURNAL = '.journal'
function compactTime(): string {
  return new Date().toISOString().replace(/[-:.]/g, '')
}

async function unusedName(path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? path : `${path}-${number}`
    const taken = await lstat(candidate).catch(() => undefined)
    if (taken === undefined) return candidate
  }
}
