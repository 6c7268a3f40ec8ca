/** Runs of many files that are not done, as `resume` and `discard` find them beside single uploads. */
import { type PendingRun, type PendingUpload, pendingRuns, pendingUploads } from '../index.js'
import { UsageError } from './failure.js'
import { fits, shortIds } from './pending-choice.js'
import type { ChoiceFlags } from './pending-work.js'
import { storeFolder } from './settings.js'
import type { World } from './world.js'

/** The runs in which something is left to do: not those that are kept for what they know. */
export async function unfinishedRuns(store: string): Promise<readonly PendingRun[]> {
  const runs = await pendingRuns(store)
  return runs.filter(({ ended, failed }) => !ended || failed > 0)
}

/** The run meant by an id, when it is a run's; all of them without one, as `--all` has it. */
export async function chooseRuns(
  id: string | undefined,
  flags: ChoiceFlags,
  { environment }: World,
): Promise<{ readonly run?: PendingRun; readonly runs: readonly PendingRun[] }> {
  if (id === undefined && flags.all !== true) return { runs: [] }
  const store = storeFolder(flags, environment)
  const runs = await unfinishedRuns(store)
  if (id === undefined || flags.all === true) return { runs }
  const run = chooseRun(runs, await pendingUploads(store), id)
  return { runs: [], ...(run === undefined ? {} : { run }) }
}

/**
 * The run of this id; `undefined` when it is none's.
 *
 * @throws UsageError when several fit, uploads among them
 */
function chooseRun(
  runs: readonly PendingRun[],
  uploads: readonly PendingUpload[],
  given: string,
): PendingRun | undefined {
  const exact = runs.find(({ id }) => id === given)
  if (exact !== undefined) return exact
  const [run, ...others] = runs.filter(({ id }) => fits(id, given))
  if (run === undefined || given === '') return undefined
  const rivals = [...others, ...uploads.filter(({ id }) => fits(id, given))]
  if (rivals.length === 0) return run
  const ids = shortIds([run, ...rivals].map(({ id }) => id))
  throw new UsageError(`${given} may be ${ids.join(' or ')}: give more of it.`)
}
