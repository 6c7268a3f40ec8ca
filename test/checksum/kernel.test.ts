/** Each way that CRC-64 is computed, against a byte-wise reference: every length, every seam, every place in memory. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileKernel, Kernel, type KernelModule } from '../../src/checksum/kernel.js'
import { fromPolynomial, type Polynomial, toPolynomial } from '../../src/checksum/polynomial.js'
import { byTables } from '../../src/checksum/tables.js'
import type { WasmPlatform } from '../../src/checksum/webassembly.js'
import { bytewise, bytewiseAt, noise } from './bytewise.js'

const platform = (globalThis as unknown as { WebAssembly: WasmPlatform }).WebAssembly
const vector = compileKernel(platform)
const scalar = compileKernel({
  validate: () => false,
  Module: platform.Module,
  Instance: platform.Instance,
  Memory: platform.Memory,
})

type Update = (register: Polynomial, bytes: Uint8Array) => Polynomial

const MOST = 700_000

/** Kernels take bytes that lie in their own memory another way, so the same bytes lie there too, after a page. */
function waysOf(module: KernelModule): readonly [name: string, update: Update][] {
  const kernel = new Kernel(module)
  const own = new Kernel(module, MOST + 128)
  return [
    [`${module.variant} from outside`, (register, bytes) => kernel.update(register, bytes)],
    [
      `${module.variant} in place`,
      (register, bytes) => {
        const shift = bytes.byteOffset % 128
        own.room.set(bytes, shift)
        return own.update(register, own.room.subarray(shift, shift + bytes.length))
      },
    ],
  ]
}

const ways: readonly (readonly [string, Update])[] = [
  ...waysOf(vector),
  ...waysOf(scalar),
  ['tables', byTables],
]

function crcBy(update: Update, bytes: Uint8Array, previous = 0n): bigint {
  const { high, low } = toPolynomial(previous)
  const after = update({ high: ~high, low: ~low }, bytes)
  return fromPolynomial({ high: ~after.high, low: ~after.low })
}

test('this platform takes the vector variant, and the scalar one is another module', () => {
  assert.equal(vector.variant, 'vector')
  assert.equal(scalar.variant, 'scalar')
})

const bytes = noise(MOST)

/** Lengths around each place where something turns, wraps or changes hands. */
function aroundSeams(): readonly number[] {
  const seams = [
    ...[512, 1498, 1536, 3072, 4096, 8192, 16_384, 32_767, 32_768, 34_265, 65_534, 65_536],
    ...[98_301, 131_072, 131_072 + 16_384, 131_072 + 32_767, 163_840, 196_602, 229_369, 262_144, 524_288],
  ]
  const lengths = seams.flatMap((seam) => Array.from({ length: 133 }, (_, index) => seam - 66 + index))
  return [...new Set(lengths)].sort((a, b) => a - b)
}

for (const [name, update] of ways) {
  test(`${name}: every length from 0 to 4200`, () => {
    const lengths = Array.from({ length: 4201 }, (_, length) => length)
    const expected = bytewiseAt(bytes, lengths)
    for (const length of lengths) {
      assert.equal(crcBy(update, bytes.subarray(0, length)), expected[length], `${length} bytes`)
    }
  })

  test(`${name}: lengths around every seam`, () => {
    const lengths = aroundSeams()
    const expected = bytewiseAt(bytes, lengths)
    for (const [index, length] of lengths.entries()) {
      assert.equal(crcBy(update, bytes.subarray(0, length)), expected[index], `${length} bytes`)
    }
  })

  test(`${name}: every alignment, and going on from any register`, () => {
    for (let shift = 0; shift < 128; shift += 1) {
      for (const length of [700, 5000 + shift, 140_000 + 3 * shift]) {
        const slice = bytes.subarray(shift, shift + length)
        const previous = bytewise(bytes.subarray(0, shift), BigInt(shift))
        const message = `${length} bytes from ${shift}`
        assert.equal(crcBy(update, slice, previous), bytewise(slice, previous), message)
      }
    }
  })

  test(`${name}: bytes are left as they were`, () => {
    const copy = bytes.slice(0, 300_001)
    crcBy(update, copy)
    assert.ok(Buffer.from(copy.buffer, 0, copy.length).equals(bytes.subarray(0, copy.length)))
  })
}

test('blocks in place keep their bytes', () => {
  const kernel = new Kernel(vector, 300_000)
  kernel.room.set(bytes.subarray(0, 300_000))
  kernel.update({ high: -1, low: -1 }, kernel.room)
  assert.ok(Buffer.from(kernel.room).equals(bytes.subarray(0, 300_000)))
})
