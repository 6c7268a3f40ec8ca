/**
 * Compiles. dist/ is what users get; with `--tests` also build/, which the tests run from. Both appear whole or not at
 * all: a failed or interrupted build leaves the earlier one in place, and no output outlives its source.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  digestOf,
  filesBelow,
  isProgram,
  readOrUndefined,
  refuse,
  root,
  runNode,
  say,
  takeTurn,
  tools,
} from './shared.mjs'

const COMPILER_ENDS_MS = 1_000
const STAMPS = 'node_modules/.longhaul-build'
/** Every build depends on these beside its sources. */
const SETTINGS = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'scripts/build.mjs',
  'scripts/bundle.mjs',
]

/** Brings dist/ up to date, and with `tests` build/ too. Ends the process with the compiler's words when it can't. */
export async function build({ tests = false } = {}) {
  const product = filesBelow('src').filter((path) => !path.endsWith('.test.ts'))
  await step({
    name: 'dist',
    inputs: [...product, 'tsconfig.dist.json'],
    make: () => compileInto('dist', 'tsconfig.dist.json', finishProduct),
    isThere: () => existsSync(join(root, 'dist', 'index.js')),
  })
  if (!tests) return
  await step({
    // The engine compiles without Node and DOM types: what it needs of the world comes through its ports.
    name: 'engine wall',
    inputs: filesBelow('src/engine').filter((path) => !path.endsWith('.test.ts')),
    make: () => compile(['-p', 'src/engine']),
    isThere: () => true,
  })
  await step({
    name: 'build',
    inputs: filesBelow('src', 'test', 'bench').filter((path) => /\.c?ts$/.test(path)),
    make: () => compileInto('build', 'tsconfig.json', async () => {}),
    isThere: () => existsSync(join(root, 'build', 'src')),
  })
}

/** What builds left that were killed. It is our turn, so nobody else's is under way. */
function removeLeftovers() {
  for (const name of readdirSync(root)) {
    if (/^build-(next|old)-[a-z]+-\d+$/.test(name)) rmSync(join(root, name), { recursive: true, force: true })
  }
}

/** Does one step unless it was done before with the same inputs. */
async function step({ name, inputs, make, isThere }) {
  const stampPath = `${STAMPS}/${name.replace(' ', '-')}`
  const stamp = digestOf([...SETTINGS, ...inputs])
  const isDone = () => isThere() && readOrUndefined(stampPath)?.toString() === stamp
  if (isDone()) return
  const giveBack = takeTurn()
  try {
    // Whoever had the turn before may have done it.
    if (isDone()) return
    say(`compiling ${name}`)
    removeLeftovers()
    await make()
    mkdirSync(join(root, STAMPS), { recursive: true })
    writeFileSync(join(root, stampPath), stamp)
  } finally {
    giveBack()
  }
}

/** Compiles beside the folder and then takes its place. Same depth, so that source maps still point at the sources. */
async function compileInto(folder, project, finish) {
  const target = join(root, folder)
  const fresh = join(root, `build-next-${folder}-${process.pid}`)
  const old = join(root, `build-old-${folder}-${process.pid}`)
  try {
    await compile(['-p', project, '--outDir', fresh, '--incremental', 'false'])
    await finish(fresh)
    if (existsSync(target)) renameSync(target, old)
    renameSync(fresh, target)
  } finally {
    for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function compile(args) {
  const exitCode = await runNode([tools.tsc, ...args], { stdio: ['ignore', 2, 2] })
  if (exitCode > 128) {
    // The compiler itself is a child of what we started, and writes on for a moment.
    await sleep(COMPILER_ENDS_MS)
    throw new StoppedError('The build was stopped', exitCode)
  }
  if (exitCode !== 0)
    throw new StoppedError(`tsc ${args.slice(0, 2).join(' ')} found errors, they are above`, 1)
}

class StoppedError extends Error {
  constructor(message, exitCode) {
    super(message)
    this.exitCode = exitCode
  }
}

async function finishProduct(folder) {
  // Not sooner: what it needs may only just have been installed.
  const { bundle } = await import('./bundle.mjs')
  await bundle(folder)
  makeExecutable(folder)
}

/** npm does this on installation; from a clone nobody does. */
function makeExecutable(folder) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const path of Object.values(manifest.bin)) {
    const built = join(folder, path.replace(/^\.\/dist\//, ''))
    if (existsSync(built)) chmodSync(built, 0o755)
  }
}

/** The same, with a compile error as a sentence and an exit code. */
export async function buildOrRefuse(options) {
  try {
    await build(options)
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error
    refuse(`${error.message}. Nothing was replaced.`, error.exitCode)
  }
}

if (isProgram(import.meta.url)) {
  await buildOrRefuse({ tests: process.argv.includes('--tests') })
}
