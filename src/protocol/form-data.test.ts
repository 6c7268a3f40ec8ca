/** A form is read the same however it is cut into chunks, and whatever it holds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { wireToBytes } from './encode.js'
import { boundaryOf, type FormFile, type FormLimits, readForm, writeForm } from './form-data.js'
import { FormError } from './form-parts.js'

const LIMITS: FormLimits = { value: 40, name: 30, fields: 5, total: 150 }
const boundary = 'b0undary'

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0
  for (let index = 0; start < bytes.length; index += 1) {
    const size = sizes.length === 0 ? bytes.length : (sizes[index % sizes.length] ?? 1)
    yield bytes.slice(start, start + size)
    start += size
  }
}

interface Read {
  readonly fields: readonly (readonly [string, string])[]
  readonly file: FormFile
  readonly content: string
}

async function read(bytes: Uint8Array, sizes: readonly number[], limits = LIMITS): Promise<Read | string> {
  try {
    const form = await readForm(cut(bytes, sizes), { boundary, limits })
    const chunks: Uint8Array[] = []
    for await (const chunk of form.content) chunks.push(chunk)
    return {
      fields: form.fields.map(({ name, value }) => [name, value]),
      file: form.file,
      content: Buffer.concat(chunks).toString('latin1'),
    }
  } catch (error) {
    if (error instanceof FormError) return error.fault
    throw error
  }
}

const whole = (head: Uint8Array, content: Uint8Array, tail: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([head, content, tail]))

/** Text out of the pieces that delimiters are made of, so that much looks like one. */
const nearlyDelimiters = fc
  .array(fc.constantFrom('\r', '\n', '-', '--', '\r\n', '\r\n--', `\r\n--${boundary.slice(0, 5)}`, 'x', '"'))
  .map((pieces) => pieces.join(''))
const sizes = fc.array(fc.integer({ min: 1, max: 23 }), { maxLength: 6 })

test('what was written is read, however it is cut', async () => {
  const value = fc.oneof(fc.string({ maxLength: 20 }), nearlyDelimiters).map((text) => {
    const bytes = Buffer.from(text, 'utf8').subarray(0, LIMITS.value)
    return bytes.toString('latin1')
  })
  const name = fc.string({ minLength: 1, maxLength: 6 }).filter((text) => {
    const isPlain = text === text.trim() && !/%22|%0[ad]|\\/i.test(text)
    return isPlain && text !== 'file' && Buffer.byteLength(text) <= 20
  })
  const fields = fc.array(fc.record({ name, value }), { maxLength: 3 })
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    nearlyDelimiters.map((text) => wireToBytes(text)),
  )
  await fc.assert(
    fc.asyncProperty(fields, content, sizes, async (given, bytes, cuts) => {
      const { head, tail } = writeForm(given, { filename: 'a "b".txt', contentType: 'text/x' }, boundary)
      const result = await read(whole(head, bytes, tail), cuts, { ...LIMITS, total: 1000 })
      assert.deepEqual(result, {
        fields: given.map((field) => [field.name, field.value]),
        file: { filename: 'a "b".txt', contentType: 'text/x' },
        content: Buffer.from(bytes).toString('latin1'),
      })
    }),
    { numRuns: 400 },
  )
})

test('what is no form, or too large, is found wrong in the same way however it is cut', async () => {
  const piece = fc.constantFrom(
    `--${boundary}`,
    `\r\n--${boundary}`,
    '--',
    '\r\n',
    '\r\n\r\n',
    'Content-Disposition: form-data; name="a"',
    'Content-Disposition: form-data; name="file"; filename="f"',
    'content-type: x',
    `name="${'n'.repeat(40)}"`,
    'v'.repeat(41),
    'v'.repeat(39),
    'submit',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 24 }), sizes, async (pieces, cuts) => {
      const bytes = wireToBytes(pieces.join(''))
      assert.deepEqual(await read(bytes, cuts), await read(bytes, []))
    }),
    { numRuns: 1500 },
  )
})

const field = (name: string, value: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const file = (content: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n${content}\r\n`
const end = `--${boundary}--`

test('every fault has its name', async () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', 'malformed'],
    ['nothing', 'malformed'],
    [`${end}\r\n`, 'no-file'],
    [field('a', '1') + end, 'no-file'],
    [file('x'), 'malformed'],
    [`${file('x')}--${boundary}`, 'malformed'],
    [file('x') + field('a', '1') + end, 'late-field'],
    [file('x') + file('y') + end, 'second-file'],
    [field('a', 'v'.repeat(41)) + file('x') + end, 'value-too-long'],
    [field('n'.repeat(31), '') + file('x') + end, 'name-too-long'],
    [field('n'.repeat(9000), '') + file('x') + end, 'name-too-long'],
    [field('a', '1').repeat(6) + file('x') + end, 'fields-too-large'],
    [field('a', 'v'.repeat(40)).repeat(4) + file('x') + end, 'fields-too-large'],
    [`--${boundary}\r\n\r\nvalue\r\n${end}`, 'malformed'],
    [`--${boundary}\r\nContent-Disposition: attachment; name="a"\r\n\r\n1\r\n${end}`, 'malformed'],
    [`--${boundary}\r\nContent-Disposition: form-data; name="a\r\n\r\n1\r\n${end}`, 'malformed'],
    [file('x') + end + 'y'.repeat(5000), 'malformed'],
    ['y'.repeat(5000) + file('x') + end, 'malformed'],
  ]
  for (const [body, fault] of cases)
    assert.equal(await read(wireToBytes(body), [7]), fault, body.slice(0, 200))
})

test('a button may stand after the file, and a line before the first delimiter', async () => {
  const body = `\r\n${field('key', 'k')}${file('content')}${field('submit', 'Upload to OSS')}${end}\r\n`
  const result = await read(wireToBytes(body), [3])
  assert.deepEqual(result, { fields: [['key', 'k']], file: { filename: 'f' }, content: 'content' })
})

test('a filename loses its folders, whichever way they are written', async () => {
  for (const [written, filename] of [
    ['"C:\\dir\\a.txt"', 'a.txt'],
    ['"/dir/a.txt"', 'a.txt'],
    ['a.txt', 'a.txt'],
    ['"a;b=\\"c\\".txt"', 'a;b="c".txt'],
    [`"${Buffer.from('中.txt').toString('latin1')}"`, '中.txt'],
  ]) {
    const body = `--${boundary}\r\nContent-Disposition: form-data; filename=${written}; name="file"\r\n\r\n\r\n${end}`
    assert.deepEqual(await read(wireToBytes(body), [5]), { fields: [], file: { filename }, content: '' })
  }
})

test('a boundary is read from the content type, quoted or bare', () => {
  assert.equal(boundaryOf('multipart/form-data; boundary=abc'), 'abc')
  assert.equal(boundaryOf('Multipart/Form-Data; charset=utf-8; Boundary="a b"'), 'a b')
  for (const none of [
    undefined,
    '',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    `multipart/form-data; boundary=${'b'.repeat(71)}`,
    'text/plain; boundary=abc',
  ]) {
    assert.equal(boundaryOf(none), undefined)
  }
})
