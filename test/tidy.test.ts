/** Holds the house to its plan: layers, banned names, sizes, doors, dead files. A failure names the file and the rule. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { test } from 'node:test'
import { fixture, projectRoot } from './support/paths.js'
import { readSource, type SourceText, specifiersOf } from './support/source-text.js'

const MOST_LINES = 320

/** A suite of one thing may tell more than the thing. */
const MOST_LINES_OF_TESTS = 500

/** Files that may be longer, each with its reason. */
const LONGER: Readonly<Record<string, string>> = {}

const PORTS = ['engine/ports.ts', 'engine/stream-ports.ts', 'engine/errors.ts', 'engine/checkpoint.ts']
const DOORS_FOR_CLI = ['index.ts', 'checksum/index.ts', 'protocol/signing.ts']

/** What a file may import of ours, by the first prefix that fits: folders end in a slash. Its own folder always. */
const LAYERS: readonly (readonly [prefix: string, mayImport: readonly string[]])[] = [
  ['engine/', []],
  ['checksum/', []],
  ['protocol/', ['checksum/']],
  ['files/', []],
  ['sources/', [...PORTS, 'protocol/', 'checksum/', 'files/']],
  ['checkpoints/', [...PORTS, 'many/ports.ts', 'protocol/', 'checksum/', 'files/']],
  ['many/', ['engine/', 'checksum/']],
  ['services/', [...PORTS, 'protocol/', 'checksum/']],
  ['transport/', [...PORTS, 'protocol/', 'checksum/']],
  ['server/', ['protocol/', 'checksum/']],
  ['cli/commands/serve.ts', ['cli/', ...DOORS_FOR_CLI, 'server/index.ts']],
  ['cli/', DOORS_FOR_CLI],
  [
    'testing/',
    ['engine/', 'checksum/', 'protocol/', 'sources/', 'checkpoints/', 'services/', 'transport/', 'server/'],
  ],
  [
    'node/',
    ['engine/', 'many/', 'checksum/', 'protocol/', 'sources/', 'checkpoints/', 'services/', 'transport/'],
  ],
  ['index.ts', ['engine/', 'many/', 'sources/', 'checkpoints/', 'services/', 'node/']],
]

interface Manifest {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly scripts: Readonly<Record<string, string>>
}

