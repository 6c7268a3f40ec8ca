/**
 * Tells the files of a folder as it finds them: one open folder per level is all that it holds, however many files there
 * are. What is no file, and what can't be read, is told too, so that nothing is left out in silence.
 */
import type { Dirent, Stats } from 'node:fs'
import { lstat, opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UploadError } from '../engine/errors.js'

/**
 * Symbolic links in the folder. `files`: one to a file stands for that file, one to a folder is passed over. `follow`:
 * one to a folder stands for the folder, too, but where that would go round in a circle. `skip`: all are passed over.
 */
export type Symlinks = 'files' | 'follow' | 'skip'

/** Why something was passed over. */
export type PassedOver = 'link' | 'circle' | 'dangling' | 'pipe' | 'socket' | 'device' | 'unknown'

export type Found =
  | {
      readonly kind: 'file'
      readonly path: string
      /** From the folder on, with `/` between the names on every platform. */
      readonly relative: string
    }
  | {
      readonly kind: 'passed-over'
      readonly path: string
      readonly relative: string
      readonly why: PassedOver
    }
  /** It may hold files, or be one, and nobody can tell: `source-missing`, or `invalid-argument` for a name that no key can have. */
  | {
      readonly kind: 'failed'
      readonly path: string
      readonly relative: string
      readonly error: UploadError
    }

export interface WalkOptions {
  /** Default `files`. */
  readonly symlinks?: Symlinks | undefined
  /** Is a folder of this relative path to be looked into? Default: every one. */
  readonly enter?: ((relative: string) => boolean) | undefined
}

/**
 * All that is in a folder and the folders in it, in no promised order. Never rejects: a folder that can't be read is told
 * as `failed`, the named one itself with `relative` `''`.
 *
 * ```ts
 * for await (const found of filesUnder('/data/photos')) if (found.kind === 'file') console.log(found.relative)
 * ```
 */
export async function* filesUnder(folder: string, options: WalkOptions = {}): AsyncGenerator<Found> {
  yield* walk({ path: folder, relative: '', above: [] }, options)
}

interface Place {
  readonly path: string
  readonly relative: string
  /** Which folders led here, to see a circle. */
  readonly above: readonly string[]
}

async function* walk(place: Place, options: WalkOptions): AsyncGenerator<Found> {
  const { path, relative } = place
  try {
    const { dev, ino } = await stat(path, { bigint: true })
    const me = `${dev}:${ino}`
    if (place.above.includes(me)) {
      yield { kind: 'passed-over', path, relative, why: 'circle' }
      return
    }
    const above = [...place.above, me]
    for await (const entry of await opendir(path, { bufferSize: 256 })) {
      const inside = {
        path: join(path, entry.name),
        relative: relative === '' ? entry.name : `${relative}/${entry.name}`,
        above,
      }
      yield* tell(entry, inside, options)
    }
  } catch (cause) {
    yield { kind: 'failed', path, relative, error: unreadable(path, cause) }
  }
}

async function* tell(entry: Dirent, place: Place, options: WalkOptions): AsyncGenerator<Found> {
  const { path, relative } = place
  // A byte that is no UTF-8 comes as this character, and the name it makes is of no file.
  if (entry.name.includes('\uFFFD') && (await lstat(path).catch(() => undefined)) === undefined) {
    const message = `${path}: its name is no UTF-8, and the name of an object has to be. Rename it.`
    yield { kind: 'failed', path, relative, error: new UploadError('invalid-argument', message) }
    return
  }
  try {
    const kind = await kindOf(entry, place, options)
    if (kind === 'file') yield { kind, path, relative }
    else if (kind !== 'folder') yield { kind: 'passed-over', path, relative, why: kind }
    else if (options.enter?.(relative) ?? true) yield* walk(place, options)
  } catch (cause) {
    yield { kind: 'failed', path, relative, error: unreadable(path, cause) }
  }
}

async function kindOf(
  entry: Dirent,
  { path }: Place,
  { symlinks = 'files' }: WalkOptions,
): Promise<'file' | 'folder' | PassedOver> {
  const known = plainKind(entry)
  // Some file systems do not say in the folder what its entries are.
  const kind = known === 'unknown' ? plainKind(await lstat(path)) : known
  if (kind !== 'link' || symlinks === 'skip') return kind
  const meant = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return 'dangling' as const
    if (error.code === 'ELOOP') return 'circle' as const
    throw error
  })
  if (typeof meant === 'string') return meant
  const target = plainKind(meant)
  return target === 'folder' && symlinks === 'files' ? 'link' : target
}

function plainKind(entry: Dirent | Stats): 'file' | 'folder' | PassedOver {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  if (entry.isSymbolicLink()) return 'link'
  if (entry.isFIFO()) return 'pipe'
  if (entry.isSocket()) return 'socket'
  return entry.isBlockDevice() || entry.isCharacterDevice() ? 'device' : 'unknown'
}

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'may not be read by this user. Change its permissions or run as another user.',
  EPERM: 'may not be read by this user. Change its permissions or run as another user.',
  ENOENT: 'is not there, or was removed meanwhile. Check the name.',
  ENOTDIR: 'is no folder. Name a folder.',
  ELOOP: 'is a circle of symbolic links.',
  EMFILE: 'could not be read: this process has too many files open. Raise the limit.',
}

function unreadable(path: string, cause: unknown): UploadError {
  const { code = '', message } = cause as NodeJS.ErrnoException
  if (code === '') throw cause
  const advice = ADVICE[code] ?? `can't be read (${message}). Check its disk and try again.`
  return new UploadError('source-missing', `${path} ${advice}`, { cause })
}
