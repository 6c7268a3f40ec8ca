/** What a user gets: the packed tarball in an empty project. Every door is read from package.json, none is named twice. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fixture } from '../support/paths.js'
import { doors, InstalledPackage, manifest, succeed } from './installed.js'
import { loadedBy } from './loaded.js'

/** What `npm install longhaul` may bring, itself included. Measured, with slack for our own growth, not for a new habit. */
const MOST_PACKAGES = 20
const MOST_MB = 12

interface MayLoad {
  /** npm packages, by name. */
  readonly packages: readonly string[]
  /** Modules of Node itself. A door without them runs anywhere. */
  readonly node: boolean
}

/** What each door may bring into memory when it is loaded. A new door needs a line here: a decision. */
const MAY_LOAD: Readonly<Record<string, MayLoad>> = {
  longhaul: { packages: ['@noble/hashes'], node: true },
  'longhaul/checksum': { packages: ['@noble/hashes'], node: false },
  'longhaul/signing': { packages: ['@noble/hashes'], node: false },
  // LevelDB is loaded when a folder is opened, not before.
  'longhaul/server': { packages: ['@noble/hashes'], node: true },
  'longhaul/testing': { packages: ['@noble/hashes'], node: true },
}

let installed: InstalledPackage

before(async () => {
  installed = await InstalledPackage.make()
})
after(() => installed?.remove())

test('the package has its doors, its licence and its readme, and no tests or sources', () => {
  const folder = join(installed.folder, 'node_modules', 'longhaul')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) =>
    path.replaceAll('\\', '/'),
  )
  for (const name of ['LICENSE', 'README.md', 'THIRD-PARTY.md', 'package.json'])
    assert.ok(files.includes(name), name)
  const strays = files.filter((path) => /\.test\.|^(?:src|test|bench|build)\b|(?<!\.d)\.ts$/.test(path))
  assert.deepEqual(strays, [])
})

test('what is joined in from others is named with its licence, and nothing else is joined in', () => {
  const folder = join(installed.folder, 'node_modules', 'longhaul')
  const notices = readFileSync(join(folder, 'THIRD-PARTY.md'), 'utf8')
  const named = [...notices.matchAll(/^## (.+)$/gm)].map(([, name]) => name).sort()
  const code = join(folder, 'dist', 'code')
  const joined = readdirSync(code).flatMap((file) =>
    // The line that the bundler writes before each module.
    [
      ...readFileSync(join(code, file), 'utf8').matchAll(
        /^\s*\/\/ .*node_modules\/((?:@[^/]+\/)?[^/\s]+)\//gm,
      ),
    ].map(([, name]) => name),
  )
  assert.deepEqual([...new Set(joined)].sort(), named)
})

test('every door loads by import and by require, without a warning, and gives the same names', () => {
  const names = JSON.stringify(doors.map((door) => door.name))
  const print = 'process.stdout.write(JSON.stringify(loaded.map((door) => Object.keys(door).sort())))'
  installed.write('load.mjs', `const loaded = await Promise.all(${names}.map((n) => import(n)))\n${print}`)
  installed.write('load.cjs', `const loaded = ${names}.map((n) => require(n))\n${print}`)
  const imported = installed.node(['load.mjs'])
  const required = installed.node(['load.cjs'])
  succeed('import', imported)
  succeed('require', required)
  assert.equal(imported.stderr + required.stderr, '')
  const namesByDoor: readonly string[][] = JSON.parse(imported.stdout)
  namesByDoor.forEach((found, index) => {
    assert.ok(found.length > 0, `${doors[index]?.name} exports nothing`)
  })
  const withoutMarks = (found: readonly string[]): string[] =>
    found.filter((name) => name !== '__esModule' && name !== 'module.exports')
  assert.deepEqual(JSON.parse(required.stdout).map(withoutMarks), namesByDoor)
})

test('a path that is no door stays closed', () => {
  const ended = installed.node(['-e', "import('longhaul/dist/index.js')"])
  assert.match(ended.stderr, /ERR_PACKAGE_PATH_NOT_EXPORTED/)
})

test('the command answers with the version of the package', () => {
  const ended = installed.command(['--version'])
  succeed('longhaul --version', ended)
  assert.equal(ended.stdout.trim().split(' ').at(-1), manifest.version)
})

test('no door drags in what it does not need', () => {
  assert.deepEqual(Object.keys(MAY_LOAD).sort(), doors.map((door) => door.name).sort())
  for (const door of doors) {
    const may = MAY_LOAD[door.name]
    assert.ok(may !== undefined)
    const loaded = loadedBy(installed, door.name)
    assert.ok(loaded.ownFiles > 0, `${door.name}: the recording saw nothing`)
    const strangers = loaded.packages.filter((name) => !may.packages.includes(name))
    assert.deepEqual(strangers, [], `${door.name} loads packages it should not`)
    if (!may.node) assert.deepEqual(loaded.builtins, [], `${door.name} loads modules of Node`)
  }
})

test(`an installation brings at most ${MOST_PACKAGES} packages and ${MOST_MB} MB`, () => {
  const modules = join(installed.folder, 'node_modules')
  const lock: { packages: Record<string, unknown> } = JSON.parse(
    readFileSync(join(modules, '.package-lock.json'), 'utf8'),
  )
  const packages = Object.keys(lock.packages)
  const bytes = readdirSync(modules, { recursive: true, encoding: 'utf8' })
    .map((path) => join(modules, path))
    .filter((path) => existsSync(path) && statSync(path).isFile())
    .reduce((sum, path) => sum + statSync(path).size, 0)
  assert.ok(packages.length > 1, 'the dependencies are counted')
  assert.ok(packages.length <= MOST_PACKAGES, `${packages.length} packages: ${packages.join(', ')}`)
  assert.ok(bytes <= MOST_MB * 1e6, `${(bytes / 1e6).toFixed(1)} MB`)
})

test('the example for tests passes where the package is installed', () => {
  installed.write('node-test.test.mjs', readFileSync(fixture('examples/node-test.test.mjs'), 'utf8'))
  const ended = installed.node(['--test', '--test-reporter=tap', 'node-test.test.mjs'])
  succeed('node --test', ended)
  assert.match(ended.stdout, /^# pass 3$/m)
})

test('a server in memory loads no database, a server with a folder does', () => {
  const start = (options: string): string =>
    `const { createServer } = await import('longhaul/server')\nconst server = await createServer(${options})\nawait server.close()\n`
  installed.write('in-memory.mjs', start(''))
  installed.write('in-folder.mjs', start("{ dataDir: 'server-data' }"))
  assert.deepEqual(loadedBy(installed, './in-memory.mjs').packages, ['@noble/hashes'])
  assert.deepEqual(loadedBy(installed, './in-folder.mjs').packages, ['@noble/hashes', 'classic-level'])
})