interface LockEntry {
  readonly integrity?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const lock: { packages: Record<string, LockEntry> } = JSON.parse(
  readFileSync(fixture('package-lock.json'), 'utf8'),
)
const manifest: Manifest = JSON.parse(readFileSync(fixture('package.json'), 'utf8'))

/** Paths from the project's root, forward slashes. */
function filesBelow(folder: string, ending: string): readonly string[] {
  if (!existsSync(fixture(folder))) return []
  return readdirSync(fixture(folder), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
    .filter((path) => path.endsWith(ending))
    .sort()
}

const read = new Map<string, SourceText>()

function sourceOf(path: string): SourceText {
  const known = read.get(path) ?? readSource(readFileSync(fixture(path), 'utf8'))
  read.set(path, known)
  return known
}

/** The project's files that a file imports. */
function importsOf(path: string): readonly string[] {
  return specifiersOf(sourceOf(path)).flatMap((specifier) => {
    if (!specifier.startsWith('.')) return []
    return [posix.join(dirname(path), specifier).replace(/\.js$/, '.ts')]
  })
}

/** What stands behind `./dist/x.js`. */
const sourceBehind = (distPath: string): string =>
  distPath
    .replace(/^\.\/dist\//, 'src/')
    .replace(/\.cjs$/, '.cts')
    .replace(/\.d\.ts$|\.js$/, '.ts')

const doors = Object.values(manifest.exports).flatMap((door) => (typeof door === 'string' ? [] : [door]))
const isTest = (path: string): boolean => path.endsWith('.test.ts')
const sources = [...filesBelow('src', '.ts'), ...filesBelow('src', '.cts')]
const product = sources.filter((path) => !isTest(path))
const tests = filesBelow('test', '.ts')
const benches = filesBelow('bench', '.ts')
const scripts = filesBelow('scripts', '.mjs')
const ownCode = [...sources, ...tests, ...benches, ...scripts]
const pages = [
  ...readdirSync(projectRoot).filter((name) => name.endsWith('.md')),
  ...filesBelow('docs', '.md'),
  ...filesBelow('changes', '.md'),
]

test('the scan sees the project', () => {
  assert.ok(product.length > 4, 'src has files')
  assert.ok(tests.includes('test/tidy.test.ts'), 'test has this file')
})

test('every file imports only what its layer may', () => {
  const wrong: string[] = []
  for (const path of product) {
    const inside = path.slice('src/'.length)
    const layer = LAYERS.find(([prefix]) => inside.startsWith(prefix))
    if (layer === undefined) {
      wrong.push(`${path} belongs to no layer`)
      continue
    }
    const [prefix, mayImport] = layer
    const allowed = prefix.endsWith('/') ? [prefix, ...mayImport] : mayImport
    for (const target of importsOf(path)) {
      const name = target.slice('src/'.length)
      const fits = allowed.some((entry) => (entry.endsWith('/') ? name.startsWith(entry) : name === entry))
      if (!target.startsWith('src/') || !fits) wrong.push(`${path} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('the engine imports nothing but itself', () => {
  const wrong = product
    .filter((path) => path.startsWith('src/engine/'))
    .flatMap((path) => specifiersOf(sourceOf(path)).map((specifier) => ({ path, specifier })))
    .filter(({ specifier }) => !specifier.startsWith('.'))
  assert.deepEqual(wrong, [])
})

test('the engine takes time, luck and the world as arguments', () => {
  const banned =
    /(?<![.\w$])(?:Date|process|console|setTimeout|setInterval|setImmediate|queueMicrotask|performance|crypto|fetch|Buffer|globalThis)\b(?!\s*\??:)|\bMath\s*\.\s*random\b/
  const wrong = product
    .filter((path) => path.startsWith('src/engine/'))
    .flatMap((path) => linesMatching(path, sourceOf(path).bare, banned))
  assert.deepEqual(wrong, [])
})

test('every relative import names a file that exists', () => {
  const wrong = [...sources, ...tests, ...benches].flatMap((path) =>
    importsOf(path)
      .filter((target) => !existsSync(fixture(target)))
      .map((target) => `${path} imports ${target}`),
  )
  assert.deepEqual(wrong, [])
})

test('no files import one another in a circle', () => {
  const known = new Set(product)
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
    else if (known.has(path) && !done.has(path)) {
      for (const target of importsOf(path)) visit(target, [...trail, path])
      done.add(path)
    }
  }
  for (const path of product) visit(path, [])
  assert.deepEqual(circles, [])
})

test('every source file is reached from a door, the command line, a test or a benchmark', () => {
  const reached = new Set<string>()
  const visit = (path: string): void => {
    if (reached.has(path) || !existsSync(fixture(path))) return
    reached.add(path)
    importsOf(path).forEach(visit)
  }
  doors.map((door) => sourceBehind(door.default)).forEach(visit)
  Object.values(manifest.bin).map(sourceBehind).forEach(visit)
  ;[...sources, ...tests].filter(isTest).forEach(visit)
  benches.forEach(visit)
  assert.deepEqual(
    sources.filter((path) => !reached.has(path)),
    [],
  )
})

test('every door and command of package.json has its source', () => {
  const missing = [
    ...doors.flatMap((door) => [door.default, door.types]),
    ...Object.values(manifest.bin),
  ].filter((path) => !existsSync(fixture(sourceBehind(path))))
  assert.deepEqual(missing, [])
})

test('the door that types describe is the door that loads', () => {
  for (const door of doors) assert.equal(sourceBehind(door.types), sourceBehind(door.default))
})

test('documents name only doors, scripts and files that exist', () => {
  const wrong: string[] = []
  for (const page of pages) {
    const text = readFileSync(fixture(page), 'utf8')
    for (const [, door] of text.matchAll(/['"`]longhaul\/([\w/-]+)['"`]/g)) {
      if (manifest.exports[`./${door}`] === undefined) wrong.push(`${page}: door longhaul/${door}`)
    }
    for (const [, script] of text.matchAll(/\bnpm run ([\w:-]+)/g)) {
      if (script !== undefined && manifest.scripts[script] === undefined)
        wrong.push(`${page}: npm run ${script}`)
    }
    for (const [, link] of text.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)) {
      if (link !== undefined && !existsSync(join(projectRoot, dirname(page), link)))
        wrong.push(`${page}: ${link}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('nothing is left to be done later', () => {
  const marks = new RegExp(`\\b(?:${['TO', 'FIX', 'XX'].join('|')})(?:DO|ME|X)\\b`)
  assert.deepEqual(
    ownCode.flatMap((path) => linesMatching(path, readFileSync(fixture(path), 'utf8'), marks)),
    [],
  )
})

test('no test runs alone, and none is left out without a reason', () => {
  const alone = /\b(?:test|it|describe|suite)\s*\.\s*(?:only|skip|todo)\b|\b(?:only|skip|todo)\s*:\s*true\b/
  const unreasoned = /\.(?:skip|todo)\(\s*\)/
  const suites = [...sources, ...tests].filter((path) => path !== 'test/tidy.test.ts')
  assert.deepEqual(
    suites.flatMap((path) => [
      ...linesMatching(path, sourceOf(path).bare, alone),
      ...linesMatching(path, sourceOf(path).code, unreasoned),
    ]),
    [],
  )
})

test(`no file has more than ${MOST_LINES} lines without a reason`, () => {
  const lines = (path: string): number => readFileSync(fixture(path), 'utf8').split('\n').length - 1
  const bound = (path: string): number => (path.endsWith('.test.ts') ? MOST_LINES_OF_TESTS : MOST_LINES)
  const long = ownCode.filter((path) => lines(path) > bound(path))
  assert.deepEqual(
    long.filter((path) => LONGER[path] === undefined).map((path) => `${path}: ${lines(path)}`),
    [],
  )
  assert.deepEqual(
    Object.keys(LONGER).filter((path) => !long.includes(path)),
    [],
    'a listed file is no longer long',
  )
})

test('the lock file pins contents, and records no address', () => {
  const text = readFileSync(fixture('package-lock.json'), 'utf8')
  assert.ok(!text.includes('"resolved"'), 'resolved stands in package-lock.json')
  const unpinned = Object.entries(lock.packages).filter(([path, entry]) => path !== '' && !entry.integrity)
  assert.deepEqual(unpinned, [])
})

test('the lock file has every package that its packages name, those of other platforms too, as npm ci demands', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies, ...entry.devDependencies })
      .filter((name) => !isLocked(path, name))
      .map((name) => `${name}, wanted by ${path === '' ? 'package.json' : path}`),
  )
  assert.deepEqual(missing, [])
})

/** Looked for as Node does: beside the package, then in every folder above. */
function isLocked(path: string, name: string): boolean {
  const base = path === '' ? '' : `${path}/`
  if (lock.packages[`${base}node_modules/${name}`] !== undefined) return true
  const above = path.lastIndexOf('node_modules/')
  return path !== '' && isLocked(path.slice(0, Math.max(above - 1, 0)), name)
}

/** `path:line: text` of every line that matches. */
function linesMatching(path: string, text: string, pattern: RegExp): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []))
}
