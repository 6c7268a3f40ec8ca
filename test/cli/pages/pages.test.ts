/** The pages and the manual are those that the program makes now, and what reads manuals finds nothing wrong in it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fixture } from '../../support/paths.js'
import { commands, examples, examplesFor, variables } from './sources.js'
import { PAGES } from './write-pages.js'

for (const [path, make] of Object.entries(PAGES)) {
  test(`${path} is up to date; if not: npm run docs:cli`, () => {
    assert.ok(
      readFileSync(fixture(path), 'utf8') === make(),
      `${path} differs from what the program makes now`,
    )
  })
}

test('every command has a description, and examples', () => {
  assert.ok(commands.length > 12)
  for (const command of commands) {
    assert.notEqual(command.description, '', command.path.join(' '))
    // One within another may leave that to the outer one.
    if (command.path.length === 1) assert.ok(examplesFor(command).length > 0, command.path.join(' '))
    for (const { flags, description } of command.options) assert.notEqual(description, '', flags)
  }
  assert.equal(new Set(commands.flatMap(examplesFor)).size, new Set(examples).size)
})

test('every variable that the sources read is told of', () => {
  const read = readdirSync(fixture('src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .flatMap((path) => [
      ...readFileSync(fixture(`src/${path}`), 'utf8').matchAll(/'((?:OSS|LONGHAUL)_[A-Z_]+)'/g),
    ])
    .map(([, name = '']) => name)
  assert.ok(read.length > 5)
  const told = variables.map(([name]) => name)
  assert.deepEqual(
    [...new Set(read)].filter((name) => !told.includes(name)),
    [],
  )
})

const has = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`], { timeout: 20_000 }).status === 0

test('mandoc finds nothing wrong in the manual', { skip: has('mandoc') ? false : 'no mandoc here' }, () => {
  const { status, stdout, stderr } = spawnSync(
    'mandoc',
    ['-T', 'lint', '-W', 'warning', fixture('docs/longhaul.1')],
    { encoding: 'utf8', timeout: 60_000 },
  )
  // Without a date a manual says when nothing changed but a version.
  const said = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !/missing date/.test(line))
  assert.deepEqual(said, [], `exit code ${status}`)
})

test('man shows it', { skip: has('groff') ? false : 'no groff here' }, () => {
  const { stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', fixture('docs/longhaul.1')], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  assert.equal(stderr, '')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: groff makes bold with them, by either of two ways
  const plain = stdout.replace(/.\x08|\x1b\[[0-9;]*m/gu, '').replace(/\s+/g, ' ')
  for (const text of ['--storage-class', 'longhaul put', 'OSS_ENDPOINT', 'such as 60MiB/s']) {
    assert.ok(plain.replaceAll('‐', '-').replaceAll('−', '-').includes(text), text)
  }
})
