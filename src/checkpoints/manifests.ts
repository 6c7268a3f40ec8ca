/** Manifests as files in the folder of the checkpoints: one file per run of many sources, and the lock's while it is held. */
import { lstat, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UploadError } from '../engine/errors.js'
import { createFileCalls } from '../files/calls.js'
import { Swift } from '../files/swift.js'
import type { ManifestStore, ManifestSummary } from '../many/ports.js'
import { prepareFolder, usingStore } from './folder.js'
import { type JournalDisk, nodeDisk } from './journal-disk.js'
import { acquireLock, findHolder } from './lock.js'
import { createLook } from './look.js'
import { createManifestFile } from './manifest-file.js'
import { decodeManifestLines, readManifestTarget } from './manifest-lines.js'
import { hashOfId, manifestId } from './names.js'

const MANIFEST = '.manifest'

/**
 * Keeps the manifests of runs of many files in a folder. Where the store of checkpoints is a folder, `uploadMany` does so
 * by itself, in that one.
 *
 * @param folder created when missing, for this user alone; must not be a symbolic link
 */
export function manifestStore(folder: string): ManifestStore {
  const absoluteFolder = resolve(folder)
  const calls = createFileCalls(new Swift())
  const look = createLook(() => calls.readdir(absoluteFolder))
  const disk = nodeDisk({ calls })
  return {
    async acquire(target, { steal = false } = {}) {
      await prepareFolder(absoluteFolder, calls)
      const id = manifestId(target)
      const place = {
        folder: absoluteFolder,
        id: hashOfId(id),
        what: `the manifest of this run to ${target.bucket}`.replace(/\p{Cc}/gu, '?'),
      }
      const lock = await acquireLock(place, { steal, calls, look })
      const path = join(absoluteFolder, `${id}${MANIFEST}`)
      const file = createManifestFile({ path, target, disk, held: () => lock.held(), stolen: steal })
      return {
        ...file,
        async release() {
          try {
            await file.close()
          } finally {
            await lock.release()
          }
        },
      }
    },
    list: () => usingStore(absoluteFolder, () => listManifests(disk, absoluteFolder)),
    read: (id, each) =>
      usingStore(absoluteFolder, async () => {
        if (id !== id.replace(/[^A-Za-z0-9._-]/g, '')) throw noSuch(id)
        const handle = await disk.openToRead(join(absoluteFolder, `${id}${MANIFEST}`))
        if (handle === undefined) throw noSuch(id)
        try {
          await decodeManifestLines(handle, each)
        } finally {
          await handle.close()
        }
      }),
  }
}

function noSuch(id: string): UploadError {
  return new UploadError('not-found', `There is no manifest ${id} in this store.`)
}

async function listManifests(disk: JournalDisk, folder: string): Promise<ManifestSummary[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const summaries: ManifestSummary[] = []
  for (const name of names.filter((each) => each.endsWith(MANIFEST)).sort()) {
    const path = join(folder, name)
    // Links and folders in a manifest's place are no manifests of ours.
    if (!(await lstat(path).catch(() => undefined))?.isFile()) continue
    const handle = await disk.openToRead(path)
    if (handle === undefined) continue
    try {
      const target = await readManifestTarget(handle)
      const { mtimeMs } = await handle.stat()
      const id = name.slice(0, -MANIFEST.length)
      const heldBy = await findHolder({ folder, id: hashOfId(id) }, names)
      summaries.push({
        id,
        modified: Math.floor(mtimeMs),
        ...(target === undefined ? {} : { target }),
        ...(heldBy === undefined ? {} : { heldBy }),
      })
    } finally {
      await handle.close()
    }
  }
  return summaries
}
