/**
 * Joins the compiled modules of dist/ into few files. Finding, reading and linking some 130 modules one by one took Node
 * 100 ms at every start; the types stay as they are. What is shared by several doors is in one place, so that a class is
 * the same wherever it comes from. The code stays readable: nothing is renamed or shortened.
 *
 * Packages stay outside, but not those that are CommonJS: before a module can import such a file, Node searches all of its
 * text for exports, which took longer than everything else there is to load. So the reader of XML, with the tables that
 * it needs, is joined in (THIRD-PARTY.md has their licences), and the command's parser of arguments is required.
 */
import { readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
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
    external: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    plugins: [required('commander')],
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

/** It needs modules of Node in a way that can't be joined into an ES module, so it is loaded as what it is: CommonJS. */
function required(name) {
  return {
    name: 'required',
    setup(build) {
      const filter = new RegExp(`^${name}$`)
      build.onResolve({ filter }, () => ({ path: name, namespace: 'required', sideEffects: false }))
      build.onLoad({ filter, namespace: 'required' }, () => ({
        contents: [
          "import { createRequire } from 'node:module'",
          `export const { ${Object.keys(createRequire(import.meta.url)(name))} } = createRequire(import.meta.url)('${name}')`,
        ].join('\n'),
      }))
    },
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
