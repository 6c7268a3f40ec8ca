/** The last words of a run of many files: what came of it, what failed, and what to type next. Pure. */
import type { ManySummary } from '../index.js'
import { oneLine } from './failure.js'
import { nameBelow } from './roots.js'
import { countOf, formatDuration, formatRate, formatSize } from './sizes.js'

/** More names than this nobody reads; the manifest has them all. */
const mostNames = 20

export interface EndFacts {
  readonly bucket: string
  readonly prefix: string
  readonly durationMs: number
  readonly goOn: string
  /** The run ended before its sources did. */
  readonly isStopped: boolean
}

export function manyEndLines(
  summary: ManySummary,
  { bucket, prefix, durationMs, goOn, isStopped }: EndFacts,
): { readonly out: readonly string[]; readonly err: readonly string[] } {
  const { uploaded, skipped, failed, bytes } = summary
  const rate =
    durationMs > 0 && bytes.sent > 0 ? ` (${formatRate((bytes.sent / durationMs) * 1000)} sent)` : ''
  const place = oneLine(`oss://${bucket}/${prefix}`)
  const out = [
    `Uploaded ${countOf(uploaded, 'file')} to ${place}`,
    `  size      ${formatSize(bytes.uploaded)} in ${formatDuration(durationMs)}${rate}`,
    ...(bytes.kept > 0
      ? [`  spared    ${formatSize(bytes.kept)} of parts did not have to be sent again`]
      : []),
    ...(skipped > 0
      ? [`  skipped   ${countOf(skipped, 'file')}, ${formatSize(bytes.skipped)}, there already`]
      : []),
    ...(failed > 0 ? [`  failed    ${countOf(failed, 'file')}`] : []),
  ]
  const shown = summary.failures.slice(0, mostNames)
  const width = Math.max(0, ...shown.map(({ error }) => error.code.length))
  const err = [
    ...(failed > 0 ? ['Failed:'] : []),
    ...shown.map(
      ({ error, ...file }) => `  ${error.code.padEnd(width)}  ${oneLine(nameBelow(prefix, file))}`,
    ),
    ...(failed > shown.length ? [`  and ${failed - shown.length} more`] : []),
    ...(failed > 0 || isStopped
      ? [isStopped ? 'What is done is kept. To go on:' : 'To try those again:', `  ${goOn}`]
      : []),
  ]
  return { out, err }
}
