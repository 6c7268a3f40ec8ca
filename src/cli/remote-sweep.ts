/**
 * `longhaul discard --remote`: aborts what nobody has added a part to for long and no log here knows. Since anybody may
 * have begun it, the list is shown first and consent is asked for.
 */
import { abortIfOlder, type Bucket, type RemoteUpload, remoteUploads } from '../index.js'
import { exitCodeOfError, exitCodeOfMany, success } from './exit-codes.js'
import { printable, UsageError } from './failure.js'
import { writeJson } from './json.js'
import { objectUrl, parseObjectUrl } from './object-url.js'
import { remoteFields, remoteTable, type Stale, staleUploads } from './remote-table.js'
import { type ConnectionFlags, openBucket, resolveConnection, storeFolder } from './settings.js'
import { countOf, formatDuration, formatSize } from './sizes.js'
import { tellFailure } from './tell-failure.js'
import type { OutputFlags } from './upload-job.js'
import type { World } from './world.js'

export interface SweepFlags extends ConnectionFlags, OutputFlags {
  readonly store?: string
  readonly remote: string
  /** Milliseconds. */
  readonly olderThan?: number
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/**
 * A part counts from when it has arrived: on a slow line a part of a running upload is under way for long. In milliseconds.
 */
export const leastAgeMs = 3_600_000

export async function sweepRemote(flags: SweepFlags, world: World): Promise<number> {
  const { screen, environment, signal } = world
  const olderThanMs = readAge(flags)
  const { bucket: name, key: prefix } = parseObjectUrl(flags.remote)
  const bucket = openBucket(await resolveConnection(flags, world), name)
  const listed = await remoteUploads(bucket, { prefix, store: storeFolder(flags, environment), signal })
  const found = staleUploads(listed, olderThanMs)
  const { stale } = found
  const asking = stale.length > 0 && flags.dryRun !== true && flags.yes !== true

  if (flags.json === true)
    for (const upload of stale) writeJson(screen, 'remote-upload', remoteFields(upload))
  else if (flags.quiet !== true || asking) {
    if (stale.length > 0) for (const line of remoteTable(stale, listed.now)) screen.out(line)
    screen.out(
      foundText(found, {
        endpoint: bucket.endpoint,
        url: objectUrl({ bucket: name, key: prefix }),
        olderThanMs,
      }),
    )
  }
  if (stale.length === 0 || flags.dryRun === true) {
    return ended(flags, world, { exitCode: success, count: stale.length, done: 0, failed: 0, touched: 0 })
  }
  if (asking && !(await consent(stale.length, flags, world))) {
    if (flags.json !== true) screen.out('Nothing was aborted.')
    return ended(flags, world, { exitCode: success, count: stale.length, done: 0, failed: 0, touched: 0 })
  }

  const exitCodes: number[] = []
  let touched = 0
  for (const upload of stale) {
    if (signal.aborted) {
      exitCodes.push(exitCodeOfError('cancelled', world.stoppedBy()))
      break
    }
    const end = await sweepOne(upload, { bucket, olderThanMs, flags, world })
    if (end === 'touched') touched += 1
    else exitCodes.push(end)
  }
  const exitCode = exitCodeOfMany(exitCodes)
  const done = exitCodes.filter((each) => each === success).length
  if (flags.json !== true && flags.quiet !== true) {
    screen.out(`Aborted ${done} of ${countOf(stale.length, 'upload')}.`)
  }
  return ended(flags, world, {
    exitCode,
    count: stale.length,
    done,
    failed: exitCodes.length - done,
    touched,
  })
}

/** @throws UsageError */
function readAge({ olderThan }: SweepFlags): number {
  if (olderThan === undefined) {
    throw new UsageError(
      '--remote needs --older-than, such as 7d: younger uploads may be under way somewhere.',
    )
  }
  if (olderThan < leastAgeMs || !Number.isFinite(olderThan)) {
    throw new UsageError(
      `--older-than has to be ${formatDuration(leastAgeMs)} or more: a part that is still on its way is not seen.`,
    )
  }
  return olderThan
}

async function consent(count: number, flags: SweepFlags, { ask }: World): Promise<boolean> {
  if (ask === undefined || flags.json === true) {
    throw new UsageError(
      `This aborts ${countOf(count, 'upload')} and their parts, whoever began them: add --yes if that is meant, or --dry-run.`,
    )
  }
  const answer = await ask(`Abort ${count === 1 ? 'it' : `these ${count}`}? Objects stay. [y/N] `)
  return /^y(es)?$/i.test(answer.trim())
}

async function sweepOne(
  upload: RemoteUpload,
  {
    bucket,
    olderThanMs,
    flags,
    world,
  }: {
    readonly bucket: Bucket
    readonly olderThanMs: number
    readonly flags: SweepFlags
    readonly world: World
  },
): Promise<number | 'touched'> {
  const { screen, signal } = world
  const { key, uploadId } = upload
  const target = { bucket: bucket.name, key, uploadId }
  try {
    const outcome = await abortIfOlder(bucket, upload, { olderThanMs, signal })
    if (flags.json === true) writeJson(screen, 'result', { ...target, outcome })
    else if (flags.quiet !== true)
      screen.out(printable(`${outcomeText[outcome]} ${objectUrl(target)} ${uploadId}`))
    return outcome === 'touched' ? 'touched' : success
  } catch (error) {
    return tellFailure(error, target, { flags, world }).exitCode
  }
}

const outcomeText = {
  aborted: 'Aborted',
  gone: 'Gone already:',
  touched: 'Left alone, since it got a part meanwhile:',
} as const

function foundText(
  { stale, known, younger, unjudged }: Stale,
  where: { readonly endpoint: string; readonly url: string; readonly olderThanMs: number },
): string {
  const bytes = stale.reduce((sum, { stored }) => sum + (stored?.bytes ?? 0), 0)
  const age = formatDuration(where.olderThanMs)
  const what =
    stale.length === 0
      ? `Nothing unfinished at ${where.endpoint} in ${where.url} is older than ${age}.`
      : `${countOf(stale.length, 'upload')} at ${where.endpoint}, ${formatSize(bytes)}, without a new part for ${age}.`
  const left = [
    ...(known === 0 ? [] : [`${known} that the store here knows`]),
    ...(younger === 0 ? [] : [`${younger} younger`]),
    ...(unjudged === 0 ? [] : [`${unjudged} whose parts may not be listed`]),
  ]
  return printable(left.length === 0 ? what : `${what} Left out: ${left.join(', ')}.`)
}

function ended(
  flags: SweepFlags,
  { screen }: World,
  summary: {
    readonly exitCode: number
    readonly count: number
    readonly done: number
    readonly failed: number
    readonly touched: number
  },
): number {
  if (flags.json === true) writeJson(screen, 'summary', summary)
  return summary.exitCode
}
