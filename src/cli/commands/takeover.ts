/** `longhaul takeover`: goes on with what other tools left unfinished, or lists it. */
import {
  foreignToolNames,
  type RateLimit,
  readForeignCheckpoint,
  type TakenOver,
  takeOver,
  takeoverTarget,
} from '../../index.js'
import { type ContentTypeFlags, withContentType } from '../content-type.js'
import { exitCodeOfMany } from '../exit-codes.js'
import { oneLine, UsageError } from '../failure.js'
import { candidateFields, candidateTable, lookForCandidates, type Ready } from '../foreign-candidates.js'
import { type HeaderFlags, readHeaders } from '../headers.js'
import { sameCommand, shellQuote } from '../invocation.js'
import { writeJson } from '../json.js'
import { isObjectUrl, parseObjectUrl } from '../object-url.js'
import { openRateControl } from '../rate-control.js'
import { hasConnectionFlag } from '../setting-levels.js'
import { type Connection, openBucket, openService, resolveConnection } from '../settings.js'
import { countOf } from '../sizes.js'
import { tellFailure } from '../tell-failure.js'
import { type JobEnd, runUploadJob } from '../upload-job.js'
import { type UploadFlags, uploadOptions } from '../upload-options.js'
import type { World } from '../world.js'

export interface TakeoverFlags extends UploadFlags, HeaderFlags, ContentTypeFlags {
  /** `true`: where tools keep their checkpoints. */
  readonly scan?: boolean | string
  readonly all?: boolean
  readonly bucket?: string
  readonly remove?: boolean
}

export async function takeover(
  paths: readonly string[],
  flags: TakeoverFlags,
  world: World,
): Promise<number> {
  if (flags.scan === undefined) {
    if (flags.all === true || flags.bucket !== undefined) {
      throw new UsageError('--all and --bucket go with --scan.')
    }
    return takeOne(paths, flags, world)
  }
  if (paths.length > 0) throw new UsageError('Give either a CHECKPOINT or --scan, not both.')
  return flags.all === true ? takeAll(flags, world) : scan(flags, world)
}

async function takeOne(paths: readonly string[], flags: TakeoverFlags, world: World): Promise<number> {
  const { path, filename, bucket, key } = readPaths(paths)
  const checkpoint = await readForeignCheckpoint(path)
  const target = takeoverTarget(checkpoint, { bucket, key, filename })
  const connection = await resolveConnection(flags, world)
  const rate = openRateControl(flags, world.screen)
  const end = await goOn({ checkpoint, ...target }, { connection, flags, limitRate: rate.limit, world })
  rate.close()
  if (flags.json === true) writeJson(world.screen, 'summary', { exitCode: end.exitCode, ...end.fields })
  return end.exitCode
}

/** What does not begin with `oss://` is a file; only the bucket need be told, or the whole to have it proved. */
function readPaths(paths: readonly string[]): {
  readonly path: string
  readonly filename: string | undefined
  readonly bucket: string | undefined
  readonly key: string | undefined
} {
  const [path, ...others] = paths
  if (path === undefined || isObjectUrl(path)) {
    throw new UsageError('The checkpoint is missing: takeover CHECKPOINT [FILE] [oss://bucket/key].')
  }
  const urls = others.filter(isObjectUrl)
  const files = others.filter((other) => !isObjectUrl(other))
  const [url] = urls
  if (urls.length > 1 || files.length > 1) {
    throw new UsageError(
      'takeover takes one checkpoint, one file and one object: takeover CHECKPOINT [FILE] [oss://bucket/key].',
    )
  }
  const { bucket, key } = url === undefined ? {} : parseObjectUrl(url)
  return { path, filename: files[0], bucket, key: key === '' ? undefined : key }
}

interface Means {
  readonly connection: Connection
  readonly flags: TakeoverFlags
  readonly limitRate: RateLimit | undefined
  readonly world: World
}

