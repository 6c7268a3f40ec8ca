/** The mutation tester itself: nothing may pass for killed that was not, and no survivor may go unexplained. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fixture } from '../support/paths.js'
import { compare, type Fate, type Mutant, readMutants, type StrykerReport, scoreTable } from './report.js'
import { explanations } from './survivors.js'
import type { Verdict } from './verdicts.js'

const source = `export function smaller(a: number, b: number): boolean {
  return a < b
}
`

const report = (status: string): StrykerReport => ({
  files: {
    'src/a.ts': {
      source,
      mutants: [
        {
          id: '7',
          status,
          replacement: 'a <= b',
          location: { start: { line: 2, column: 10 }, end: { line: 2, column: 15 } },
        },
        {
          id: '8',
          status: 'Survived',
          replacement: '{}',
          location: { start: { line: 1, column: 56 }, end: { line: 3, column: 2 } },
        },
      ],
    },
  },
})

const verdicts = new Map<string, Verdict>([['7', { mutant: '7', killer: 'simulation', what: 'seed 3' }]])
const mutant = (change: string, fate: Fate, file = 'src/a.ts'): Mutant => ({ file, line: 1, change, fate })

test('a mutant is told by its line, what was there and what came instead, wherever the line stands', () => {
  assert.deepEqual(readMutants(report('Killed'), verdicts), [
    {
      file: 'src/a.ts',
      line: 1,
      change: 'export function smaller(a: number, b: number): boolean { | { return a < b } -> {}',
      fate: 'survived',
    },
    { file: 'src/a.ts', line: 2, change: 'return a < b | a < b -> a <= b', fate: 'simulation' },
  ])
})

test('a mutant of which nobody says what killed it stops the run', () => {
  assert.throws(() => readMutants(report('Killed'), new Map()), /Mutant 7 ended as Killed/)
  assert.throws(() => readMutants(report('RuntimeError'), verdicts), /ended as RuntimeError/)
})

test('a survivor needs an explanation, and an explanation a survivor', () => {
  const known = { file: 'src/a.ts', change: 'x -> y', why: 'z' }
  const survivor = mutant('x -> y', 'survived')
  assert.deepEqual(compare([survivor], []), { unexplained: [survivor], needless: [] })
  assert.deepEqual(compare([survivor], [known]), { unexplained: [], needless: [] })
  assert.deepEqual(compare([mutant('x -> y', 'tests')], [known]), { unexplained: [], needless: [known] })
  const elsewhere = mutant('x -> y', 'survived', 'src/b.ts')
  assert.deepEqual(compare([elsewhere], [known]), { unexplained: [elsewhere], needless: [] })
})

test('the score counts what was noticed', () => {
  const table = scoreTable([
    mutant('1', 'tests'),
    mutant('2', 'limit'),
    mutant('3', 'survived'),
    mutant('4', 'simulation', 'src/b.ts'),
  ])
  assert.deepEqual(table.split('\n').slice(2), [
    '| `src/a.ts` | 3 | 1 | 0 | 1 | 1 | 66.7 % |',
    '| `src/b.ts` | 1 | 0 | 1 | 0 | 0 | 100.0 % |',
    '| all | 4 | 1 | 1 | 1 | 1 | 75.0 % |',
  ])
})

test('every explanation is about a file that is there, gives its reason, and stands once', () => {
  for (const { file, why } of explanations) {
    assert.ok(existsSync(fixture(file)), file)
    assert.ok(why.length > 20, why)
  }
  const keys = explanations.map(({ file, change }) => `${file}: ${change}`)
  assert.deepEqual(keys, [...new Set(keys)])
})

test('a process that never ends is ended, and one that waits or gives signs of life is not', () => {
  const run = (code: string) => {
    const module = new URL('./cpu-limit.js', import.meta.url).href
    const program = `import { giveSignOfLife, limitCpu } from '${module}'\nawait limitCpu(1000)\n${code}`
    return spawnSync(process.execPath, ['--input-type=module', '--eval', program], { timeout: 240_000 })
  }
  assert.equal(run('for (;;);').signal, 'SIGKILL')
  assert.equal(run('setTimeout(() => process.exit(3), 1200)').status, 3)
  const busy = 'while (process.cpuUsage().user < 1_500_000) giveSignOfLife()\nprocess.exit(3)'
  assert.equal(run(busy).status, 3)
})

test('the first test that fails ends the run and is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-mutation-test-'))
  try {
    const path = join(folder, 'some.mjs')
    writeFileSync(
      path,
      `import { test } from 'node:test'
test('this holds', () => {})
test('this does not', () => { throw new Error('no') })
test('this is never asked', () => { console.log('asked') })`,
    )
    const reporter = new URL('./first-failure.js', import.meta.url).href
    // Node's test runner tells its children by this variable to report in its own way.
    const { NODE_TEST_CONTEXT: _none, ...env } = process.env
    const args = [`--test-reporter=${reporter}`, path]
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
    assert.equal(status, 1)
    assert.match(stdout, /^this does not$/m)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
