/** The machine's luck, in the handler's form. */
import { randomFillSync } from 'node:crypto'

/** To ask the system for four bytes costs as much as for so many numbers' worth; a request takes two dozen numbers. */
const NUMBERS_AT_ONCE = 1024

/** Uniform in [0, 1), and not to be foretold. */
export function systemLuck(): () => number {
  const numbers = new Uint32Array(NUMBERS_AT_ONCE)
  let left = 0
  return () => {
    if (left === 0) {
      randomFillSync(numbers)
      left = NUMBERS_AT_ONCE
    }
    left -= 1
    return (numbers[left] ?? 0) / 2 ** 32
  }
}
