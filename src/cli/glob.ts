/**
 * Patterns of names: `*` and `?` stay within a folder, `**` crosses folders, `[a-z]` and `{a,b}` choose, a backslash takes
 * what follows as it stands. Names that begin with a dot are names like others. Pure.
 */
import { UsageError } from './failure.js'

const magic = /[*?[{]/

/** Would a shell have expanded this? */
export function isGlob(text: string): boolean {
  return magic.test(text.replace(/\\./gs, ''))
}

/** The folder before the first segment that has something to expand, as it was written, and the pattern from there on. */
export function splitGlob(glob: string): { readonly base: string; readonly pattern: string } {
  const segments = glob.split('/')
  const first = segments.findIndex(isGlob)
  const literal = segments.slice(0, first).join('/').replace(/\\(.)/gs, '$1')
  const isRoot = first > 0 && literal === ''
  return { base: isRoot ? '/' : literal, pattern: segments.slice(first).join('/') }
}

/** @throws UsageError for what can't be a pattern */
export function compileGlob(glob: string): (path: string) => boolean {
  let regex: RegExp
  try {
    regex = new RegExp(`^(?:${translate(glob)})$`, 'su')
  } catch {
    throw new UsageError(`${JSON.stringify(glob)} is no pattern: check its brackets.`)
  }
  return (path) => regex.test(path)
}

function translate(glob: string): string {
  const characters = [...glob]
  let at = 0

  /** Up to the end, or within braces up to what ends this choice. */
  const sequence = (depth: number): string => {
    let source = ''
    while (at < characters.length) {
      const character = characters[at] ?? ''
      if (depth > 0 && (character === ',' || character === '}')) return source
      at += 1
      if (character === '\\' && at < characters.length) source += literal(characters[at++] ?? '')
      else if (character === '*') source += stars(at === 1 || isBoundary(characters[at - 2]))
      else if (character === '?') source += '[^/]'
      else if (character === '[') source += set() ?? literal('[')
      else if (character === '{') source += choice(depth) ?? literal('{')
      else source += literal(character)
    }
    return source
  }
  const stars = (atStart: boolean): string => {
    if (characters[at] !== '*') return '[^/]*'
    while (characters[at] === '*') at += 1
    if (!atStart || characters[at] !== '/') return '.*'
    at += 1
    return '(?:[^/]+/)*'
  }
  const set = (): string | undefined => {
    // A bracket that comes first is one of the set.
    const from = characters[at] === '!' || characters[at] === '^' ? at + 1 : at
    const end = characters.indexOf(']', from + 1)
    if (end === -1) return undefined
    const negated = from > at
    const content = characters.slice(from, end).map((each) => (each === '-' ? '-' : classLiteral(each)))
    at = end + 1
    return negated ? `(?!/)[^${content.join('')}]` : `(?!/)[${content.join('')}]`
  }
  const choice = (depth: number): string | undefined => {
    const start = at
    const choices: string[] = []
    for (;;) {
      choices.push(sequence(depth + 1))
      const end = characters[at]
      at += 1
      if (end === '}') return `(?:${choices.join('|')})`
      if (end === undefined) {
        at = start
        return undefined
      }
    }
  }
  return sequence(0)
}

function isBoundary(character: string | undefined): boolean {
  return character === '/' || character === '{' || character === ','
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character
}

function classLiteral(character: string): string {
  return /[\\\]^[]/.test(character) ? `\\${character}` : character
}
