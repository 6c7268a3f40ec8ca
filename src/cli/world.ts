/** What a command gets of the process it runs in, so that no command reaches for it by itself. */
import type { StopSignal } from './exit-codes.js'
import type { Environment } from './home.js'
import type { Screen } from './screen.js'

export interface World {
  readonly screen: Screen
  readonly environment: Environment
  /** The file this program was started from, to start it again. */
  readonly script: string
  /** What to type for `longhaul`, for commands to paste. */
  readonly program: string
  /** The arguments of this call. */
  readonly args: readonly string[]
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal
  readonly stoppedBy: () => StopSignal | undefined
  /** Standard input, for what is uploaded from it. Absent where there is none. */
  readonly input?: () => AsyncIterable<Uint8Array>
  /** Asks the person at the terminal. Absent where there is none. */
  readonly ask?: (question: string) => Promise<string>
  /** The same for an answer that is not to be seen. */
  readonly askHidden?: (question: string) => Promise<string>
  /** All of standard input, for a command that wants one value. Absent where there is none. */
  readonly readInput?: () => Promise<string>
  /** Runs when this process ends at once, as at a second Ctrl-C; it can't wait for anything. Returns what takes it back. */
  atSuddenEnd(tidy: () => void): () => void
}
