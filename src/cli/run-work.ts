/** Going on with a run of many files, and forgetting one: by what its manifest tells. */
import { forgetRun, type PendingRun, type RateLimit } from '../index.js'
import { success } from './exit-codes.js'
import { printable } from './failure.js'
import { type HeaderFlags, readHeaders } from './headers.js'
import { sameCommand } from './invocation.js'
import { writeJson } from './json.js'
import { runManyJob } from './many-job.js'
import { bucketOfPending } from './pending-work.js'
import { planFrom } from './put-many.js'
import { type Connection, storeFolder } from './settings.js'
import { countOf } from './sizes.js'
import { tellFailure } from './tell-failure.js'
import type { JobEnd, OutputFlags } from './upload-job.js'
import { type UploadFlags, uploadOptions } from './upload-options.js'
import type { World } from './world.js'

/** Never rejects. */
export async function resumeRun(
  run: PendingRun,
  {
    connection,
    flags,
    limitRate,
    world,
  }: {
    readonly connection: Connection
    readonly flags: UploadFlags & HeaderFlags
    readonly limitRate: RateLimit | undefined
    readonly world: World
  },
): Promise<JobEnd> {
  try {
    return await runManyJob(
      {
        bucket: bucketOfPending({ ...run, state: 'open' }, connection),
        plan: planFrom(run.definition, await readHeaders(flags, world.environment)),
        manifest: run.name,
        options: { ...uploadOptions(flags, world), limitRate },
        goOn: sameCommand(world.program, world.args),
      },
      flags,
      world,
    )
  } catch (error) {
    const work = { id: run.id, bucket: run.bucket }
    return { exitCode: tellFailure(error, work, { flags, world }).exitCode, fields: work }
  }
}

/** Never rejects. @returns the exit code */
export async function discardRun(
  run: PendingRun,
  {
    flags,
    world,
  }: {
    readonly flags: OutputFlags & { readonly store?: string; readonly steal?: boolean }
    readonly world: World
  },
): Promise<number> {
  const { id, bucket, done, failed } = run
  try {
    await forgetRun(run, { store: storeFolder(flags, world.environment), steal: flags.steal === true })
    if (flags.json === true) writeJson(world.screen, 'result', { id, bucket, done, failed, forgotten: true })
    else if (flags.quiet !== true) {
      const files = `${countOf(done, 'file')} done, ${failed} failed`
      world.screen.out(printable(`Forgot the run to oss://${bucket}, ${files}; the objects stay.`))
    }
    return success
  } catch (error) {
    return tellFailure(error, { id, bucket }, { flags, world }).exitCode
  }
}
