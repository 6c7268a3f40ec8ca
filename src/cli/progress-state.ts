/** What is known of a transfer under way, from its events; the rate is that of the last ten seconds. Pure. */
import type { UploadEvent } from '../index.js'

/** The rate's window. */
export const rateWindowMs = 10_000

/** Bytes moved up to a moment. */
export interface Sample {
  readonly atMs: number
  readonly bytes: number
}

export interface Waiting {
  readonly operation: string
  readonly partNumber?: number
  readonly message: string
  /** When it failed first and when it is tried again, by this machine's clock, milliseconds since the epoch. */
  readonly since: number
  readonly until: number
}

/** Of an input whose end nobody knows. */
export interface StreamState {
  readonly readBytes: number
  /** Nothing more comes. */
  readonly ended: boolean
}

export interface ProgressState {
  readonly totalBytes: number
  /** Absent where the size is known from the start. */
  readonly stream?: StreamState
  /** What the whole may be called done. */
  readonly consumedBytes: number
  readonly keptBytes: number
  readonly provedBytes: number
  readonly sendingBytes: number
  /** At most what this run has to send. Absent: everything. */
  readonly toSendBytes?: number
  /** Requests that have not got through yet, the longest-waiting first. */
  readonly waiting: readonly Waiting[]
  /** Something went forward since the last of them failed. */
  readonly moving: boolean
  /** When anything last went forward, by the clock of the samples. */
  readonly movedAtMs: number
  /** Moved bytes over time, oldest first; none older than the window but one. */
  readonly samples: readonly Sample[]
}

/** @param nowMs any clock that never goes back; the same one in every call */
export function startProgress(totalBytes: number, nowMs: number): ProgressState {
  return {
    totalBytes,
    consumedBytes: 0,
    keptBytes: 0,
    provedBytes: 0,
    sendingBytes: 0,
    waiting: [],
    moving: true,
    movedAtMs: nowMs,
    samples: [{ atMs: nowMs, bytes: 0 }],
  }
}

export function applyEvent(state: ProgressState, event: UploadEvent, nowMs: number): ProgressState {
  switch (event.type) {
    case 'progress': {
      const { consumedBytes, totalBytes, keptBytes, provedBytes, sendingBytes } = event
      const counts = { consumedBytes, totalBytes, keptBytes, provedBytes, sendingBytes }
      return sampled({ ...moved(state, nowMs), ...counts }, nowMs)
    }
    case 'streaming': {
      const { readBytes, provedBytes, sendingBytes, ended } = event
      const counts = { consumedBytes: provedBytes, provedBytes, sendingBytes, stream: { readBytes, ended } }
      return sampled({ ...moved(state, nowMs), ...counts }, nowMs)
    }
    case 'opened':
    case 'part-kept':
    case 'part-stored':
    case 'completing':
      return moved(state, nowMs)
    case 'resumed':
      return { ...moved(state, nowMs), toSendBytes: event.toSend * event.partSize }
    case 'part-refuted':
      return { ...moved(state, nowMs), toSendBytes: (state.toSendBytes ?? 0) + event.size }
    case 'restarted':
      return startProgress(state.totalBytes, nowMs)
    case 'waiting': {
      const { operation, partNumber, message, since, until } = event
      const request = {
        operation,
        message,
        since,
        until,
        ...(partNumber === undefined ? {} : { partNumber }),
      }
      const waiting = [...others(state, event), request].sort((a, b) => a.since - b.since)
      return { ...state, waiting, moving: false }
    }
    case 'waited':
      return { ...state, waiting: others(state, event) }
    default:
      return state
  }
}

function moved(state: ProgressState, nowMs: number): ProgressState {
  return { ...state, moving: true, movedAtMs: nowMs }
}

function others(
  { waiting }: ProgressState,
  { operation, partNumber }: { readonly operation: string; readonly partNumber?: number },
): readonly Waiting[] {
  return waiting.filter((each) => each.operation !== operation || each.partNumber !== partNumber)
}

/** For transfers without events of their own: `bytes` of the total have moved. */
export function applyBytes(
  state: ProgressState,
  bytes: { readonly done: number; readonly total: number },
  nowMs: number,
): ProgressState {
  const { done, total } = bytes
  return sampled({ ...moved(state, nowMs), consumedBytes: done, provedBytes: done, totalBytes: total }, nowMs)
}

export function rateOf({ samples }: ProgressState, nowMs: number): number {
  return rateOfSamples(samples, nowMs)
}

/** Bytes a second over the window; 0 when nothing moved in it. */
export function rateOfSamples(samples: readonly Sample[], nowMs: number): number {
  const first = samples.find(({ atMs }) => atMs >= nowMs - rateWindowMs)
  const last = samples.at(-1)
  if (first === undefined || last === undefined) return 0
  const elapsedMs = Math.max(nowMs - first.atMs, 1)
  // In the first moments a rate says nothing.
  return elapsedMs < 200 ? 0 : (Math.max(0, last.bytes - first.bytes) / elapsedMs) * 1000
}

/** Milliseconds until the rest is sent at the present rate; `undefined` when that can't be said. */
export function timeLeftMs(state: ProgressState, nowMs: number): number | undefined {
  const rate = rateOf(state, nowMs)
  const left = Math.min(state.toSendBytes ?? state.totalBytes, state.totalBytes) - movedBytes(state)
  if (rate <= 0 || left <= 0) return undefined
  return (left / rate) * 1000
}

function movedBytes({ provedBytes, sendingBytes }: ProgressState): number {
  return provedBytes + sendingBytes
}

/** Ten samples a second are enough for a window of ten seconds. */
const sampleEveryMs = 100

function sampled(state: ProgressState, nowMs: number): ProgressState {
  return { ...state, samples: withSample(state.samples, { atMs: nowMs, bytes: movedBytes(state) }) }
}

export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const earlier = samples.filter(
    ({ atMs }, index) => atMs >= sample.atMs - rateWindowMs || index === samples.length - 1,
  )
  const previous = earlier.at(-2)
  const kept =
    previous !== undefined && sample.atMs - previous.atMs < sampleEveryMs ? earlier.slice(0, -1) : earlier
  return [...kept, sample]
}
