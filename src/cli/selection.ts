/** Which of the files that were found are to be sent: by name, size and time. Pure. */
import { compileGlob } from './glob.js'

export interface NameRule {
  readonly kind: 'include' | 'exclude'
  readonly pattern: string
}

export interface SelectionFlags {
  /** In the order in which they were given. */
  readonly rules?: readonly NameRule[] | undefined
  /** Bytes; both ends count. */
  readonly minSize?: number | undefined
  readonly maxSize?: number | undefined
  /** Changed at this moment or later, milliseconds since the epoch. */
  readonly newerThan?: number | undefined
  /** Changed before this moment. */
  readonly olderThan?: number | undefined
}

export interface Selection {
  /** @param path from where the names are counted, with `/` between them */
  takesName(path: string): boolean
  /** May something in this folder be taken? What can't be is not even looked into. */
  enters(folder: string): boolean
  /** Is more than the name needed to decide? */
  readonly asksFile: boolean
  takesFile(facts: { readonly size: number; readonly mtimeMs: number }): boolean
}

/**
 * The first rule that fits decides. What none fits is taken, unless there is an `--include`: whoever names what they want
 * does not want the rest.
 *
 * @throws UsageError for what is no pattern
 */
export function createSelection(flags: SelectionFlags): Selection {
  const rules = (flags.rules ?? []).map(({ kind, pattern }) => ({ kind, fits: compileRule(pattern) }))
  const takesTheRest = rules.every(({ kind }) => kind === 'exclude')
  const firstInclude = rules.findIndex(({ kind }) => kind === 'include')
  // After an include somebody may want a file out of an excluded folder.
  const pruning = firstInclude === -1 ? rules : rules.slice(0, firstInclude)
  const { minSize, maxSize, newerThan, olderThan } = flags
  return {
    takesName(path) {
      const rule = rules.find(({ fits }) => fits(path, 'file'))
      return rule === undefined ? takesTheRest : rule.kind === 'include'
    },
    enters: (folder) => !pruning.some(({ fits }) => fits(folder, 'folder')),
    asksFile: [minSize, maxSize, newerThan, olderThan].some((each) => each !== undefined),
    takesFile: ({ size, mtimeMs }) =>
      size >= (minSize ?? 0) &&
      size <= (maxSize ?? Number.POSITIVE_INFINITY) &&
      mtimeMs >= (newerThan ?? Number.NEGATIVE_INFINITY) &&
      mtimeMs < (olderThan ?? Number.POSITIVE_INFINITY),
  }
}

/**
 * A pattern with a slash counts from the folder that is put; one without fits a name at any depth; one that ends in a
 * slash fits folders alone. What fits a folder fits all that is in it.
 */
function compileRule(pattern: string): (path: string, kind: 'file' | 'folder') => boolean {
  const foldersOnly = pattern.endsWith('/')
  const bare = pattern.replace(/\/+$/, '')
  const anchored = bare.includes('/')
  const fits = compileGlob(bare.replace(/^\/+/, ''))
  return (path, kind) => {
    const names = path.split('/')
    const last = foldersOnly && kind === 'file' ? names.length - 1 : names.length
    for (let count = 1; count <= last; count += 1) {
      if (fits(anchored ? names.slice(0, count).join('/') : (names[count - 1] ?? ''))) return true
    }
    return false
  }
}
