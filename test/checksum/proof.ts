/**
 * The claims of docs/checksums.md about the numbers in src/checksum/multiples.ts, each computed anew. Polynomials over
 * GF(2) are bigints here, bit k being the coefficient of x^k; nothing is reflected, and nothing of the product is used.
 */

export interface Numbers {
  /** Reflected, without its x^64. */
  readonly polynomial: bigint
  /** Its two coprime factors. */
  readonly large: bigint
  readonly small: bigint
  readonly distances: readonly number[]
  readonly period: number
  readonly shortDistances: readonly number[]
  /** Reflected. */
  readonly joint: bigint
}

export interface Claim {
  readonly statement: string
  readonly holds: boolean
}

export function claimsAbout(numbers: Numbers): readonly Claim[] {
  const { large, small, distances, period, shortDistances } = numbers
  const modulus = (1n << 64n) | reflected(numbers.polynomial)
  const joint = reflected(numbers.joint)
  const [span, shortSpan] = [Math.max(...distances), Math.max(...shortDistances)]
  return [
    {
      statement: `G = ${hex(modulus)} is ${hex(large)} times ${hex(small)}`,
      holds: product(large, small) === modulus,
    },
    {
      statement: 'the two factors have no common one',
      holds: commonFactor(large, small) === 1n,
    },
    {
      statement: `${hex(large)} is (x + 1)^2 times ${FACTORS.map(hex).join(' ')}, each irreducible`,
      holds: [3n, 3n, ...FACTORS].reduce(product) === large && FACTORS.every(isIrreducible),
    },
    {
      statement: `x^(8*${span}) is the sum of x^(8*(${span} - d)) over ${distances.join(' ')}, modulo G`,
      holds: sumOfByteShifts([0, ...distances], span, modulus) === 0n,
    },
    {
      statement: `x^(8*${period}) is 1, modulo the factor of degree ${degree(large)}`,
      holds: powerOfX(8 * period, large) === 1n,
    },
    {
      statement: `x^(8*${shortSpan}) is the sum of x^(8*(${shortSpan} - d)) over ${shortDistances.join(' ')}, modulo the factor of degree ${degree(small)}`,
      holds: sumOfByteShifts([0, ...shortDistances], shortSpan, small) === 0n,
    },
    {
      statement: `${hex(joint)} is 1 modulo the one factor and 0 modulo the other`,
      holds: remainder(joint, large) === 1n && remainder(joint, small) === 0n,
    },
  ]
}

const FACTORS: readonly bigint[] = [0x8003n, 0x8423n, 0x900bn]

/** The sum of x^(8 * (span - distance)). */
function sumOfByteShifts(distances: readonly number[], span: number, modulus: bigint): bigint {
  return distances.reduce((sum, distance) => sum ^ powerOfX(8 * (span - distance), modulus), 0n)
}

export function degree(a: bigint): number {
  return a.toString(2).length - 1
}

export function product(a: bigint, b: bigint): bigint {
  let sum = 0n
  for (let shift = 0; b >> BigInt(shift) > 0n; shift += 1) {
    if ((b >> BigInt(shift)) & 1n) sum ^= a << BigInt(shift)
  }
  return sum
}

function remainder(a: bigint, modulus: bigint): bigint {
  let rest = a
  while (rest !== 0n && degree(rest) >= degree(modulus)) {
    rest ^= modulus << BigInt(degree(rest) - degree(modulus))
  }
  return rest
}

function commonFactor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonFactor(b, remainder(a, b))
}

function powerOfX(exponent: number, modulus: bigint): bigint {
  let power = 1n
  for (const bit of exponent.toString(2)) {
    power = remainder(product(power, power), modulus)
    if (bit === '1') power = remainder(power << 1n, modulus)
  }
  return power
}

/** By Rabin's test for a degree whose only prime factors are 3 and 5, as 15 is. */
function isIrreducible(a: bigint): boolean {
  const n = degree(a)
  const fixed = (times: number): bigint => powerOfX(2 ** times, a) ^ 2n
  return n === 15 && fixed(n) === 0n && [3, 5].every((prime) => commonFactor(a, fixed(n / prime)) === 1n)
}

/** Bit 63 becomes bit 0. */
function reflected(value: bigint): bigint {
  return BigInt(`0b${[...value.toString(2).padStart(64, '0')].reverse().join('')}`)
}

function hex(value: bigint): string {
  return `0x${value.toString(16).toUpperCase()}`
}
