/**
 * What may be found after a crash. Each thing that can be changed is a register; each change names the registers it writes
 * and with what, and was acknowledged, refused, or cut off. A value may be found unless a change acknowledged later, and
 * begun after that value's change had ended, took its place. A change that writes several registers does so at once.
 */

export interface Touch {
  readonly register: string
  /** `undefined`: it is not there any more. */
  readonly value: string | undefined
}

export interface Change {
  readonly name: string
  readonly touches: readonly Touch[]
  readonly began: number
  /** Infinite while nobody was told of its end. */
  ended: number
  acknowledged: boolean
  /** It certainly had no effect. */
  refused: boolean
}

export interface Registers {
  begin(name: string, touches: readonly Touch[]): Change
  acknowledge(change: Change): void
  /** It had no effect. */
  refuse(change: Change): void
  /** What may be there if a crash came now. */
  candidates(register: string): readonly (string | undefined)[]
  /**
   * After a crash: checks what was found, and goes on from it. Gives what is wrong, if anything is. `isMoot` tells of
   * registers that went with something else.
   */
  settle(
    found: ReadonlyMap<string, string | undefined>,
    isMoot: (register: string) => boolean,
  ): string | undefined
}

export function createRegisters(): Registers {
  let time = 0
  let changes: Change[] = []
  /** What is known to be there from before the changes. */
  const base = new Map<string, string | undefined>()

  const writing = (register: string): Change[] =>
    changes.filter((each) => !each.refused && each.touches.some((touch) => touch.register === register))

  const written = (change: Change, register: string): string | undefined =>
    change.touches.findLast((touch) => touch.register === register)?.value

  /** With `counted` taken for acknowledged. */
  function candidates(register: string, counted: ReadonlySet<Change>): (string | undefined)[] {
    const writers = writing(register)
    const sure = writers.filter((each) => each.acknowledged || counted.has(each))
    const outdone = (ended: number): boolean => sure.some((each) => each.began > ended)
    const values = writers.filter((each) => !outdone(each.ended)).map((each) => written(each, register))
    return sure.length === 0 ? [base.get(register), ...values] : values
  }

  /** Is the value found there by this change alone? Then it took place, in all of its registers. */
  function tookPlace(change: Change, found: ReadonlyMap<string, string | undefined>): boolean {
    return change.touches.some(({ register }) => {
      const value = found.get(register)
      const others = writing(register).filter((each) => each !== change)
      return (
        written(change, register) === value &&
        base.get(register) !== value &&
        others.every((each) => written(each, register) !== value)
      )
    })
  }

  const words = (value: string | undefined): string => value ?? 'nothing'

  return {
    begin(name, touches) {
      time += 1
      const change: Change = {
        name,
        touches,
        began: time,
        ended: Number.POSITIVE_INFINITY,
        acknowledged: false,
        refused: false,
      }
      changes.push(change)
      return change
    },
    acknowledge(change) {
      time += 1
      change.ended = time
      change.acknowledged = true
    },
    refuse(change) {
      change.refused = true
    },
    candidates: (register) => candidates(register, new Set()),
    settle(found, isMoot) {
      const known = new Set([
        ...base.keys(),
        ...changes.flatMap((each) => each.touches.map((touch) => touch.register)),
      ])
      const counted = new Set(changes.filter((each) => !each.acknowledged && tookPlace(each, found)))
      for (const register of known) {
        if (isMoot(register)) continue
        const value = found.get(register)
        const possible = candidates(register, counted)
        if (!possible.includes(value)) {
          const expected = [...new Set(possible.map(words))].join(' or ')
          return `${register} is ${words(value)}, not ${expected}`
        }
      }
      for (const register of found.keys()) {
        if (found.get(register) !== undefined && !known.has(register))
          return `${register} is there, and nobody made it`
      }
      base.clear()
      for (const [register, value] of found) if (value !== undefined) base.set(register, value)
      changes = []
      return undefined
    },
  }
}
