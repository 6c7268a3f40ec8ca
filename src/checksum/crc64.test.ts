/** CRC-64 against known values, an independent bit loop, and the laws of cutting and combining. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { combineAllCrc64Decimal } from './combine.js'
import { Crc64, combineCrc64, combineCrc64Decimal, crc64, crc64FromDecimal, crc64ToDecimal } from './index.js'

/** One bit at a time, in bigint: shares nothing with the tables. */
function bitwise(bytes: Uint8Array): bigint {
  let register = 0xffff_ffff_ffff_ffffn
  for (const byte of bytes) {
    register ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit += 1) {
      register = register & 1n ? (register >> 1n) ^ 0xc96c5795d7870f42n : register >> 1n
    }
  }
  return register ^ 0xffff_ffff_ffff_ffffn
}

function sample(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i += 1) bytes[i] = (131 * i + 17 * (i >> 8) + (i >> 16)) & 255
  return bytes
}

const KNOWN: readonly (readonly [number, bigint])[] = [
  [0, 0n],
  [1, 0x1fada17364673f59n],
  [857, 0x52ff03a5355b210an],
  [32767, 0x56d10aa5de82c3b5n],
  [131072, 0x97c3be23f1b130c1n],
  [1000003, 0x78d3e3aed3e043ban],
]

for (const [size, crc] of KNOWN) {
  test(`the known CRC of ${size} bytes`, () => assert.equal(crc64(sample(size)), crc))
}

test('the check value of the catalogue', () => {
  assert.equal(crc64(new TextEncoder().encode('123456789')), 0x995dc9bbdf1939fan)
})

test('every length from 0 to 300, at every alignment of a word, agrees with the bit loop', () => {
  const bytes = sample(310)
  for (let size = 0; size <= 300; size += 1) {
    const start = size % 9
    const slice = bytes.subarray(start, start + size)
    assert.equal(crc64(slice), bitwise(slice), `${size} bytes from ${start}`)
  }
})

test('any bytes cut anywhere have the CRC of the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.array(fc.nat(500), { maxLength: 5 }), (bytes, cuts) => {
      const sum = new Crc64()
      let from = 0
      for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
        const to = Math.min(cut, bytes.length)
        sum.update(bytes.subarray(from, to))
        assert.equal(sum.value(), bitwise(bytes.subarray(0, to)))
        from = to
      }
    }),
  )
})

test('a known CRC can be gone on from', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 100 }), (a, b) => {
      const whole = bitwise(Uint8Array.of(...a, ...b))
      assert.equal(crc64(b, crc64(a)), whole)
      assert.equal(new Crc64(crc64(a)).update(b).value(), whole)
    }),
  )
})

test('the CRCs of any number of pieces combine to that of the whole', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }), (pieces) => {
      const parts = pieces.map((piece) => ({ crc64: crc64(piece).toString(), size: piece.length }))
      assert.equal(combineAllCrc64Decimal(parts), crc64(Buffer.concat(pieces)).toString())
    }),
  )
})

test('the CRCs of two pieces combine to that of the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 }), (a, b) => {
      const whole = bitwise(Uint8Array.of(...a, ...b))
      assert.equal(combineCrc64(crc64(a), crc64(b), b.length), whole)
      assert.equal(
        combineCrc64Decimal(crc64(a).toString(), crc64(b).toString(), b.length),
        crc64ToDecimal(whole),
      )
    }),
  )
})

const anyCrc = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
const anyLength = fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: 2 ** 50 }))

test('combining is associative, far beyond 2^32 bytes too', () => {
  fc.assert(
    fc.property(anyCrc, anyCrc, anyCrc, anyLength, anyLength, (a, b, c, lengthOfB, lengthOfC) => {
      assert.equal(
        combineCrc64(combineCrc64(a, b, lengthOfB), c, lengthOfC),
        combineCrc64(a, combineCrc64(b, c, lengthOfC), lengthOfB + lengthOfC),
      )
    }),
  )
})

test('the CRC of 5 GiB of zeros by doubling equals that by one combination', () => {
  const mebibyte = crc64(new Uint8Array(2 ** 20))
  let doubled = mebibyte
  for (let size = 2 ** 20; size < 2 ** 32; size *= 2) doubled = combineCrc64(doubled, doubled, size)
  let gibibyte = mebibyte
  for (let size = 2 ** 20; size < 2 ** 30; size *= 2) gibibyte = combineCrc64(gibibyte, gibibyte, size)
  // 4 GiB and 1 GiB, in either order: zeros all the same.
  assert.equal(combineCrc64(doubled, gibibyte, 2 ** 30), combineCrc64(gibibyte, doubled, 2 ** 32))
})

test('an empty piece changes nothing', () => {
  fc.assert(
    fc.property(anyCrc, anyLength, (crc, length) => {
      assert.equal(combineCrc64(crc, 0n, 0), crc)
      assert.equal(combineCrc64(0n, crc, length), crc)
    }),
  )
})

test('decimals go there and back', () => {
  fc.assert(fc.property(anyCrc, (crc) => assert.equal(crc64FromDecimal(crc64ToDecimal(crc)), crc)))
})

for (const text of [
  '',
  '-1',
  '+1',
  '00',
  '01',
  '1.0',
  '1e3',
  '0x10',
  ' 1',
  '1n',
  '18446744073709551616',
  'abc',
]) {
  test(`${JSON.stringify(text)} is no CRC`, () => assert.throws(() => crc64FromDecimal(text), RangeError))
}

test('the largest CRC is one', () => {
  assert.equal(crc64FromDecimal('18446744073709551615'), 2n ** 64n - 1n)
})

test('values out of range are refused', () => {
  assert.throws(() => crc64(new Uint8Array(), -1n), RangeError)
  assert.throws(() => new Crc64(2n ** 64n), RangeError)
  assert.throws(() => combineCrc64(2n ** 64n, 0n, 0), RangeError)
  for (const length of [-1, 0.5, Number.NaN, 2 ** 53]) {
    assert.throws(() => combineCrc64(0n, 0n, length), RangeError)
  }
})
