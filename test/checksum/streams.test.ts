/** The door of `longhaul/checksum`: streams cut anywhere, many at once, in memory of any kind, and where there is no WebAssembly. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { createContext, runInContext } from 'node:vm'
import fc from 'fast-check'
import { Crc64, combineCrc64, crc64 } from '../../src/checksum/index.js'
import { allocateInPlace, compileIfAllowed, kernelFor } from '../../src/checksum/kernels.js'
import type { WasmPlatform } from '../../src/checksum/webassembly.js'
import { bytewise, bytewiseAt, noise } from './bytewise.js'

const bytes = noise(3_000_000, 7)

/** Small, middle and large pieces, since they go different ways. */
const anyPiece = fc.oneof(fc.nat(600), fc.nat(10_000), fc.nat(400_000))

test('a stream cut anywhere has the CRC of the whole after every piece', () => {
  fc.assert(
    fc.property(fc.array(anyPiece, { maxLength: 7 }), fc.nat(200), (pieces, start) => {
      const ends = pieces.map((_, index) => pieces.slice(0, index + 1).reduce((a, b) => a + b, 0))
      const expected = bytewiseAt(bytes.subarray(start), ends)
      const stream = new Crc64()
      for (const [index, end] of ends.entries()) {
        stream.update(bytes.subarray(start + end - (pieces[index] as number), start + end))
        assert.equal(stream.value(), expected[index])
      }
    }),
    { numRuns: 60 },
  )
})

test('a thousand streams at once do not disturb one another', () => {
  const inPlace = allocateInPlace(200_000)
  assert.ok(inPlace !== undefined)
  inPlace.set(bytes.subarray(0, inPlace.length))
  const streams = Array.from({ length: 1000 }, (_, index) => ({
    start: index * 3,
    at: index * 3,
    sum: new Crc64(),
  }))
  const sizes = [1, 700, 15, 6000, 64, 3, 1500]
  for (const [turn, size] of sizes.entries()) {
    for (const [index, stream] of streams.entries()) {
      // Some take their bytes in place, some from outside, most now this and now that.
      const home = (index + turn) % 3 === 0 ? inPlace : bytes
      stream.sum.update(home.subarray(stream.at, stream.at + size))
      stream.at += size
    }
    for (const stream of streams.filter((_, index) => index % 50 === turn)) {
      stream.sum.update(bytes.subarray(stream.at, stream.at + 140_000))
      stream.at += 140_000
    }
  }
  for (const { start, at, sum } of streams) assert.equal(sum.value(), bytewise(bytes.subarray(start, at)))
})

test('pieces combine to the whole', () => {
  fc.assert(
    fc.property(anyPiece, anyPiece, (first, second) => {
      const [a, b] = [bytes.subarray(0, first), bytes.subarray(first, first + second)]
      const whole = bytewise(bytes.subarray(0, first + second))
      assert.equal(combineCrc64(crc64(a), crc64(b), second), whole)
      assert.equal(crc64(b, crc64(a)), whole)
    }),
    { numRuns: 40 },
  )
})

test('more than 2^31 bytes in one piece', () => {
  // Zeros that nobody has written take no memory.
  const size = 2 ** 31 + 100_003
  let expected = 0n
  let power = crc64(new Uint8Array(1))
  for (let bit = 1, rest = size; rest > 0; bit *= 2, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) expected = combineCrc64(expected, power, bit)
    power = combineCrc64(power, power, bit)
  }
  assert.equal(crc64(new Uint8Array(size)), expected)
})

test('memory for bytes in place begins at a page, is zero and has a kernel of its own', () => {
  const [a, b] = [allocateInPlace(100_000), allocateInPlace(1)]
  assert.ok(a !== undefined && b !== undefined)
  assert.equal(a.length, 100_000)
  assert.equal(a.byteOffset % 4096, 0)
  assert.ok(a.every((byte) => byte === 0))
  assert.equal(kernelFor(a)?.room, a)
  assert.notEqual(kernelFor(a), kernelFor(b))
  assert.equal(kernelFor(bytes), kernelFor(new Uint8Array(1)))
})

test('where compiling is forbidden there is no kernel, and no error', () => {
  const context = createContext({}, { codeGeneration: { wasm: false, strings: true } })
  const forbidden: WasmPlatform = runInContext('WebAssembly', context)
  assert.equal(compileIfAllowed(forbidden), undefined)
  assert.equal(compileIfAllowed(undefined), undefined)
})

test('without WebAssembly the values are the same', () => {
  const door = JSON.stringify(new URL('../../src/checksum/index.js', import.meta.url).href)
  const script = `
    const { crc64 } = await import(${door})
    const bytes = Uint8Array.from({ length: 200000 }, (_, i) => (131 * i + 17 * (i >> 8) + (i >> 16)) & 255)
    console.log(typeof WebAssembly, String(crc64(bytes)), crc64(bytes.subarray(0, 131072)).toString(16))
  `
  const { stdout } = spawnSync(process.execPath, ['--jitless', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  const sample = Uint8Array.from({ length: 200_000 }, (_, i) => (131 * i + 17 * (i >> 8) + (i >> 16)) & 255)
  assert.equal(stdout.trim(), `undefined ${bytewise(sample)} 97c3be23f1b130c1`)
})
