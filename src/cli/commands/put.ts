/** `longhaul put`: one file becomes one object, going on by itself where an earlier run stopped. */
import { basename, resolve } from 'node:path'
import type { UploadOptions } from '../../index.js'
import { type ContentTypeFlags, withContentType } from '../content-type.js'
import { planUploadJob } from '../dry-run.js'
import { UsageError } from '../failure.js'
import { type HeaderFlags, readHeaders } from '../headers.js'
import { sameCommand } from '../invocation.js'
import { writeJson } from '../json.js'
import { isObjectUrl, type ObjectUrl, parseObjectUrl, parseWholeObjectUrl } from '../object-url.js'
import { fromInput, type InputFlags, standardInput } from '../put-input.js'
import { openRateControl, type RateFlags } from '../rate-control.js'
import { type ConnectionFlags, openBucket, resolveConnection, storeFolder } from '../settings.js'
import { type OutputFlags, runUploadJob, type UploadJob } from '../upload-job.js'
import type { World } from '../world.js'

export interface UploadFlags extends ConnectionFlags, OutputFlags, RateFlags {
  readonly store?: string
  readonly numThreads?: number | 'auto'
  /** Milliseconds. */
  readonly retryFor?: number
  readonly verify?: 'always' | 'changed' | 'paranoid'
  readonly steal?: boolean
}

export interface PutFlags extends UploadFlags, HeaderFlags, ContentTypeFlags, InputFlags {
  readonly partSize?: number
  readonly multipartThreshold?: number
  readonly restart?: boolean
  readonly dryRun?: boolean
  /** `true`, or the id of an upload. */
  readonly adopt?: boolean | string
}

export async function put(paths: readonly string[], flags: PutFlags, world: World): Promise<number> {
  const { file, target } = readPaths(paths)
  if (flags.dryRun === true && file === standardInput) {
    throw new UsageError('--dry-run can not tell what standard input will bring: name a file.')
  }
  const bucket = openBucket(await resolveConnection(flags, world), target.bucket)
  const headers = await readHeaders(flags, world.environment)
  const rate = openRateControl(flags, world.screen)
  const job: UploadJob = {
    bucket,
    key: target.key,
    file: resolve(file),
    options: {
      ...uploadOptions(flags, world),
      headers: await withContentType(headers, { key: target.key, file }, flags),
      limitRate: rate.limit,
      partSize: flags.partSize,
      multipartThreshold: flags.multipartThreshold,
      restart: flags.restart,
      adopt: flags.adopt,
    },
    goOn: sameCommand(world.program, world.args),
  }
  const run = flags.dryRun === true ? planUploadJob : runUploadJob
  const { exitCode, fields } = await run(
    file === standardInput ? fromInput(job, flags, world) : job,
    flags,
    world,
  )
  rate.close()
  if (flags.json === true) writeJson(world.screen, 'summary', { exitCode, ...fields })
  return exitCode
}

/** What `put` and `resume` have in common. */
export function uploadOptions(flags: UploadFlags, world: World): UploadOptions {
  return {
    store: storeFolder(flags, world.environment),
    numThreads: flags.numThreads ?? 4,
    verify: flags.verify,
    steal: flags.steal,
    retry: { noProgressForMs: flags.retryFor },
  }
}

function readPaths(paths: readonly string[]): { readonly file: string; readonly target: ObjectUrl } {
  const sources = paths.slice(0, -1)
  const destination = paths.at(-1) ?? ''
  const [file] = sources
  if (file === undefined) {
    throw new UsageError(
      isObjectUrl(destination)
        ? 'The file is missing: put FILE oss://bucket/key.'
        : 'The destination is missing: put FILE oss://bucket/key.',
    )
  }
  if (sources.length > 1) {
    throw new UsageError(`put takes one file at a time, and ${sources.length} were given.`)
  }
  if (file === standardInput) return { file, target: parseWholeObjectUrl(destination) }
  if (isObjectUrl(file)) throw new UsageError('put uploads a file; the first argument has to be one.')
  return { file, target: withName(parseObjectUrl(destination), file) }
}

/** A destination that is a bucket or ends in a slash gets the file's own name. */
function withName({ bucket, key }: ObjectUrl, file: string): ObjectUrl {
  return { bucket, key: key === '' || key.endsWith('/') ? `${key}${basename(resolve(file))}` : key }
}
