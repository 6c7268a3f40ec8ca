/** What every command's definition is given. What a command does is loaded only when it runs. */
import type { Command } from 'commander'
import type { World } from '../world.js'

export interface Definition {
  readonly program: Command
  readonly world: World
  /** Told the exit code of the command that ran. */
  readonly ended: (exitCode: number) => void
  /** Text for the end of a help, with the program's name before each line. */
  readonly examples: (...lines: readonly string[]) => string
}
