/**
 * One upload as the command line runs it: the library's call, and what is said while it runs and at its end. `put` and
 * `resume` differ only in where its particulars come from.
 */
import {
  type Bucket,
  resumableUpload,
  type UploadEvent,
  type UploadOptions,
  type UploadResult,
} from '../index.js'
import { success } from './exit-codes.js'
import { type Failure, failureLine, printable } from './failure.js'
import { keepHeapFlat } from './flat-heap.js'
import { jsonEvents, writeJson } from './json.js'
import { noticeOf } from './notices.js'
import { objectUrl } from './object-url.js'
import { createProgressDisplay, noProgress, type ProgressDisplay } from './progress-display.js'
import { openRunLog } from './run-log.js'
import { countOf, formatDuration, formatRate, formatSize } from './sizes.js'
import { addEvent, emptyTally, type Tally } from './tally.js'
import { tellFailure } from './tell-failure.js'
import type { World } from './world.js'

export interface OutputFlags {
  readonly json?: boolean
  readonly quiet?: boolean
  /** False for `--no-progress`. */
  readonly progress?: boolean
  /** A file that all is written to as well. */
  readonly log?: string
}

export interface UploadJob {
  readonly bucket: Bucket
  readonly key: string
  /** Absolute, so that the checkpoint can be gone on with from anywhere. */
  readonly file: string
  readonly options: UploadOptions
  /** What to type to go on with it. Absent where nothing is kept to go on with. */
  readonly goOn?: string
  /** What a person should know where nothing was in it. */
  readonly ifEmpty?: string
  /** What uploads it, and takes the same. Default: `resumableUpload`. */
  readonly upload?: typeof resumableUpload
}

export interface JobEnd {
  readonly exitCode: number
  /** For a `summary` line. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** Never rejects: a failure is told here, and is an end like another. */
export async function runUploadJob(job: UploadJob, flags: OutputFlags, world: World): Promise<JobEnd> {
  const { screen, signal } = world
  const { bucket, key, file } = job
  const startedMs = performance.now()
  const letHeapBe = keepHeapFlat()
  let tally: Tally = emptyTally
  const display = progressFor(flags, world)
  const log = openRunLog(flags, `${file} to ${objectUrl({ bucket: bucket.name, key })}`, screen)
  log.line(`begun${job.goOn === undefined ? '' : `: ${job.goOn}`}`)
  const tell = flags.json === true ? jsonEvents(screen, () => performance.now()) : noticesTo(flags, world)
  try {
    const { upload = resumableUpload } = job
    const result = await upload(bucket, key, file, {
      ...job.options,
      signal,
      onEvent(event) {
        tally = addEvent(tally, event)
        display.event(event)
        tell(event)
        log.event(event)
      },
    })
    display.close()
    const durationMs = Math.round(performance.now() - startedMs)
    const fields = { ...resultFields(result), durationMs }
    const lines = successLines(result, { file, durationMs })
    for (const line of lines) log.line(line)
    log.line(`exit ${success}`)
    if (flags.json === true) writeJson(screen, 'result', { source: file, ...fields })
    else if (flags.quiet !== true) for (const line of lines) screen.out(line)
    if (result.size === 0 && job.ifEmpty !== undefined && flags.json !== true) screen.err(job.ifEmpty)
    return { exitCode: success, fields }
  } catch (error) {
    display.close()
    const durationMs = Math.round(performance.now() - startedMs)
    const target = { bucket: bucket.name, key }
    const { failure, exitCode } = tellFailure(error, { source: file, ...target }, { flags, world })
    const lines = goOnLines(failure, tally, job.goOn)
    for (const line of [failureLine(failure), ...lines]) log.line(line)
    log.line(`exit ${exitCode}, ${failure.code}`)
    if (flags.quiet !== true) for (const line of lines) screen.err(line)
    return { exitCode, fields: { ...target, code: failure.code, ...tally, durationMs } }
  } finally {
    letHeapBe()
    log.close()
  }
}

export function progressFor(flags: OutputFlags, { screen }: World): ProgressDisplay {
  const silent = flags.json === true || flags.quiet === true || flags.progress === false
  return silent ? noProgress : createProgressDisplay(screen)
}

function noticesTo(flags: OutputFlags, { screen }: World): (event: UploadEvent) => void {
  if (flags.quiet === true) return () => {}
  let last: string | undefined
  return (event) => {
    const notice = noticeOf(event)
    // A full disk warns at every part; people read it once.
    if (notice !== undefined && notice !== last) screen.err(notice)
    last = notice ?? last
  }
}

/** The fields that a `result` and a single `summary` share. */
export function resultFields({ parts, bytes, ...result }: UploadResult): Readonly<Record<string, unknown>> {
  return {
    ...result,
    partsKept: parts.kept,
    partsSent: parts.sent,
    bytesKept: bytes.kept,
    bytesSent: bytes.sent,
  }
}

function successLines(
  result: UploadResult,
  { file, durationMs }: { readonly file: string; readonly durationMs: number },
): readonly string[] {
  const { parts, bytes, size, crc64, integrity } = result
  const rate = durationMs > 0 ? ` (${formatRate((bytes.sent / durationMs) * 1000)} sent)` : ''
  const kept = parts.kept > 0 ? `${parts.kept} kept from before, ` : ''
  return [
    printable(`Uploaded ${file} to ${objectUrl(result)}`),
    `  size      ${formatSize(size)} in ${formatDuration(durationMs)}${rate}`,
    `  parts     ${kept}${parts.sent} sent now`,
    ...(bytes.kept > 0 ? [`  spared    ${formatSize(bytes.kept)} did not have to be sent again`] : []),
    `  CRC-64    ${crc64}${integrity === 'crc64' ? ', the same at the service' : ''}`,
  ]
}

/** What is kept, and how to go on, where going on is what there is to do. */
function goOnLines({ code }: Failure, tally: Tally, goOn: string | undefined): readonly string[] {
  if (goOn === undefined) return []
  if (!['cancelled', 'interrupted', 'source-changed', 'store-unusable', 'denied'].includes(code)) return []
  if (tally.uploadId === undefined) return []
  const partsThere = tally.partsKept + tally.partsSent
  const of = tally.partCount === undefined ? '' : ` of ${tally.partCount}`
  const bytes = formatSize(tally.bytesKept + tally.bytesSent)
  return [
    `Kept: ${countOf(partsThere, 'part')}${of}, ${bytes}, acknowledged by the service and proved. To go on:`,
    `  ${goOn}`,
  ]
}
