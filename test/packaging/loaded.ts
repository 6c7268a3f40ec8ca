/** Which modules a door brings into memory: its own files' imports, recorded while it loads in a process of its own. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type InstalledPackage, succeed } from './installed.js'

export interface Loaded {
  /** How many files of ours were loaded. */
  readonly ownFiles: number
  /** npm packages that our files import, sorted. */
  readonly packages: readonly string[]
  /** `node:` modules that our files import, sorted. */
  readonly builtins: readonly string[]
}

/** Newer Nodes hook in the same thread, older ones in another: a file is what both can write to. */
const RECORDER = `
import { appendFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
const note = (context, result) => {
  appendFileSync(process.env.LONGHAUL_RECORD, JSON.stringify([context.parentURL ?? '', result.url]) + '\\n')
  return result
}
export const resolve = async (specifier, context, next) => note(context, await next(specifier, context))
const isMainThread = !import.meta.url.includes('?hooks')
if (isMainThread && nodeModule.registerHooks) {
  nodeModule.registerHooks({ resolve: (specifier, context, next) => note(context, next(specifier, context)) })
} else if (isMainThread) {
  nodeModule.register(import.meta.url + '?hooks')
}
`

export function loadedBy(installed: InstalledPackage, doorName: string): Loaded {
  const record = join(installed.folder, 'record.jsonl')
  rmSync(record, { force: true })
  installed.write('recorder.mjs', RECORDER)
  installed.write('probe.mjs', `await import(${JSON.stringify(doorName)})`)
  succeed(
    `loading ${doorName}`,
    installed.node(['--import', './recorder.mjs', 'probe.mjs'], { LONGHAUL_RECORD: record }),
  )
  const lines = existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n') : []
  const edges = lines.map((line): [parent: string, child: string] => JSON.parse(line))
  const packageOf = (url: string): string | undefined =>
    /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  const fromOurs = edges.filter(([parent]) => packageOf(parent) === 'longhaul').map(([, child]) => child)
  const packages = fromOurs.map(packageOf).filter((name) => name !== undefined && name !== 'longhaul')
  return {
    ownFiles: new Set(edges.map(([, child]) => child).filter((url) => packageOf(url) === 'longhaul')).size,
    packages: [...new Set(packages)].filter((name) => name !== undefined).sort(),
    builtins: [...new Set(fromOurs.filter((url) => url.startsWith('node:')))].sort(),
  }
}
