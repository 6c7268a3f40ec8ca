/** `seeds.js --seeds COUNT`: the simulation as a program, but for its end when a mutant keeps it from ending. */
import { limitCpu } from './cpu-limit.js'

/** The seeds take less than one second. */
await limitCpu(5000)
await import('../simulation/simulate.js')
