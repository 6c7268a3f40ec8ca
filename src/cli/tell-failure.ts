/** How a command tells that one piece of its work failed, to people and to programs, before it goes on with the next. */
import { exitCodeOfError } from './exit-codes.js'
import { type Failure, failureLine, failureOf } from './failure.js'
import { writeFailure } from './json.js'
import type { World } from './world.js'

export interface FailureTold {
  readonly failure: Failure
  readonly exitCode: number
}

/** @param work what failed, as the fields of its `error` line */
export function tellFailure(
  error: unknown,
  work: object,
  { flags, world }: { readonly flags: { readonly json?: boolean }; readonly world: World },
): FailureTold {
  const failure = failureOf(error)
  if (flags.json === true) writeFailure(world.screen, failure, work)
  world.screen.err(failureLine(failure))
  debugTrace(error, world)
  return { failure, exitCode: exitCodeOfError(failure.code, world.stoppedBy()) }
}

/** Where a bug report needs to know from where. */
function debugTrace(error: unknown, { environment, screen }: World): void {
  if (environment['LONGHAUL_DEBUG'] !== '1' || !(error instanceof Error)) return
  screen.err(error.stack ?? String(error))
  if (error.cause instanceof Error) screen.err(`caused by ${error.cause.stack ?? String(error.cause)}`)
}
