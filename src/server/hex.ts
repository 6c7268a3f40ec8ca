/** Ids made of luck that is given in, so that a run can be replayed. */

/** Upper-case. `random` is uniform in [0, 1). */
export function randomHex(random: () => number, digits: number): string {
  let text = ''
  while (text.length < digits) text += Math.floor(random() * 16).toString(16)
  return text.toUpperCase()
}
