/** Which unfinished work `resume` and `discard` mean: by ids, of uploads and of runs of many files, or all of it. */
import type { PendingRun, PendingUpload } from '../index.js'
import { chooseRuns } from './pending-runs.js'
import { type ChoiceFlags, chooseUploads } from './pending-work.js'
import type { World } from './world.js'

export interface PendingJobs {
  readonly runs: readonly PendingRun[]
  readonly uploads: readonly PendingUpload[]
}

/**
 * Each once, in the order in which they were named. No ids: everything, when the flags say so.
 *
 * @throws CommandError `not-found` for an id that is none's, UsageError for one that may be several
 */
export async function chooseJobs(
  ids: readonly string[],
  flags: ChoiceFlags,
  world: World,
): Promise<PendingJobs> {
  if (ids.length === 0) {
    const uploads = await chooseUploads(undefined, flags, world)
    const { runs } = await chooseRuns(undefined, flags, world)
    return { runs, uploads }
  }
  const runs = new Map<string, PendingRun>()
  const uploads = new Map<string, PendingUpload>()
  for (const id of ids) {
    const { run } = await chooseRuns(id, flags, world)
    if (run !== undefined) runs.set(run.id, run)
    else for (const upload of await chooseUploads(id, flags, world)) uploads.set(upload.id, upload)
  }
  return { runs: [...runs.values()], uploads: [...uploads.values()] }
}
