/**
 * Joins the compiled modules of dist/ into few files. Finding, reading and linking some 130 modules one by one took Node
 * 100 ms at every start; the types stay as they are. What is shared by several doors is in one place, so that a class is
 * the same wherever it comes from. The code stays readable: nothing is renamed or shortened.
 */
import { readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { build } from 'esbuild'
import { root } from './shared.mjs'

/** All in one folder: a thread's program is found beside the code that starts it. */
const CODE = 'code'
const THREADS = ['node/workers/part-worker.js', 'server/digest-worker.js']
const COMMAND = 'cli/main.js'

/** @param folder the compiled tree, which is changed */
export async function bundle(folder) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const doors = Object.values(manifest.exports)
    .flatMap((door) => (typeof door === 'string' ? [] : [door.default]))
    .map((path) => path.replace(/^\.\/dist\//, ''))
  const entries = [...doors, COMMAND, ...THREADS]
  const outdir = join(folder, CODE)
  await build({
    entryPoints: Object.fromEntries(entries.map((path) => [nameOf(path), join(folder, path)])),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    chunkNames: 'shared-[hash]',
    charset: 'utf8',
    logLevel: 'warning',
  })
  removeModules(folder, outdir)
  for (const path of [...doors, COMMAND]) {
    const target = posix(relative(dirname(join(folder, path)), join(outdir, `${nameOf(path)}.js`)))
    const from = target.startsWith('.') ? target : `./${target}`
    writeFileSync(join(folder, path), path === COMMAND ? `import '${from}'\n` : `export * from '${from}'\n`)
  }
}

/** `checksum/index.js` is `checksum`, `index.js` is `index`. */
function nameOf(path) {
  return path
    .replace(/\.js$/, '')
    .replace(/(.)\/index$/, '$1')
    .split('/')
    .at(-1)
}

/** What was joined. The beginning of the command is no module and stays. */
function removeModules(folder, outdir) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && entry.name.endsWith('.js') && dirname(path) !== outdir) rmSync(path)
  }
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }).reverse()) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory() && readdirSync(path).length === 0) rmdirSync(path)
  }
}

function posix(path) {
  return path.split(sep).join('/')
}
