/** The deaths of one life: at chosen places, in the midst of things, or at any moment. */
import type { Fault } from './faults.js'
import type { SimulatedLife, World } from './world.js'

export interface Crashes {
  /** Dies here, perhaps. A promise that never settles is what death looks like from inside. */
  at(place: Fault): Promise<void>
  /** Dies while this is under way, perhaps. */
  during<T>(place: Fault, work: Promise<T>): Promise<T>
  /** Is it time to die? The caller then does what it has to before it calls `die`. */
  strikes(place: Fault): boolean
  die(place: Fault): Promise<never>
}

export function createCrashes(options: {
  readonly world: World
  readonly life: SimulatedLife
  readonly chance: () => number
  readonly onDeath: (place: Fault) => void
}): Crashes {
  const { world, life, chance, onDeath } = options
  const die = (place: Fault): Promise<never> => {
    if (life.alive) {
      world.strike(place)
      world.note(`${life.name} dies: ${place}`)
      life.alive = false
      onDeath(place)
    }
    return new Promise(() => {})
  }
  const strikes = (): boolean => life.alive && world.luck.chance(chance())
  return {
    at: (place) => (strikes() ? die(place) : Promise.resolve()),
    during(place, work) {
      if (!world.luck.chance(chance())) return work
      let over = false
      const ended = (): void => {
        over = true
      }
      work.then(ended, ended)
      world.schedule(world.luck.below(40), () => {
        if (!over) die(place)
      })
      return work
    },
    strikes,
    die,
  }
}
