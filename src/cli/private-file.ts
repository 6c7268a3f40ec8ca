/** Small files that hold keys: for this user alone, replaced as a whole, never read through a link. */
import { constants } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CommandError } from './failure.js'

const startServeAgain = 'Remove it, and start longhaul serve again.'

/** JSON. `undefined` when there is no such file. @throws CommandError as `readPrivateText` does */
export async function readPrivateFile(path: string): Promise<Record<string, unknown> | undefined> {
  const text = await readPrivateText(path, startServeAgain)
  return text === undefined ? undefined : parsed(path, text)
}

/**
 * `undefined` when there is no such file.
 *
 * @param advice what to do where others could have read it: a sentence
 * @throws CommandError `denied` when others could have read or written it
 */
export async function readPrivateText(path: string, advice: string): Promise<string | undefined> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
      if (error.code === 'ELOOP') {
        throw new CommandError(
          'denied',
          `${path} is a symbolic link, so it is not used: it may lead to somebody else's file.`,
        )
      }
      throw new CommandError('denied', `${path} can't be read: ${error.message}`, { cause: error })
    },
  )
  if (handle === undefined) return undefined
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new CommandError('denied', `${path} is no regular file. Remove it.`)
    // Windows has no such bits; there the home directory is the user's own.
    if (process.getuid !== undefined) {
      if (stats.uid !== process.getuid()) {
        throw new CommandError('denied', `${path} belongs to another user, so it is not used. Remove it.`)
      }
      if ((stats.mode & 0o077) !== 0) {
        throw new CommandError(
          'denied',
          `${path} holds a key and others may read or change it, so it is not used. ${advice}`,
        )
      }
    }
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

function parsed(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Said below, for whatever is in there.
  }
  throw new CommandError('invalid-argument', `${path} is damaged. ${startServeAgain}`)
}

/** As JSON. */
export async function writePrivateFile(path: string, value: object): Promise<void> {
  await writePrivateText(path, `${JSON.stringify(value)}\n`)
}

export async function writePrivateText(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path))
  const fresh = `${path}.${process.pid}`
  await rm(fresh, { force: true })
  const handle = await open(fresh, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(fresh, path)
}

/** For this user alone. Not by Node's own recursion, which never ends where the system answers ENOENT for ever, as in /proc. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    const parent = dirname(path)
    const parentIsThere = await stat(parent).then(
      () => true,
      () => false,
    )
    if (code !== 'ENOENT' || parentIsThere) throw error
    await makeFolder(parent)
    await mkdir(path, { mode: 0o700 })
  }
}
