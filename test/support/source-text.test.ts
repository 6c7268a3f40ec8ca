import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSource, specifiersOf } from './source-text.js'

const bareOf = (text: string): string => readSource(text).bare.replace(/\s+/g, ' ').trim()

test('comments are blanked, and lines stay where they were', () => {
  const { code } = readSource('a // Date\n/* Date\nDate */ b\n')
  assert.equal(code, 'a        \n       \n        b\n')
})

/** `${code}` as text. */
const hole = (code: string): string => `$\{${code}}`

test('a comment mark inside a string, template or regular expression begins no comment', () => {
  for (const text of ["'http://x'", '"/*"', `\`//${hole('a')}//\``, 'x = /[/]\\/*/ ', "f('a\\'//')"]) {
    assert.equal(readSource(text).code, text)
  }
})

test('what stands in strings, templates and regular expressions is not code, but what a template inserts is', () => {
  const inner = hole(`now({ b: \`Date ${hole('c')}\` })`)
  assert.equal(bareOf(`a = "Date" + \`Date ${inner} Date\` + d`), 'a = + now({ b: c }) + d')
  assert.equal(bareOf('const p = /[\'"`]/g\nDate'), 'const p = g Date')
})

test('a slash after a value divides', () => {
  assert.equal(bareOf('a = b / c / Date'), 'a = b / c / Date')
  assert.equal(bareOf('a = f(b) / 2 // Date'), 'a = f(b) / 2')
})

test('every way to name another file is found, and nothing that only looks like one', () => {
  const text = [
    "import type { A } from './a.js'",
    'import {\n  b,\n  c,\n} from "./b.js"',
    "import './c.js'",
    "export * from './d.js'",
    "export type { E } from './e.js'",
    "const f = await import('./f.js')",
    "let g: import('./g.js').G",
    "new Worker(new URL('./h.js', import.meta.url))",
    "export const from = 'not.js'",
    "// import './comment.js'",
    "const text = `import './string.js'`",
    "import i = require('./i.cjs')",
  ].join('\n')
  const wanted = 'abcdefgh'.split('').map((name) => `./${name}.js`)
  assert.deepEqual([...specifiersOf(readSource(text))].sort(), [...wanted, './i.cjs'])
})
