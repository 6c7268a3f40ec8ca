/** Every state that crashes and bad disks may leave a journal in, as plain values, and the bytes that each one makes of it. Pure. */
import { luckFrom } from './seed.js'

export type Damage =
  /** The file ends after `at` bytes: a torn write, or a size that was not yet on disk. */
  | { readonly kind: 'cut'; readonly at: number }
  /** One byte is another. */
  | { readonly kind: 'flip'; readonly at: number; readonly mask: number }
  /** Zeros from there on: a size on disk before its bytes. */
  | { readonly kind: 'zeros'; readonly at: number }
  /** A line and the next one have changed places. */
  | { readonly kind: 'swap'; readonly line: number }
  /** All lines but the header in another order. */
  | { readonly kind: 'shuffle'; readonly seed: number }
  /** A line stands there twice. */
  | { readonly kind: 'double'; readonly line: number }
  /** A torn write, one line appended after it, and that append torn too, so many bytes before its end. */
  | { readonly kind: 'torn-twice'; readonly at: number; readonly missing: number }

export const KINDS: Readonly<Record<Damage['kind'], string>> = {
  cut: 'cut off at every byte',
  flip: 'every byte changed, two ways',
  zeros: 'zeros from a byte on',
  swap: 'neighbouring lines swapped',
  shuffle: 'lines in random order',
  double: 'a line doubled',
  'torn-twice': 'torn, appended to, torn again',
}

const ONE_BIT = 0x01
const ZEROS_EVERY = 7
const SHUFFLES = 100
const TORN_TWICE = 300

/** @param lines each with its end */
export function allDamages(lines: readonly string[], seed: number): readonly Damage[] {
  const luck = luckFrom(seed)
  const size = lines.join('').length
  const positions = Array.from({ length: size }, (_, at) => at)
  const numbers = lines.map((_, line) => line)
  return [
    ...[...positions, size].map((at) => ({ kind: 'cut', at }) as const),
    ...[ONE_BIT, undefined].flatMap((mask) =>
      positions.map((at) => ({ kind: 'flip', at, mask: mask ?? 1 + Math.floor(luck() * 255) }) as const),
    ),
    ...positions.filter((at) => at % ZEROS_EVERY === 0).map((at) => ({ kind: 'zeros', at }) as const),
    ...numbers.slice(1).map((line) => ({ kind: 'swap', line: line - 1 }) as const),
    ...Array.from({ length: SHUFFLES }, (_, index) => ({ kind: 'shuffle', seed: seed + index }) as const),
    ...numbers.map((line) => ({ kind: 'double', line }) as const),
    ...Array.from({ length: TORN_TWICE }, () => {
      return { kind: 'torn-twice', at: Math.floor(luck() * size), missing: Math.floor(luck() * 60) } as const
    }),
  ]
}

/** The file's bytes; of `torn-twice`, those after the first tear. */
export function damaged(lines: readonly string[], damage: Damage): Buffer {
  const whole = Buffer.from(lines.join(''))
  switch (damage.kind) {
    case 'cut':
    case 'torn-twice':
      return whole.subarray(0, damage.at)
    case 'flip':
      whole[damage.at] = (whole[damage.at] ?? 0) ^ damage.mask
      return whole
    case 'zeros':
      return whole.fill(0, damage.at)
    case 'swap': {
      const { line } = damage
      const pair = lines.slice(line, line + 2).toReversed()
      return Buffer.from([...lines.slice(0, line), ...pair, ...lines.slice(line + 2)].join(''))
    }
    case 'shuffle':
      return Buffer.from([...lines.slice(0, 1), ...shuffled(lines.slice(1), damage.seed)].join(''))
    case 'double':
      return Buffer.from(
        lines.flatMap((text, index) => (index === damage.line ? [text, text] : [text])).join(''),
      )
  }
}

/** Records that may be missing when the file is read: those that the damage touches, and no other. */
export function mayLose(lines: readonly string[], damage: Damage): number {
  const records = lines.length - 1
  if (damage.kind === 'cut' || damage.kind === 'zeros' || damage.kind === 'torn-twice') {
    return records - Math.max(0, wholeLines(lines, damage.at) - 1)
  }
  if (damage.kind !== 'flip') return 0
  const at = wholeLines(lines, damage.at)
  // The end of a line makes it one with the next.
  const isEnd = wholeLines(lines, damage.at + 1) > at
  return (at === 0 ? 0 : 1) + (isEnd && at < records ? 1 : 0)
}

/** Lines that end within the first `at` bytes. */
function wholeLines(lines: readonly string[], at: number): number {
  let end = 0
  const first = lines.findIndex((text) => {
    end += text.length
    return end > at
  })
  return first < 0 ? lines.length : first
}

/** Does the file end where a line ends? */
export function isBorder(
  lines: readonly string[],
  { kind, at }: { readonly kind: string; readonly at?: number },
): boolean {
  if (kind !== 'cut' || at === undefined) return false
  return lines.slice(0, wholeLines(lines, at)).join('').length === at
}

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const luck = luckFrom(seed)
  const drawn = items.map((item) => ({ item, order: luck() }))
  return drawn.sort((a, b) => a.order - b.order).map(({ item }) => item)
}
