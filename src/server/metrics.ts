/**
 * What the server did, counted, in the text format that Prometheus reads. Labels hold operations, statuses and effects
 * alone: the names of buckets and keys are endless, and somebody's.
 */
import type { Handler, RequestLogEntry } from './exchange.js'
import type { SyncKind } from './storage/disk.js'

export interface Metrics {
  add(entry: RequestLogEntry): void
  /** A sync of the disk that took so long. */
  synced(kind: SyncKind, ms: number): void
  /** The exposition: lines that end in a line feed. */
  text(): Promise<string>
}

/** Seconds. From a request that memory answers to a part on a slow line. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const SYNC_DURATIONS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]

export function createMetrics(gauges: {
  /** Open at this moment. */
  readonly connections: () => Promise<number>
  /** Milliseconds since the epoch. */
  readonly started: number
}): Metrics {
  const requests = createCounter('longhaul_requests_total', 'Requests that were answered or dropped.')
  const bytesIn = createCounter(
    'longhaul_request_body_bytes_total',
    'Bytes of request bodies that were read.',
  )
  const bytesOut = createCounter(
    'longhaul_response_body_bytes_total',
    'Bytes of response bodies that were promised.',
  )
  const faults = createCounter('longhaul_faults_total', 'Effects of fault rules on requests.')
  const durations = createHistogram(
    'longhaul_request_duration_seconds',
    'From the head of a request to its answer being ready, the reading of its body included.',
    DURATIONS,
  )
  const syncs = createHistogram(
    'longhaul_sync_duration_seconds',
    'Syncs of the disk: of a content file, of a folder, of the metadata.',
    SYNC_DURATIONS,
  )
  return {
    add({ operation = 'none', status, bytesIn: read, bytesOut: promised, durationMs, faults: struck = [] }) {
      requests.add({ operation, status: status === undefined ? 'dropped' : String(status) }, 1)
      bytesIn.add({ operation }, read)
      bytesOut.add({ operation }, promised)
      durations.add({ operation }, durationMs / 1000)
      for (const effect of struck) faults.add({ effect }, 1)
    },
    synced: (kind, ms) => syncs.add({ kind }, ms / 1000),
    async text() {
      const lines = [
        ...requests.lines(),
        ...bytesIn.lines(),
        ...bytesOut.lines(),
        ...durations.lines(),
        ...faults.lines(),
        ...syncs.lines(),
        ...gauge('longhaul_open_connections', 'Connections open now.', await gauges.connections()),
        ...gauge(
          'longhaul_start_time_seconds',
          'When the server started, since the epoch.',
          gauges.started / 1000,
        ),
      ]
      return `${lines.join('\n')}\n`
    },
  }
}

const PATH = '/_longhaul/metrics'

/** Answers `GET /_longhaul/metrics`, unsigned; everything else is the handler's. */
export function withMetrics(handler: Handler, metrics: Metrics): Handler {
  return async (request) => {
    if (request.method !== 'GET' || request.target.replace(/\?.*$/s, '') !== PATH) return handler(request)
    const body = new TextEncoder().encode(await metrics.text())
    const headers = {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'content-length': String(body.length),
    }
    return { status: 200, headers, body }
  }
}

type Labels = Readonly<Record<string, string>>

function createCounter(name: string, help: string) {
  const values = new Map<string, number>()
  return {
    add(labels: Labels, amount: number): void {
      const series = seriesOf(labels)
      values.set(series, (values.get(series) ?? 0) + amount)
    },
    lines: (): readonly string[] => [
      ...headOf(name, help, 'counter'),
      ...[...values].map(([series, value]) => `${name}${braced(series)} ${value}`),
    ],
  }
}

interface Observed {
  count: number
  sum: number
  /** How many fell into each bucket and no lower one. */
  readonly buckets: number[]
}

function createHistogram(name: string, help: string, bounds: readonly number[]) {
  const values = new Map<string, Observed>()
  return {
    add(labels: Labels, value: number): void {
      const series = seriesOf(labels)
      const seen = values.get(series) ?? { count: 0, sum: 0, buckets: bounds.map(() => 0) }
      values.set(series, seen)
      seen.count += 1
      seen.sum += value
      const index = bounds.findIndex((bound) => value <= bound)
      if (index >= 0) seen.buckets[index] = (seen.buckets[index] ?? 0) + 1
    },
    lines(): readonly string[] {
      const lines = [...headOf(name, help, 'histogram')]
      for (const [series, { count, sum, buckets }] of values) {
        let below = 0
        for (const [index, bound] of bounds.entries()) {
          below += buckets[index] ?? 0
          lines.push(`${name}_bucket${braced(`${series},le="${bound}"`)} ${below}`)
        }
        lines.push(`${name}_bucket${braced(`${series},le="+Inf"`)} ${count}`)
        lines.push(`${name}_sum${braced(series)} ${sum}`, `${name}_count${braced(series)} ${count}`)
      }
      return lines
    },
  }
}

function gauge(name: string, help: string, value: number): readonly string[] {
  return [...headOf(name, help, 'gauge'), `${name} ${value}`]
}

function headOf(name: string, help: string, type: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}

function seriesOf(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')
}

function braced(series: string): string {
  return `{${series}}`
}

function escaped(value: string): string {
  return value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
}
