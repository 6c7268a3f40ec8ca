/** `longhaul put`: files become objects, going on by itself where an earlier run stopped. */
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { type ContentTypeFlags, withContentType } from '../content-type.js'
import { planUploadJob } from '../dry-run.js'
import { UsageError } from '../failure.js'
import { isGlob } from '../glob.js'
import { type HeaderFlags, readHeaders } from '../headers.js'
import { sameCommand } from '../invocation.js'
import { writeJson } from '../json.js'
import { planManyJob } from '../many-dry-run.js'
import { runManyJob } from '../many-job.js'
import { isObjectUrl, type ObjectUrl, parseObjectUrl, parseWholeObjectUrl } from '../object-url.js'
import { fromInput, type InputFlags, standardInput } from '../put-input.js'
import { type ManyFlags, manifestName, planOf } from '../put-many.js'
import { openRateControl } from '../rate-control.js'
import { findRoots, folderAlone, slashed } from '../roots.js'
import { openBucket, resolveConnection } from '../settings.js'
import { runUploadJob, type UploadJob } from '../upload-job.js'
import { type UploadFlags, uploadOptions } from '../upload-options.js'
import type { World } from '../world.js'

export interface PutFlags extends UploadFlags, HeaderFlags, ContentTypeFlags, ManyFlags, InputFlags {
  readonly partSize?: number
  readonly multipartThreshold?: number
  readonly restart?: boolean
  readonly dryRun?: boolean
  /** `true`, or the id of an upload. */
  readonly adopt?: boolean | string
}

export async function put(paths: readonly string[], flags: PutFlags, world: World): Promise<number> {
  const { sources, destination } = readPaths(paths, flags)
  const [file] = sources
  if (file === undefined || (await areMany(sources, flags))) {
    return putMany(sources, destination, flags, world)
  }
  const target =
    file === standardInput ? parseWholeObjectUrl(paths.at(-1) ?? '') : withName(destination, file)
  return putOne(file, target, flags, world)
}

async function areMany(sources: readonly string[], flags: PutFlags): Promise<boolean> {
  if (sources.includes(standardInput) && (sources.length > 1 || flags.recursive === true)) {
    throw new UsageError('Standard input is put alone: put - oss://bucket/key.')
  }
  if (sources.length !== 1 || flags.recursive === true || flags.filesFrom !== undefined) return true
  const only = onlyForMany.find(({ name }) => flags[name] !== undefined)
  const [file = ''] = sources
  const there = await stat(file).catch(() => undefined)
  if (there === undefined && isGlob(slashed(file))) return true
  if (there?.isDirectory() === true) throw folderAlone(file)
  if (only === undefined) return false
  throw new UsageError(
    `${only.flag} chooses among many files, and one is named: give -r, a pattern or a list.`,
  )
}

/** What means nothing for one file. */
const onlyForMany = [
  { name: 'rules', flag: '--include or --exclude' },
  { name: 'minSize', flag: '--min-size' },
  { name: 'maxSize', flag: '--max-size' },
  { name: 'newerThan', flag: '--newer-than' },
  { name: 'olderThan', flag: '--older-than' },
  { name: 'from0', flag: '--from0' },
  { name: 'symlinks', flag: '--symlinks' },
  { name: 'onlyChanged', flag: '--only-changed' },
  { name: 'skipSame', flag: '--skip-same' },
  { name: 'skipExisting', flag: '--skip-existing' },
  { name: 'maxFailures', flag: '--max-failures' },
] as const

async function putMany(
  sources: readonly string[],
  destination: ObjectUrl,
  flags: PutFlags,
  world: World,
): Promise<number> {
  const { adopt, restart, maxFailures, partSize, multipartThreshold } = flags
  if (typeof adopt === 'string') throw new UsageError('--adopt=ID is for one file: give --adopt alone.')
  const roots = await findRoots(sources, destination, flags)
  const { bucket: name, key: prefix } = destination
  const bucket = openBucket(await resolveConnection(flags, world), name)
  const headers = await readHeaders(flags, world.environment)
  const plan = planOf({ bucket: name, prefix, roots, headers, partSize, multipartThreshold }, flags)
  const rate = openRateControl(flags, world.screen)
  const run = flags.dryRun === true ? planManyJob : runManyJob
  const { exitCode, fields } = await run(
    {
      bucket,
      plan,
      manifest: manifestName(plan),
      options: { ...uploadOptions(flags, world), limitRate: rate.limit },
      restart,
      adopt,
      maxFailures,
      goOn: sameCommand(world.program, world.args),
    },
    flags,
    world,
  )
  rate.close()
  if (flags.json === true) writeJson(world.screen, 'summary', { exitCode, ...fields })
  return exitCode
}

async function putOne(file: string, target: ObjectUrl, flags: PutFlags, world: World): Promise<number> {
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

function readPaths(
  paths: readonly string[],
  flags: PutFlags,
): { readonly sources: readonly string[]; readonly destination: ObjectUrl } {
  const sources = paths.slice(0, -1)
  const destination = paths.at(-1) ?? ''
  if (sources.length === 0 && (flags.filesFrom === undefined || !isObjectUrl(destination))) {
    throw new UsageError(
      isObjectUrl(destination)
        ? 'The file is missing: put FILE oss://bucket/key.'
        : 'The destination is missing: put FILE oss://bucket/key.',
    )
  }
  if (sources.some(isObjectUrl)) {
    throw new UsageError('put uploads files; only its last argument can be an object.')
  }
  return { sources, destination: parseObjectUrl(destination) }
}

/** A destination that is a bucket or ends in a slash gets the file's own name. */
function withName({ bucket, key }: ObjectUrl, file: string): ObjectUrl {
  return { bucket, key: key === '' || key.endsWith('/') ? `${key}${basename(resolve(file))}` : key }
}
