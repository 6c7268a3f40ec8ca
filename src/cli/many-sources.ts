/** Turns what was typed into sources, one by one as they are found. Nothing is left out without a word. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  type Found,
  filesUnder,
  type ManySource,
  type PassedOver,
  type Symlinks,
  UploadError,
} from '../index.js'
import { oneLine } from './failure.js'
import { compileGlob } from './glob.js'
import { namesOf } from './name-list.js'
import { type Root, slashed } from './roots.js'
import type { Selection } from './selection.js'

export interface SourceOptions {
  readonly selection: Selection
  readonly symlinks?: Symlinks | undefined
  readonly recursive?: boolean | undefined
  readonly from0?: boolean | undefined
  /** What a list called `-` is read from. */
  readonly input?: (() => AsyncIterable<Uint8Array>) | undefined
  /** Told of what is passed over for being no file. */
  readonly notice: (text: string) => void
}

export async function* sourcesOf(roots: readonly Root[], options: SourceOptions): AsyncGenerator<ManySource> {
  for (const root of roots) {
    if (root.kind === 'file') yield { filename: root.path, key: root.key }
    else if (root.kind === 'folder') yield* inFolder(root, options)
    else if (root.kind === 'glob') yield* byPattern(root, options)
    else yield* byList(root, options)
  }
}

async function* inFolder(
  { path, prefix }: { readonly path: string; readonly prefix: string },
  options: SourceOptions,
): AsyncGenerator<ManySource> {
  const { selection, symlinks } = options
  for await (const found of filesUnder(path, { symlinks, enter: selection.enters })) {
    yield* taken(found, prefix, options)
  }
}

/** None or one. */
async function* taken(
  found: Found,
  prefix: string,
  { selection, notice }: SourceOptions,
): AsyncGenerator<ManySource> {
  const { path, relative } = found
  const source = { filename: path, key: `${prefix}${relative}` }
  if (found.kind === 'failed') {
    // What can't be read may be what would not be taken; of a folder nobody knows.
    yield { ...source, error: found.error }
  } else if (!selection.takesName(relative)) return
  else if (found.kind === 'passed-over') notice(`Passed over ${oneLine(path)}: ${reasons[found.why]}.`)
  else if (await fits(path, selection)) yield source
}

const reasons: Readonly<Record<PassedOver, string>> = {
  link: 'a symbolic link',
  circle: 'a symbolic link that leads back to where it is',
  dangling: 'a symbolic link to nothing',
  pipe: 'a pipe',
  socket: 'a socket',
  device: 'a device',
  unknown: 'no file',
}

/** A file that is gone by now is told by its upload. */
async function fits(path: string, selection: Selection): Promise<boolean> {
  if (!selection.asksFile) return true
  const facts = await stat(path).catch(() => undefined)
  return facts === undefined || selection.takesFile(facts)
}

async function* byPattern(
  { path, pattern, prefix }: Extract<Root, { kind: 'glob' }>,
  options: SourceOptions,
): AsyncGenerator<ManySource> {
  const { selection, symlinks, recursive } = options
  const isMatch = compileGlob(pattern)
  const depth = pattern.split('/').length
  const isDeep = pattern.includes('**') || recursive === true
  const matches = (relative: string): boolean => {
    if (isMatch(relative)) return true
    // With -r a folder that matches stands for all that is in it.
    return (
      recursive === true && relative.includes('/') && matches(relative.slice(0, relative.lastIndexOf('/')))
    )
  }
  const enter = (folder: string): boolean =>
    selection.enters(folder) && (isDeep || folder.split('/').length < depth)
  let count = 0
  for await (const found of filesUnder(path, { symlinks, enter })) {
    if (found.kind !== 'failed' && !matches(found.relative)) continue
    count += 1
    yield* taken(found, prefix, options)
  }
  if (count > 0) return
  const message = `Nothing in ${path} matches ${pattern}${recursive === true ? '' : ', or only folders do: to put those, give -r'}.`
  yield { filename: resolve(path, pattern), key: prefix, error: new UploadError('source-missing', message) }
}

/** A name of the list is a path from the root's folder on, and the key below its prefix. */
async function* byList(
  { list, path, prefix }: Extract<Root, { kind: 'list' }>,
  options: SourceOptions,
): AsyncGenerator<ManySource> {
  const { selection, from0 = false, recursive, input } = options
  for await (const name of namesOf(list, { from0, input })) {
    const filename = resolve(path, name)
    const relative = relativeOf(name)
    if (relative === undefined) {
      const message = `${name} in the list leads out of the folder that its names count from.`
      yield { filename, key: prefix, error: new UploadError('invalid-argument', message) }
      continue
    }
    const isFolder =
      recursive === true && (await stat(filename).catch(() => undefined))?.isDirectory() === true
    if (isFolder)
      yield* inFolder({ path: filename, prefix: `${prefix}${relative}/`.replace(/\/+$/, '/') }, options)
    else if (selection.takesName(relative) && (await fits(filename, selection))) {
      yield { filename, key: `${prefix}${relative}` }
    }
  }
}

/** `undefined` for what has `..` in it: no key can say where that is. Pure. */
export function relativeOf(name: string): string | undefined {
  const names = slashed(name)
    .split('/')
    .filter((each) => each !== '' && each !== '.')
  return names.includes('..') ? undefined : names.join('/')
}
