/** CRC-64 a byte at a time, from the polynomial alone: shares nothing with the product, and is quick enough for megabytes. */

const HIGH = new Int32Array(256)
const LOW = new Int32Array(256)
for (let byte = 0; byte < 256; byte += 1) {
  let value = BigInt(byte)
  for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ 0xc96c5795d7870f42n : value >> 1n
  HIGH[byte] = Number(BigInt.asIntN(32, value >> 32n))
  LOW[byte] = Number(BigInt.asIntN(32, value))
}

/** The registers after each of the given numbers of bytes, ascending. */
export function bytewiseAt(bytes: Uint8Array, lengths: readonly number[], previous = 0n): bigint[] {
  let high = ~Number(BigInt.asIntN(32, previous >> 32n))
  let low = ~Number(BigInt.asIntN(32, previous))
  let at = 0
  return lengths.map((length) => {
    for (; at < length; at += 1) {
      const index = (low ^ (bytes[at] as number)) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ (LOW[index] as number)
      high = (high >>> 8) ^ (HIGH[index] as number)
    }
    return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0)
  })
}

export function bytewise(bytes: Uint8Array, previous = 0n): bigint {
  return bytewiseAt(bytes, [bytes.length], previous)[0] as bigint
}

/** Bytes without a pattern that a checksum could like, the same for the same seed. */
export function noise(size: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4))
  let state = seed >>> 0
  for (let index = 0; index < words.length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    words[index] = state ^ (state >>> 13)
  }
  return new Uint8Array(words.buffer, 0, size)
}
