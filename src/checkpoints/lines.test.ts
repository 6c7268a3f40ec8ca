import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CheckpointLine } from '../engine/ports.js'
import { type DecodedCheckpoint, decodeCheckpoint, encodeHeader, encodeLine } from './lines.js'

const target = { service: 'cn-hangzhou', bucket: 'b', key: 'ключ "\n' }
const written: CheckpointLine[] = [
  { kind: 'intent', n: 0 },
  { kind: 'opened', uploadId: '0004B9', name: 'ä😀' },
  {},
  { kind: 'stored', partNumber: 1, crc64: '9953189463098431213' },
]
const file = Buffer.concat([encodeHeader(target), ...written.map(encodeLine)])

/** Ends of the header and of each line. */
const ends = [...file.keys()].filter((index) => file[index] === 0x0a).map((index) => index + 1)

function readable(bytes: Uint8Array): Extract<DecodedCheckpoint, { kind: 'readable' }> {
  const decoded = decodeCheckpoint(bytes)
  assert.equal(decoded.kind, 'readable')
  return decoded as Extract<DecodedCheckpoint, { kind: 'readable' }>
}

test('a whole file gives back target and lines', () => {
  assert.deepEqual(readable(file), {
    kind: 'readable',
    target,
    lines: written,
    damaged: [],
    wholeBytes: file.length,
  })
})

test('the framing is text: sixteen hex digits, a space, JSON, a newline', () => {
  // The check of `{}` was computed with another implementation of CRC-64/XZ.
  assert.equal(Buffer.from(encodeLine({})).toString(), `9391596a75ded55d {}\n`)
})

test('a file cut at any byte gives all its whole lines and the place to cut at', () => {
  for (let length = 0; length <= file.length; length += 1) {
    const decoded = readable(file.subarray(0, length))
    const whole = ends.filter((end) => end <= length)
    assert.equal(decoded.wholeBytes, whole.at(-1) ?? 0)
    assert.deepEqual(decoded.lines, written.slice(0, Math.max(0, whole.length - 1)))
    assert.deepEqual(decoded.damaged, [])
    assert.deepEqual(decoded.target, whole.length > 0 ? target : undefined)
  }
})

test('any flipped bit loses the lines it touches and no other, and makes none', () => {
  const known = written.map((line) => JSON.stringify(line))
  for (let index = 0; index < file.length; index += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const broken = Buffer.from(file)
      broken[index] = (broken[index] as number) ^ (1 << bit)
      const { lines, damaged, wholeBytes } = readable(broken)
      const touched = ends.findIndex((end) => index < end)
      const atNewline = ends.includes(index + 1)
      const expected = known.filter(
        (_, line) => line + 1 !== touched && !(atNewline && line + 1 === touched + 1),
      )
      assert.deepEqual(
        lines.map((line) => JSON.stringify(line)),
        expected,
      )
      const torn = atNewline && touched === ends.length - 1
      assert.equal(damaged.length > 0 || wholeBytes < file.length, true)
      assert.equal(wholeBytes, torn ? ends.at(-2) : file.length)
    }
  }
})

test('no bytes whatever make it throw, or give a line that nobody wrote', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.deepEqual(readable(bytes).lines, [])
    }),
  )
})

test('lines around a damaged stretch survive, and its text is kept for people', () => {
  const zeros = new Uint8Array(30)
  const bytes = Buffer.concat([
    encodeHeader(target),
    encodeLine({ n: 1 }),
    zeros,
    Buffer.from('\n\ngarbage\n'),
    encodeLine({ n: 2 }),
    Buffer.from('torn'),
  ])
  const { lines, damaged, wholeBytes } = readable(bytes)
  assert.deepEqual(lines, [{ n: 1 }, { n: 2 }])
  assert.deepEqual(damaged, ['\0'.repeat(30), '', 'garbage'])
  assert.equal(wholeBytes, bytes.length - 4)
})

test('proved lines that are no objects count as damaged', () => {
  const forge = (value: unknown): Uint8Array => encodeLine(value as CheckpointLine)
  const bytes = Buffer.concat([encodeHeader(target), forge([1]), forge(null), forge('text'), forge(7)])
  const { lines, damaged } = readable(bytes)
  assert.deepEqual(lines, [])
  assert.equal(damaged.length, 4)
})

test('another format or a later version is foreign, whatever follows', () => {
  const later = encodeLine({ format: 'longhaul-checkpoint', v: 2, target })
  assert.deepEqual(decodeCheckpoint(Buffer.concat([later, encodeLine({ n: 1 })])), {
    kind: 'foreign',
    format: 'longhaul-checkpoint',
    version: '2',
  })
  assert.equal(decodeCheckpoint(encodeLine({ format: 'other', v: 1 })).kind, 'foreign')
})

test('a damaged header costs the target, not the lines', () => {
  const bytes = Buffer.from(file)
  bytes[20] = 0x21
  const { lines, damaged, target: read } = readable(bytes)
  assert.deepEqual(lines, written)
  assert.equal(damaged.length, 1)
  assert.equal(read, undefined)
})

test('a foreign header may hold anything', () => {
  for (const odd of [{ toString: 1 }, ['a'], null, 'a\nb\u001b[31m', 'x'.repeat(5000), undefined]) {
    const decoded = decodeCheckpoint(encodeLine({ format: odd, v: odd }))
    assert.equal(decoded.kind, 'foreign')
    if (decoded.kind === 'foreign') assert.match(decoded.format, /^\P{Cc}{1,60}$/u)
  }
})
