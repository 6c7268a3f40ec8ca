/** One line per request of `serve`, for people: columns that stay where they are, and what is rare at the end. Pure. */
import { shownName } from './invocation.js'
import { clockTime } from './progress-line.js'
import { formatSize } from './sizes.js'

/** What the server's request log tells; `RequestLogEntry` is one. Nothing of a query or of headers is in it. */
export interface ToldRequest {
  readonly time: number
  readonly method: string
  readonly operation?: string
  readonly bucket?: string
  readonly key?: string
  readonly partNumber?: number
  readonly status?: number
  readonly code?: string
  readonly ec?: string
  readonly requestId: string
  readonly bytesIn: number
  readonly bytesOut: number
  readonly durationMs: number
  readonly faults?: readonly string[]
}

export function requestLine(entry: ToldRequest): string {
  const { method, operation = '-', status, code, ec, bucket, key, partNumber, bytesIn, bytesOut } = entry
  const { faults = [] } = entry
  const isError = status === undefined || status >= 400
  return [
    clockTime(entry.time),
    shownName(method).padEnd(7),
    operation.padEnd(23),
    (status === undefined ? 'cut' : String(status)).padEnd(3),
    durationText(entry.durationMs).padStart(8),
    `${sizeText(bytesIn).padStart(10)} in`,
    `${sizeText(bytesOut).padStart(10)} out`,
    ...(bucket === undefined ? [] : [shownName(`${bucket}/${key ?? ''}`)]),
    ...(partNumber === undefined ? [] : [`part ${partNumber}`]),
    ...(code === undefined ? [] : [shownName(code)]),
    ...(ec === undefined ? [] : [shownName(ec)]),
    ...(faults.length === 0 ? [] : [`fault ${faults.join(', ')}`]),
    ...(isError ? [entry.requestId] : []),
  ].join('  ')
}

function durationText(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

function sizeText(bytes: number): string {
  return bytes === 0 ? '-' : formatSize(bytes)
}
