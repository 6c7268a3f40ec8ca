/** One contender's flag: a file whose name nobody else ever uses. */
import { open, rename, unlink } from 'node:fs/promises'
import type { FileCalls } from '../files/calls.js'
import { inFolder, usingStore } from './folder.js'
import { encodeLock } from './lock-record.js'
import type { Presence } from './presence.js'

export interface Flag {
  raise(): Promise<void>
  lower(): Promise<void>
  isUp(): Promise<boolean>
  destroy(): Promise<void>
}

/** Not up yet, but the life sign of its process is given already: a flag must never be seen without. */
export function createFlag(
  { folder, id }: { readonly folder: string; readonly id: string },
  token: string,
  { presence, calls }: { readonly presence: Presence; readonly calls: FileCalls },
): Flag {
  const lockPath = inFolder(folder, fileName(id, token, 'lock'))
  const temporary = inFolder(folder, fileName(id, token, 'tmp'))
  const lower = async (): Promise<void> => {
    try {
      await calls.unlink(lockPath)
    } catch (error) {
      ignoreMissing(error as NodeJS.ErrnoException)
    }
  }
  let written = false
  return {
    async raise() {
      if (await presence.raise(lockPath, calls)) return
      // Where a file can't have two names, each flag is a record of its own.
      written = true
      await writeDurably(temporary, encodeLock({ ...presence.record, since: new Date().toISOString() }))
      // Somebody's tidying may have taken it for a dead one's. Then the flag is not up, and is raised again.
      await rename(temporary, lockPath).catch(ignoreMissing)
    },
    lower,
    isUp: () =>
      usingStore(folder, async () => {
        try {
          await calls.mustExist(lockPath)
          return true
        } catch (error) {
          ignoreMissing(error as NodeJS.ErrnoException)
          return false
        }
      }),
    async destroy() {
      await lower().catch(() => {})
      if (written) await unlink(temporary).catch(() => {})
    },
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

export type FlagFile = 'lock' | 'sock' | 'tmp'

export function fileName(id: string, token: string, kind: FlagFile): string {
  return `${id}.${token}.${kind}`
}

export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}