async function goOn(
  { checkpoint, bucket, key, file }: Ready,
  { connection, flags, limitRate, world }: Means,
): Promise<JobEnd> {
  let taken: TakenOver | undefined
  const headers = await withContentType(await readHeaders(flags, world.environment), { key, file }, flags)
  const end = await runUploadJob(
    {
      bucket: openBucket(connection, bucket),
      key,
      file,
      options: { ...uploadOptions(flags, world), headers, limitRate },
      goOn: sameCommand(world.program, world.args),
      upload: async (opened, _key, filename, options) => {
        taken = await takeOver(opened, checkpoint.path, { ...options, filename, key, remove: flags.remove })
        return taken
      },
    },
    flags,
    world,
  )
  if (taken !== undefined && flags.quiet !== true && flags.json !== true) {
    world.screen.err(lastWord(taken))
  }
  return end
}

/** The old tool does not know that its upload is done. */
function lastWord({ tool, checkpoint, checkpointRemoved }: TakenOver): string {
  if (checkpointRemoved) return oneLine(`Removed the checkpoint ${checkpoint}.`)
  return `The checkpoint is still there, and ${foreignToolNames[tool]} would begin anew by it, or fail. To remove it: rm ${shellQuote(checkpoint)}`
}

async function scan(flags: TakeoverFlags, world: World): Promise<number> {
  const { screen } = world
  const connection = await connectionOrTell(flags, world)
  const candidates = await lookForCandidates({ ...flags, connection, signal: world.signal })
  if (flags.json === true) {
    for (const candidate of candidates) writeJson(screen, 'foreign-upload', candidateFields(candidate))
    writeJson(screen, 'summary', { exitCode: 0, count: candidates.length })
  } else if (candidates.length === 0) screen.out('No checkpoints of other tools were found.')
  else for (const line of candidateTable(candidates)) screen.out(line)
  return 0
}

/** The list is of use without the service, too; but who says how to reach it means it. */
async function connectionOrTell(flags: TakeoverFlags, world: World): Promise<Connection | undefined> {
  try {
    const connection = await resolveConnection(flags, world)
    openService(connection)
    return connection
  } catch (error) {
    if (!(error instanceof UsageError) || hasConnectionFlag(flags)) throw error
    if (flags.quiet !== true) world.screen.err(oneLine(`The service is not asked: ${error.message}`))
    return undefined
  }
}

/** What is gone is nothing to go on with, and no failure either. */
async function takeAll(flags: TakeoverFlags, world: World): Promise<number> {
  const { screen } = world
  const connection = await resolveConnection(flags, world)
  const candidates = await lookForCandidates({ ...flags, connection, signal: world.signal })
  const rate = openRateControl(flags, world.screen)
  const means = { connection, flags, limitRate: rate.limit, world }
  const ends: JobEnd[] = []
  let skipped = 0
  for (const candidate of candidates) {
    if (world.signal.aborted) break
    if (candidate.kind === 'ready' && candidate.state.kind === 'gone') skipped += 1
    else if (candidate.kind === 'ready') ends.push(await goOnOrTell(candidate, means))
    else ends.push(refusal(candidate.path, new UsageError(candidate.why), { flags, world }))
  }
  rate.close()
  const exitCode = exitCodeOfMany(ends.map((end) => end.exitCode))
  const done = ends.filter((end) => end.exitCode === 0).length
  if (flags.json === true) {
    writeJson(screen, 'summary', { exitCode, done, failed: ends.length - done, skipped })
  } else if (flags.quiet !== true) {
    const gone = skipped === 0 ? '' : `, ${skipped} not at the service any more`
    screen.out(`${countOf(done, 'upload')} taken over, ${ends.length - done} failed${gone}`)
  }
  return exitCode
}

async function goOnOrTell(ready: Ready, means: Means): Promise<JobEnd> {
  try {
    return await goOn(ready, means)
  } catch (error) {
    return refusal(ready.checkpoint.path, error, means)
  }
}

function refusal(path: string, error: unknown, { flags, world }: Pick<Means, 'flags' | 'world'>): JobEnd {
  const work = { checkpoint: path }
  return { exitCode: tellFailure(error, work, { flags, world }).exitCode, fields: work }
}
