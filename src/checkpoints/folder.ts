/** The folder that checkpoints live in: made private, proved usable before anything is sent, and every failure explained. */
import { constants, type Stats } from 'node:fs'
import { lstat, mkdir, open } from 'node:fs/promises'
import { dirname, sep } from 'node:path'
import { UploadError } from '../engine/errors.js'
import type { FileCalls } from '../files/calls.js'

/** Creates the folder for this user alone where it is missing. The folder itself must not be a symbolic link. */
export async function prepareFolder(folder: string, calls: Pick<FileCalls, 'lstat'>): Promise<void> {
  await usingStore(folder, async () => {
    let stats = await lstatIfThere(folder, calls)
    if (stats === undefined) {
      await makeFolder(folder)
      stats = await lstat(folder)
    }
    if (stats.isSymbolicLink()) {
      throw new UploadError(
        'store-unusable',
        `The checkpoint folder ${folder} is a symbolic link. Name the folder that it points to.`,
      )
    }
    if (!stats.isDirectory()) throw Object.assign(new Error(`${folder} is no folder`), { code: 'EEXIST' })
  })
}

/**
 * A folder is only as durable as its name in its parent, so each one made is synced there. Not `recursive`: where the
 * system can't make a folder although its parent exists (under /proc, say), Node's own recursion never ends.
 */
async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder)
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || parent === folder || (await exists(parent))) throw error
    await makeFolder(parent)
    return makeFolder(folder)
  }
  await syncFolder(parent)
}

async function lstatIfThere(path: string, calls: Pick<FileCalls, 'lstat'>): Promise<Stats | undefined> {
  try {
    return await calls.lstat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined
}

/** A name in the folder, whose own name is whole already: `join` takes it apart and puts it together anew. */
export function inFolder(folder: string, name: string): string {
  return folder + sep + name
}

/** Makes names created, renamed or removed in the folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows can't open a folder, and journals its names by itself.
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } catch (error) {
    // Some file systems have nothing to flush in a folder and say so.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error
  } finally {
    await handle.close()
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space there, or name another folder as store.',
  EDQUOT: "this user's disk quota is used up. Free some space there, or name another folder as store.",
  EROFS: 'the file system is read-only. Name another folder as store.',
  EACCES: 'this user may not write there. Change its permissions, or name another folder as store.',
  EPERM: 'this user may not write there. Change its permissions, or name another folder as store.',
  ENOTDIR: 'it is no folder, or lies under something that is none. Name another folder as store.',
  EEXIST: 'it is no folder. Name another folder as store.',
  ENOENT:
    'it can not be made there, or has disappeared. Check what cleans it up, or name another folder as store.',
  ELOOP: 'a symbolic link is in its place. Remove the link, or name another folder as store.',
}

/** Runs file system work for the store; what the system refuses becomes `store-unusable`, saying what to do. */
export async function usingStore<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (cause instanceof UploadError || code === undefined) throw cause
    const advice = ADVICE[code] ?? `${message}. Check that disk, or name another folder as store.`
    throw new UploadError('store-unusable', `Checkpoints can't be kept in ${path}: ${advice}`, { cause })
  }
}
