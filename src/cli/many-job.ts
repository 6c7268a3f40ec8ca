/** A run of many files as the command line does it: the library's call, and what is said meanwhile and at its end. */
import {
  assertDistinctKeys,
  type Bucket,
  type ManyEvent,
  type ManySource,
  type ManySummary,
  resumableUploadMany,
  UploadManyError,
  type UploadOptions,
} from '../index.js'
import { withContentType } from './content-type.js'
import { exitCodeOfError, exitCodeOfMany, success } from './exit-codes.js'
import { type Failure, failureLine, failureOf, oneLine } from './failure.js'
import { writeJson } from './json.js'
import { createManyDisplay, noManyProgress } from './many-display.js'
import { manyEndLines } from './many-end.js'
import { jsonOfMany } from './many-json.js'
import { manyNoticeOf, openManyLog } from './many-log.js'
import { sourcesOf } from './many-sources.js'
import { definitionOf, type PutPlan } from './put-many.js'
import { mayCollide } from './roots.js'
import { createSelection } from './selection.js'
import { tellFailure } from './tell-failure.js'
import type { OutputFlags } from './upload-job.js'
import type { World } from './world.js'

export interface ManyJob {
  readonly bucket: Bucket
  readonly plan: PutPlan
  /** The name of the run among those of the bucket. */
  readonly manifest: string
  /** How to send: what `put` and `resume` have in common. */
  readonly options: UploadOptions
  readonly restart?: boolean | undefined
  readonly adopt?: boolean | undefined
  readonly maxFailures?: number | undefined
  /** What to type to go on with it. */
  readonly goOn: string
}

export interface ManyEnd {
  readonly exitCode: number
  /** For a `summary` line. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** Never rejects: a failure is told here, and is an end like another. */
export async function runManyJob(job: ManyJob, flags: OutputFlags, world: World): Promise<ManyEnd> {
  const { screen } = world
  const startedMs = performance.now()
  const say = createNotices(flags, world)
  const silent = flags.json === true || flags.quiet === true || flags.progress === false
  const display = silent ? noManyProgress : createManyDisplay(screen, job.plan.prefix)
  const tell = flags.json === true ? jsonOfMany(screen, job.bucket.name) : textOf(world, say)
  const log = openManyLog(flags, job.plan, screen)
  log.line(`begun: ${job.goOn}`)
  const notice = (text: string): void => {
    log.line(text)
    say(text)
  }
  try {
    let summary: ManySummary | undefined
    let stopped: unknown
    try {
      summary = await upload(job, world, { notice, hear: [display.event, log.event, tell] })
    } catch (error) {
      stopped = error
      if (error instanceof UploadManyError) summary = error.summary
    }
    display.close()
    const durationMs = Math.round(performance.now() - startedMs)
    const end: { readonly failure?: Failure; readonly exitCode: number } =
      stopped === undefined
        ? { exitCode: exitCodeOf(summary, world) }
        : tellFailure(stopped, { bucket: job.bucket.name }, { flags, world })
    const { failure, exitCode } = end
    if (failure !== undefined) log.line(failureLine(failure))
    const place = { bucket: job.bucket.name, prefix: job.plan.prefix }
    const told = { ...place, durationMs, goOn: job.goOn, isStopped: failure !== undefined }
    if (summary !== undefined) {
      const { out, err } = manyEndLines(summary, told)
      for (const line of [...out, ...err]) log.line(line)
      const silentEnd = flags.json === true || flags.quiet === true
      for (const line of silentEnd ? [] : out) screen.out(line)
      for (const line of silentEnd ? [] : err) screen.err(line)
    }
    log.line(`exit ${exitCode}${failure === undefined ? '' : `, ${failure.code}`}`)
    const code = failure === undefined ? {} : { code: failure.code }
    const { failures: _, ...counts } = summary ?? { failures: [] }
    return { exitCode, fields: { ...place, ...counts, ...code, durationMs } }
  } finally {
    log.close()
  }
}

async function upload(
  { bucket, plan, manifest, options, restart, adopt, maxFailures }: ManyJob,
  world: World,
  {
    notice,
    hear,
  }: { readonly notice: (text: string) => void; readonly hear: readonly ((event: ManyEvent) => void)[] },
): Promise<ManySummary> {
  const { signal } = world
  await refuseCollisions(plan, world)
  return resumableUploadMany(bucket, headedSources({ plan }, world, notice), {
    ...options,
    headers: plan.headers,
    partSize: plan.partSize,
    multipartThreshold: plan.multipartThreshold,
    manifest,
    definition: definitionOf(plan),
    keepManifest: plan.keepManifest,
    skip: plan.skip,
    restart,
    adopt,
    maxFailures,
    signal,
    onEvent(event) {
      for (const listener of hear) listener(event)
    },
  })
}

/**
 * Where two files may want one key, all are walked once before the first is sent. A list from a pipe can be read but once.
 *
 * @throws UploadError `conflict`
 */
export async function refuseCollisions(plan: PutPlan, { input, signal }: World): Promise<void> {
  const isPiped = plan.roots.some((root) => root.kind === 'list' && root.list === '-')
  if (!mayCollide(plan.roots) || isPiped) return
  await assertDistinctKeys(() => bareSources(plan, input, () => {}), { signal })
}

function bareSources(
  plan: PutPlan,
  input: World['input'],
  notice: (text: string) => void,
): AsyncIterable<ManySource> {
  const { roots, symlinks, recursive, from0 } = plan
  const selection = createSelection(plan)
  return sourcesOf(roots, { selection, symlinks, recursive, from0, input, notice })
}

/** The sources of a plan, with what the name of each tells of its content where nobody said. */
export async function* headedSources(
  { plan }: Pick<ManyJob, 'plan'>,
  { input }: Pick<World, 'input'>,
  notice: (text: string) => void,
): AsyncGenerator<ManySource> {
  const { headers, guessContentType } = plan
  for await (const source of bareSources(plan, input, notice)) {
    const names = { key: source.key, file: source.filename }
    const own = await withContentType(headers, names, { guessContentType })
    yield own === headers ? source : { ...source, headers: own }
  }
}

function exitCodeOf(summary: ManySummary | undefined, world: World): number {
  if (summary === undefined) return success
  const failed = Object.keys(summary.codes).map((code) =>
    exitCodeOfError(code as keyof ManySummary['codes'], world.stoppedBy()),
  )
  return exitCodeOfMany(summary.uploaded + summary.skipped > 0 ? [success, ...failed] : failed)
}

/** One sentence once: of a thousand files each may say it. */
function createNotices(flags: OutputFlags, { screen }: World): (text: string) => void {
  if (flags.quiet === true) return () => {}
  if (flags.json === true) return (text) => writeJson(screen, 'notice', { message: text })
  let last = ''
  return (text) => {
    if (text !== last) screen.err(oneLine(text))
    last = text
  }
}

function textOf({ screen }: World, say: (text: string) => void): (event: ManyEvent) => void {
  return (event) => {
    if (event.type === 'file-failed') screen.err(failureLine(failureOf(event.error)))
    const text = manyNoticeOf(event)
    if (text !== undefined) say(text)
  }
}
