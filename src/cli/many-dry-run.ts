/** `put --dry-run` of many files: what each of them would send, one after the other, as for a single one. */
import { pendingRuns } from '../index.js'
import { planUploadJob } from './dry-run.js'
import { exitCodeOfError, exitCodeOfMany } from './exit-codes.js'
import { failureLine, failureOf, UsageError } from './failure.js'
import { writeFailure, writeJson } from './json.js'
import { headedSources, type ManyEnd, type ManyJob, refuseCollisions } from './many-job.js'
import { countOf } from './sizes.js'
import type { OutputFlags } from './upload-job.js'
import type { World } from './world.js'

/** @throws UsageError for what only the service could tell */
export async function planManyJob(job: ManyJob, flags: OutputFlags, world: World): Promise<ManyEnd> {
  const { bucket, plan, options, restart, adopt, goOn } = job
  if (plan.skip !== 'never' || plan.keepManifest) {
    throw new UsageError(
      '--dry-run asks nothing of the service and keeps nothing: --skip-same, --skip-existing and --only-changed do not go with it.',
    )
  }
  const tell = (text: string): void => {
    if (flags.json === true) writeJson(world.screen, 'notice', { message: text })
    else if (flags.quiet !== true) world.screen.err(text)
  }
  await refuseCollisions(plan, world)
  if (typeof options.store === 'string' && restart !== true) {
    const run = (await pendingRuns(options.store)).find(({ name }) => name === job.manifest)
    if (run !== undefined && run.done > 0) {
      tell(
        `An earlier run did ${countOf(run.done, 'file')} of these; those that did not change would be passed over.`,
      )
    }
  }
  const exitCodes: number[] = []
  for await (const { filename, key, headers, error } of headedSources(job, world, tell)) {
    if (world.signal.aborted) break
    if (error !== undefined) {
      const failure = failureOf(error)
      if (flags.json === true)
        writeFailure(world.screen, failure, { source: filename, bucket: bucket.name, key })
      else world.screen.err(failureLine(failure))
      exitCodes.push(exitCodeOfError(failure.code, world.stoppedBy()))
      continue
    }
    const { partSize, multipartThreshold } = plan
    const given = {
      ...options,
      headers: headers ?? plan.headers,
      partSize,
      multipartThreshold,
      restart,
      adopt,
    }
    const end = await planUploadJob({ bucket, key, file: filename, options: given, goOn }, flags, world)
    exitCodes.push(end.exitCode)
  }
  const failed = exitCodes.filter((each) => each !== 0).length
  const fields = {
    bucket: bucket.name,
    prefix: plan.prefix,
    done: exitCodes.length - failed,
    failed,
    dryRun: true,
  }
  return { exitCode: exitCodeOfMany(exitCodes), fields }
}
