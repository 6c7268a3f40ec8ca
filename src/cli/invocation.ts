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

/** The same command again, without what must not be shown. */
export function sameCommand(program: string, args: readonly string[]): string {
  const shown = args.map((arg, index) => {
    if (arg.startsWith('--header=')) return `--header=${withoutSecret(arg.slice('--header='.length))}`
    return args[index - 1] === '--header' ? withoutSecret(arg) : arg
  })
  return [program, ...shown.map(shellQuote)].join(' ')
}

function withoutSecret(header: string): string {
  const name = secretHeader.exec(header)?.[1]
  return name === undefined ? header : `${name}: ...`
}

export function shellQuote(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
