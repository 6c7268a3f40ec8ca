/** Commands to paste: how this program was called, and a command line quoted so that a shell reads it back. Pure. */
import { basename, relative } from 'node:path'

/** What to type for `longhaul`: a clone and a tarball have no such command, but the script they were started by. */
export function programName(scriptPath: string | undefined, workingFolder: string): string {
  if (scriptPath === undefined) return 'longhaul'
  const parts = scriptPath.split(/[\\/]/)
  if (parts.includes('.bin') || parts.slice(0, -1).includes('node_modules')) return 'npx longhaul'
  if (!/\.[cm]?js$/.test(basename(scriptPath))) return 'longhaul'
  const near = relative(workingFolder, scriptPath)
  return `node ${shellQuote(near.startsWith('..') ? scriptPath : near)}`
}

/** Headers that hold keys; their values are never repeated. */
const secretHeader = /^([^:]*customer-key)\s*:/i

/** What was meant for one time: typed again to go on, it would throw away what there is to go on with. */
const onceOnly = ['--restart', '--steal']

/** The command that goes on: the same again, without what must not be shown or must not be repeated. */
export function sameCommand(program: string, args: readonly string[]): string {
  const end = args.indexOf('--')
  const repeated = args.filter((arg, index) => !onceOnly.includes(arg) || (end !== -1 && index > end))
  const shown = repeated.map((arg, index) => {
    if (arg.startsWith('--header=')) return `--header=${withoutSecret(arg.slice('--header='.length))}`
    return repeated[index - 1] === '--header' ? withoutSecret(arg) : arg
  })
  return [program, ...shown.map(shellQuote)].join(' ')
}

function withoutSecret(header: string): string {
  const name = secretHeader.exec(header)?.[1]
  return name === undefined ? header : `${name}: ...`
}

/** Control characters, and those that turn the direction of a line around: raw, they would reach the terminal. */
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** A name as it stands; one with unprintable characters escaped, in quotes that a shell reads back. */
export function shownName(name: string): string {
  return name.search(unprintable) === -1 ? name : shellQuote(name)
}

export function shellQuote(text: string): string {
  if (text.search(unprintable) !== -1) {
    return `$'${text.replace(/[\\']/g, '\\$&').replace(unprintable, escaped)}'`
  }
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  // From U+0080 on a character is more than a byte, and \x means one.
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
