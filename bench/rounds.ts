/**
 * Interleaved rounds: each contender once a round, so that what else the machine does falls on all alike, and each round begins
 * with the next one, so that nobody always runs first. What counts is the median of the ratios within a round, not the ratio
 * of two numbers that were measured at different times.
 */

export interface Contender {
  readonly name: string
  /** Resolves to a rate, the more the better. */
  readonly run: () => number | Promise<number>
}

export interface Standing {
  readonly name: string
  /** Median over the rounds. */
  readonly rate: number
  /** Median of the ratios to the first contender. */
  readonly ratio: number
  /** The smallest and largest of these ratios. */
  readonly spread: readonly [number, number]
}

/** One round more than asked for is run, and not counted. */
export async function inRounds(
  rounds: number,
  contenders: readonly Contender[],
): Promise<readonly Standing[]> {
  const table: number[][] = []
  for (let round = 0; round <= rounds; round += 1) {
    const rates: number[] = []
    for (const [column, contender] of orderOf([...contenders.entries()], round)) {
      rates[column] = await contender.run()
    }
    if (round > 0) table.push(rates)
  }
  return contenders.map(({ name }, column) => {
    const rateIn = (rates: readonly number[]): number => rates[column] as number
    const ratios = table.map((rates) => rateIn(rates) / (rates[0] as number))
    return {
      name,
      rate: median(table.map(rateIn)),
      ratio: median(ratios),
      spread: [Math.min(...ratios), Math.max(...ratios)],
    }
  })
}

/** The same ones for this round, beginning with another than in the round before. */
export function orderOf<T>(contenders: readonly T[], round: number): readonly T[] {
  const first = round % contenders.length
  return [...contenders.slice(first), ...contenders.slice(0, first)]
}

/** Such as `0.87 to 1.07`. */
export function spreadText(spread: readonly [number, number]): string {
  return spread.map((ratio) => ratio.toFixed(2)).join(' to ')
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2
}

/** Where and with what a table was measured. */
export function circumstances(cpu: string, cores: number): string {
  const date = new Date().toISOString().slice(0, 10)
  return `${date}, ${cpu.trim()}, ${cores} cores, Node ${process.versions.node}`
}
