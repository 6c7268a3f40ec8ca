/** Luck that can be had again: printed with every run, and replayed with LONGHAUL_SEED. */

export function chooseSeed(): number {
  const given = process.env['LONGHAUL_SEED']
  if (given === undefined || given === '') return Math.floor(Math.random() * 2 ** 31)
  const seed = Number(given)
  if (!Number.isSafeInteger(seed)) throw new Error(`LONGHAUL_SEED is no whole number: ${given}`)
  return seed
}

/** Uniform in [0, 1), by the mulberry32 generator. */
export function luckFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
