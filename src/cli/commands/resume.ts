/** `longhaul resume`: goes on with unfinished uploads by what their checkpoints tell. */
import { resolve } from 'node:path'
import type { PendingUpload, RateLimit } from '../../index.js'
import { exitCodeOfMany } from '../exit-codes.js'
import { UsageError } from '../failure.js'
import { type HeaderFlags, readHeaders, withSecretHeaders } from '../headers.js'
import { sameCommand } from '../invocation.js'
import { writeJson } from '../json.js'
import { chooseJobs, type PendingJobs } from '../pending-jobs.js'
import { bucketOfPending, type ChoiceFlags } from '../pending-work.js'
import { openRateControl } from '../rate-control.js'
import { resumeRun } from '../run-work.js'
import { type Connection, resolveConnection } from '../settings.js'
import { tellFailure } from '../tell-failure.js'
import { type JobEnd, runUploadJob, type UploadJob } from '../upload-job.js'
import { type UploadFlags, uploadOptions } from '../upload-options.js'
import type { World } from '../world.js'

export interface ResumeFlags extends UploadFlags, ChoiceFlags, HeaderFlags {}

export async function resume(ids: readonly string[], flags: ResumeFlags, world: World): Promise<number> {
  const chosen = await choose(ids, flags, world)
  const connection = await resolveConnection(flags, world)
  if (chosen.runs.length + chosen.uploads.length === 0 && flags.quiet !== true && flags.json !== true) {
    world.screen.out('There is nothing to go on with.')
  }
  const rate = openRateControl(flags, world.screen)
  const ends: JobEnd[] = []
  for (const run of chosen.runs) {
    if (world.signal.aborted) break
    ends.push(await resumeRun(run, { connection, flags, limitRate: rate.limit, world }))
  }
  // A run takes up the unfinished uploads of its own files, so only what is left after it is gone on with by itself.
  const isLeft = chosen.runs.length > 0 && ids.length === 0 && !world.signal.aborted
  const uploads = isLeft ? (await choose(ids, flags, world)).uploads : chosen.uploads
  for (const upload of uploads) {
    if (world.signal.aborted) break
    ends.push(await goOn(upload, { connection, flags, limitRate: rate.limit, world }))
  }
  rate.close()
  const exitCode = exitCodeOfMany(ends.map((end) => end.exitCode))
  if (flags.json === true) {
    const [only] = ends
    const fields = ends.length === 1 && only !== undefined ? only.fields : countsOf(ends)
    writeJson(world.screen, 'summary', { exitCode, ...fields })
  }
  return exitCode
}

/** Under --all, what is only to be aborted is nothing to go on with, and no failure either. */
async function choose(ids: readonly string[], flags: ResumeFlags, world: World): Promise<PendingJobs> {
  const { runs, uploads } = await chooseJobs(ids, flags, world)
  return { runs, uploads: ids.length === 0 ? uploads.filter(({ state }) => state !== 'aborting') : uploads }
}

async function goOn(
  upload: PendingUpload,
  {
    connection,
    flags,
    limitRate,
    world,
  }: {
    connection: Connection
    flags: ResumeFlags
    limitRate: RateLimit | undefined
    world: World
  },
): Promise<JobEnd> {
  let job: UploadJob
  try {
    job = {
      bucket: bucketOfPending(upload, connection),
      key: upload.key,
      file: resolve(sourceOf(upload)),
      options: {
        ...uploadOptions(flags, world),
        limitRate,
        headers: withSecretHeaders(upload, await readHeaders(flags, world.environment), 'upload'),
        // It was begun as a multipart upload, however small the file is by now.
        multipartThreshold: upload.uploadId === undefined ? undefined : 0,
      },
      goOn: sameCommand(world.program, world.args),
    }
  } catch (error) {
    const target = { id: upload.id, bucket: upload.bucket, key: upload.key }
    return { exitCode: tellFailure(error, target, { flags, world }).exitCode, fields: target }
  }
  return runUploadJob(job, flags, world)
}

function sourceOf({ id, source, state }: PendingUpload): string {
  if (state === 'aborting') {
    throw new UsageError(`The upload ${id} was given up; only its abort is left to do: discard it.`)
  }
  if (source === '')
    throw new UsageError(`The checkpoint ${id} does not tell which file it is of: put it again.`)
  return source
}

function countsOf(ends: readonly JobEnd[]): { readonly done: number; readonly failed: number } {
  const done = ends.filter(({ exitCode }) => exitCode === 0).length
  return { done, failed: ends.length - done }
}
