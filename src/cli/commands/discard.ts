/** `longhaul discard`: aborts unfinished uploads at the service and forgets them. Objects are never touched. */
import { type Discarded, discardUpload, type PendingUpload } from '../../index.js'
import { exitCodeOfMany, success } from '../exit-codes.js'
import { printable, UsageError } from '../failure.js'
import { writeJson } from '../json.js'
import { objectUrl } from '../object-url.js'
import { chooseJobs, type PendingJobs } from '../pending-jobs.js'
import { bucketOfPending, type ChoiceFlags } from '../pending-work.js'
import { sweepRemote } from '../remote-sweep.js'
import { runTarget } from '../run-rows.js'
import { discardRun } from '../run-work.js'
import { type Connection, type ConnectionFlags, resolveConnection, storeFolder } from '../settings.js'
import { countOf } from '../sizes.js'
import { tellFailure } from '../tell-failure.js'
import type { OutputFlags } from '../upload-job.js'
import type { World } from '../world.js'

export interface DiscardFlags extends ConnectionFlags, OutputFlags, ChoiceFlags {
  readonly remote?: string
  /** Milliseconds. */
  readonly olderThan?: number
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly steal?: boolean
}

export async function discard(ids: readonly string[], flags: DiscardFlags, world: World): Promise<number> {
  const { remote } = flags
  if (remote !== undefined) {
    if (ids.length > 0 || flags.all === true) {
      throw new UsageError('Give either --remote, or an ID or --all of the uploads of the store here.')
    }
    return sweepRemote({ ...flags, remote }, world)
  }
  if (flags.olderThan !== undefined || flags.dryRun === true) {
    throw new UsageError('--older-than and --dry-run go with --remote.')
  }
  const chosen = await chooseJobs(ids, flags, world)
  const { runs, uploads } = chosen
  const count = uploads.length + runs.length
  if (flags.all === true && flags.yes !== true && world.screen.moving && count > 0) {
    throw new UsageError(`This ${whatGoes(chosen)}: add --yes if that is meant.`)
  }
  if (count === 0 && flags.quiet !== true && flags.json !== true) {
    world.screen.out('There is nothing to discard.')
  }
  // A run is only forgotten here, for which nobody needs a key.
  const connection = uploads.length === 0 ? undefined : await resolveConnection(flags, world)
  const exitCodes: number[] = []
  for (const run of runs) {
    if (world.signal.aborted) break
    exitCodes.push(await discardRun(run, { flags, world }))
  }
  for (const upload of uploads) {
    if (world.signal.aborted || connection === undefined) break
    exitCodes.push(await discardOne(upload, { connection, flags, world }))
  }
  const exitCode = exitCodeOfMany(exitCodes)
  if (flags.json === true) writeJson(world.screen, 'summary', { exitCode, ...countsOf(exitCodes) })
  return exitCode
}

function whatGoes({ uploads, runs }: PendingJobs): string {
  const aborts = `aborts ${countOf(uploads.length, 'unfinished upload')} and their parts`
  const forgets = `forgets ${countOf(runs.length, 'run')} of many files (${runs.map(runTarget).join(', ')})`
  return [...(uploads.length > 0 ? [aborts] : []), ...(runs.length > 0 ? [forgets] : [])].join(' and ')
}

function countsOf(exitCodes: readonly number[]): { readonly done: number; readonly failed: number } {
  const done = exitCodes.filter((each) => each === success).length
  return { done, failed: exitCodes.length - done }
}

async function discardOne(
  upload: PendingUpload,
  { connection, flags, world }: { connection: Connection; flags: DiscardFlags; world: World },
): Promise<number> {
  const { screen, signal, environment } = world
  const { id, bucket: name, key } = upload
  try {
    const bucket = bucketOfPending(upload, connection)
    const discarded = await discardUpload(bucket, key, {
      store: storeFolder(flags, environment),
      signal,
      steal: flags.steal,
    })
    if (flags.json === true) writeJson(screen, 'result', { id, bucket: name, key, ...discarded })
    else if (flags.quiet !== true) screen.out(printable(sentence(objectUrl(upload), discarded)))
    return success
  } catch (error) {
    return tellFailure(error, { id, bucket: name, key }, { flags, world }).exitCode
  }
}

function sentence(url: string, { aborted, completed }: Discarded): string {
  if (completed) return `${url} had become an object already; it stays, and the checkpoint is gone.`
  if (aborted.length === 0) return `Forgot ${url}; there was nothing at the service to abort.`
  return `Discarded ${url}: aborted ${aborted.join(', ')}`
}
