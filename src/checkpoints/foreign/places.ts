/** Where tools keep their checkpoints when nobody says otherwise, and what of that is there. */
import { opendir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UploadError } from '../../engine/errors.js'
import { ForeignRefusal } from './checkpoint.js'
import { isUsualName } from './file-names.js'
import { type ForeignFile, readForeignFile } from './read.js'

export interface ForeignPlaces {
  readonly home: string
  /** Where the system keeps temporary files. */
  readonly temporary: string
  readonly workingFolder: string
}

/** Looked through without being asked for more. ali-oss keeps nothing by itself. */
export function usualPlaces({ home, temporary, workingFolder }: ForeignPlaces): readonly string[] {
  const folders = [
    join(home, '.py-oss-upload'),
    join(workingFolder, '.ossutil_checkpoint'),
    join(home, '.ossutil_checkpoint'),
    temporary,
  ]
  return [...new Set(folders)]
}

/** A folder that was named, with those that tools make in it. */
export function placesIn(folder: string): readonly string[] {
  return [folder, join(folder, '.py-oss-upload'), join(folder, '.ossutil_checkpoint')].map((each) =>
    resolve(each),
  )
}

export type FoundForeign =
  | ({ readonly kind: 'checkpoint' } & ForeignFile)
  /** It is named like a checkpoint, and can't be gone on with. */
  | { readonly kind: 'refused'; readonly path: string; readonly why: string }

/**
 * Checkpoints in these folders, in the order of their names; folders in them are not entered, and folders that are not
 * there hold nothing, but for the one that was named. What only may be one by its name (`.json`) is passed over when it is none.
 *
 * @throws UploadError `source-missing` when a folder can't be read, or the one that was named is not there
 */
export async function findForeignFiles(
  folders: readonly string[],
  { named }: { readonly named?: string | undefined } = {},
): Promise<readonly FoundForeign[]> {
  const found: FoundForeign[] = []
  const mustBe = named === undefined ? undefined : resolve(named)
  for (const folder of folders) {
    for (const path of await candidatesIn(folder, { mustBe: folder === mustBe })) {
      const each = await lookAt(path)
      if (each !== undefined) found.push(each)
    }
  }
  return found
}

async function lookAt(path: string): Promise<FoundForeign | undefined> {
  try {
    return { kind: 'checkpoint', ...(await readForeignFile(path)) }
  } catch (error) {
    if (!(error instanceof UploadError)) throw error
    const isMeant = isUsualName(path.slice(path.search(/[^\\/]*$/)))
    const isNone = error.cause instanceof ForeignRefusal && error.cause.unknown
    // A link or a program's own data under a name like ours is nobody's checkpoint.
    if (!isMeant && (isNone || !(error.cause instanceof ForeignRefusal))) return undefined
    return { kind: 'refused', path, why: error.message }
  }
}

/** Names alone: a folder of temporary files may hold anything. */
async function candidatesIn(
  folder: string,
  { mustBe }: { readonly mustBe: boolean },
): Promise<readonly string[]> {
  const names: string[] = []
  try {
    for await (const entry of await opendir(folder)) {
      if (entry.isDirectory()) continue
      if (isUsualName(entry.name) || /\.(json|cp|ucp)$/.test(entry.name)) names.push(entry.name)
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!mustBe && (code === 'ENOENT' || code === 'ENOTDIR')) return []
    const text =
      code === 'ENOENT'
        ? `${folder} does not exist. Check the name.`
        : `${folder} can't be looked through: ${message}.`
    throw new UploadError('source-missing', text, { cause: error })
  }
  return names.sort().map((name) => join(folder, name))
}
