/** Where the files of a command come from, and which keys they get: by what was typed, and what is there of it. */
import { stat } from 'node:fs/promises'
import { basename, resolve, sep } from 'node:path'
import { CommandError, UsageError } from './failure.js'
import { compileGlob, isGlob, splitGlob } from './glob.js'
import type { ObjectUrl } from './object-url.js'

/** Paths are absolute. A prefix is empty or ends in a slash; what stands below a folder is appended to it. */
export type Root =
  | { readonly kind: 'file'; readonly path: string; readonly key: string }
  | { readonly kind: 'folder'; readonly path: string; readonly prefix: string }
  | {
      readonly kind: 'glob'
      /** The folder that the pattern, and the names below the prefix, count from. */
      readonly path: string
      readonly pattern: string
      readonly prefix: string
    }
  | { readonly kind: 'list'; readonly list: string; readonly path: string; readonly prefix: string }

export interface RootFlags {
  readonly recursive?: boolean | undefined
  /** A file with a name per line, or `-`. */
  readonly filesFrom?: string | undefined
}

/**
 * A folder keeps its name below the destination; with a slash at its end, or as `.` and `..`, only what is in it is put.
 * What matches a pattern keeps its path from the first folder on that the pattern has to match.
 *
 * @throws UsageError
 */
export async function findRoots(
  operands: readonly string[],
  destination: ObjectUrl,
  flags: RootFlags,
): Promise<readonly Root[]> {
  const prefix = destination.key
  if (prefix !== '' && !prefix.endsWith('/')) {
    throw new UsageError(
      `oss://${destination.bucket}/${prefix} names one object. For several files end it with a slash.`,
    )
  }
  if (flags.filesFrom !== undefined) return [listRoot(operands, prefix, flags.filesFrom)]
  const roots: Root[] = []
  for (const operand of operands) roots.push(await rootOf(operand, prefix, flags))
  assertDistinctFiles(roots)
  return roots
}

function listRoot(operands: readonly string[], prefix: string, filesFrom: string): Root {
  const [folder = '.', ...more] = operands
  if (more.length > 0) {
    throw new UsageError('With --files-from, give at most one source: the folder that its names count from.')
  }
  const list = filesFrom === '-' ? filesFrom : resolve(filesFrom)
  return { kind: 'list', list, path: resolve(folder), prefix }
}

async function rootOf(operand: string, prefix: string, { recursive }: RootFlags): Promise<Root> {
  const path = resolve(operand)
  const meant = await stat(path).catch(() => undefined)
  // What is there by this very name is meant by it.
  if (meant === undefined && isGlob(slashed(operand))) {
    const { base, pattern } = splitGlob(slashed(operand))
    compileGlob(pattern)
    return { kind: 'glob', path: resolve(base), pattern, prefix }
  }
  if (meant?.isDirectory() !== true) return { kind: 'file', path, key: `${prefix}${basename(path)}` }
  if (recursive !== true) throw folderAlone(operand)
  const isContents = /(^|\/)\.{0,2}$/.test(slashed(operand)) || basename(path) === ''
  return { kind: 'folder', path, prefix: isContents ? prefix : `${prefix}${basename(path)}/` }
}

/** What is said to a folder without `-r`. */
export function folderAlone(operand: string): CommandError {
  return new CommandError('source-missing', `${operand} is a folder. To put all that is in it, give -r.`)
}

/** A file as people named it: what its key has below the destination. Its path, where that is nothing. Pure. */
export function nameBelow(
  prefix: string,
  { key, filename }: { readonly key: string; readonly filename: string },
): string {
  const name = key.startsWith(prefix) ? key.slice(prefix.length) : key
  return name === '' ? filename : name
}

/** With the separators that keys have. */
export function slashed(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/')
}

function assertDistinctFiles(roots: readonly Root[]): void {
  const taken = new Map<string, string>()
  for (const root of roots) {
    if (root.kind !== 'file') continue
    const other = taken.get(root.key)
    if (other !== undefined && other !== root.path) {
      throw new UsageError(
        `${other} and ${root.path} would both become the object ${root.key}. Put them to different places.`,
      )
    }
    taken.set(root.key, root.path)
  }
}

/** May two of them tell of one key? Below one folder every file has a key of its own; a list may name anything. Pure. */
export function mayCollide(roots: readonly Root[]): boolean {
  const wide = roots.filter((root) => root.kind !== 'file')
  return wide.some(
    (one) =>
      one.kind === 'list' ||
      roots.some((other) => {
        if (other === one) return false
        const place = other.kind === 'file' ? other.key : other.prefix
        return place.startsWith(one.prefix) || (other.kind !== 'file' && one.prefix.startsWith(place))
      }),
  )
}
