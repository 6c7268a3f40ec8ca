/** Tries copies of the sources, each broken in one way, two at a time: the program run over a copy says when it saw it. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Broken } from './broken.js'
import { endsWithUs, tidyAtEnd } from './command.js'
import { fixture } from './paths.js'

/** Rejects when it ends with anything but 0. */
function run(
  program: string,
  args: readonly string[],
  options: { readonly timeout?: number } = {},
): Promise<{ stdout: string }> {
  const running = promisify(execFile)(program, args, options)
  endsWithUs(running.child)
  return running
}

/** The compiler itself: the script that npm knows starts it, on older Node as a child that would outlive us. */
async function compiler(): Promise<string> {
  const { href } = pathToFileURL(fixture('node_modules/typescript/lib/getExePath.js'))
  const { default: getExePath } = (await import(href)) as { readonly default: () => string }
  return getExePath()
}

/** What is broken and plays for longer than this hangs, which is seen, too. */
const LONGEST_MS = 600_000

export interface Verdict {
  readonly name: string
  readonly seed?: number
  readonly why: string
}

export interface BrokenCopies {
  readonly broken: readonly Broken[]
  /** Folders of `test/` that the program needs. */
  readonly folders: readonly string[]
  /** Plays seeds until one fails and prints it as JSON, `{ seed, why }`; takes `--most`. Such as `test/x/first.js`. */
  readonly program: string
  /** What else it is told. */
  readonly flags?: readonly string[]
  readonly most: number
}

/** Says each verdict as it comes; resolves with all, in the order of the list. */
export async function tryBrokenCopies(copies: BrokenCopies): Promise<readonly Verdict[]> {
  const waiting = [...copies.broken.entries()]
  const verdicts: Verdict[] = []

  /** `build-next-…` is what the build clears away when it finds it left over. */
  async function tryAll(worker: number): Promise<void> {
    const folder = fixture(`build-next-broken-${process.pid}${worker}`)
    const clear = tidyAtEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [index, broken] = next
        const verdict = await tryOne(folder, broken, copies)
        verdicts[index] = verdict
        const seen = verdict.seed === undefined ? 'NOT SEEN' : `seed ${verdict.seed}`
        console.log(`${seen.padEnd(12)} ${broken.name}: ${verdict.why}`)
      }
    } finally {
      clear()
    }
  }

  await Promise.all([1, 2].map(tryAll))
  return verdicts
}

async function tryOne(folder: string, broken: Broken, copies: BrokenCopies): Promise<Verdict> {
  const { name } = broken
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'test'), { recursive: true })
  cpSync(fixture('src'), join(folder, 'src'), { recursive: true })
  for (const part of copies.folders) {
    cpSync(fixture(`test/${part}`), join(folder, 'test', part), { recursive: true })
  }
  for (const { file, find, replace } of broken.edits) {
    const path = join(folder, file)
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(find, () => replace),
    )
  }
  const settings = {
    extends: '../tsconfig.json',
    // What is broken on purpose need not be well typed.
    compilerOptions: { rootDir: '.', outDir: 'out', noCheck: true, declaration: false, sourceMap: false },
    include: ['src', 'test'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  await run(await compiler(), ['-p', folder])
  const program = join(folder, 'out', copies.program)
  try {
    const { stdout } = await run(
      process.execPath,
      [program, '--most', String(copies.most), ...(copies.flags ?? [])],
      {
        timeout: LONGEST_MS,
      },
    )
    if (stdout.trim() === '') return { name, why: `nothing failed in ${copies.most} seeds` }
    const { seed, why } = JSON.parse(stdout) as { readonly seed: number; readonly why: string }
    return { name, seed, why: why.replace(/^seed \d+: /, '') }
  } catch (error) {
    return { name, why: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) }
  }
}
