/**
 * `npm run simulate:broken`: breaks a copy of the sources in one way after the other, and plays seeds until one fails.
 * `-- --only WORD` tries those whose name has the word, `-- --write` writes the table into docs/reliability.md.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { markdownTable, measuredOn, writeFigures } from '../../support/figures.js'
import { fixture } from '../../support/paths.js'
import type { BrokenEngine } from './edit.js'
import { brokenEngines } from './engines.js'

const run = promisify(execFile)

const most = 10_000
/** A broken engine that plays for longer than this hangs, which is seen, too. In milliseconds. */
const longestMs = 600_000

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
})

interface Verdict {
  readonly name: string
  readonly seed?: number
  readonly why: string
}

const chosen = brokenEngines.filter(({ name }) => name.includes(values.only))
const waiting = [...chosen.entries()]
const verdicts: Verdict[] = []
await Promise.all([1, 2].map((worker) => tryAll(worker)))
const unseen = verdicts.filter(({ seed }) => seed === undefined)
console.log(
  `${verdicts.length - unseen.length} of ${verdicts.length} broken engines were seen within ${most} seeds`,
)
if (unseen.length > 0) process.exitCode = 1
if (values.write && values.only === '') write()

/** `build-next-…` is what the build clears away when it finds it left over. */
async function tryAll(worker: number): Promise<void> {
  const folder = fixture(`build-next-broken-${process.pid}${worker}`)
  try {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, broken] = next
      const verdict = await tryOne(folder, broken)
      verdicts[index] = verdict
      const seen = verdict.seed === undefined ? 'NOT SEEN' : `seed ${verdict.seed}`
      console.log(`${seen.padEnd(12)} ${broken.name}: ${verdict.why}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function tryOne(folder: string, { name, edits }: BrokenEngine): Promise<Verdict> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'test'), { recursive: true })
  cpSync(fixture('src'), join(folder, 'src'), { recursive: true })
  for (const part of ['simulation', 'support']) {
    cpSync(fixture(`test/${part}`), join(folder, 'test', part), { recursive: true })
  }
  for (const { file, find, replace } of edits) {
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
  await run(process.execPath, [fixture('node_modules/typescript/bin/tsc'), '-p', folder])
  const program = join(folder, 'out/test/simulation/first-failure.js')
  try {
    const { stdout } = await run(process.execPath, [program, '--most', String(most)], { timeout: longestMs })
    if (stdout.trim() === '') return { name, why: `nothing failed in ${most} seeds` }
    const { seed, why } = JSON.parse(stdout) as { readonly seed: number; readonly why: string }
    return { name, seed, why: why.replace(/^seed \d+: /, '') }
  } catch (error) {
    return { name, why: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) }
  }
}

function write(): void {
  const table = markdownTable(
    [{ title: 'an engine that …' }, { title: 'seen at seed', align: 'right' }, { title: 'as' }],
    verdicts.map(({ name, seed, why }) => [name, seed ?? 'not seen', why.replaceAll('|', '/').slice(0, 110)]),
  )
  const place = { page: 'reliability', name: 'broken-engines' }
  writeFigures(place, `\`npm run simulate:broken\`, ${measuredOn()}.\n\n${table}`)
}
