/** What is known of a transfer under way, from its events; the rate is that of the last ten seconds. Pure. */
import type { UploadEvent } from '../index.js'

/** The rate's window. */
export const rateWindowMs = 10_000

interface Sample {
  readonly atMs: number
  readonly bytes: number
}

export interface Waiting {
  readonly operation: string
  readonly partNumber?: number
  readonly message: string
  /** By this machine's clock, milliseconds since the epoch. */
  readonly until: number
}

export interface ProgressState {
  readonly totalBytes: number
  /** What the whole may be called done. */
  readonly consumedBytes: number
  readonly keptBytes: number
  readonly provedBytes: number
  readonly sendingBytes: number
  /** At most what this run has to send. Absent: everything. */
  readonly toSendBytes?: number
  readonly waiting?: Waiting
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
    samples: [{ atMs: nowMs, bytes: 0 }],
  }
}

export function applyEvent(state: ProgressState, event: UploadEvent, nowMs: number): ProgressState {
  switch (event.type) {
    case 'progress': {
      const { waiting: _, ...moving } = state
      const { consumedBytes, totalBytes, keptBytes, provedBytes, sendingBytes } = event
      return sampled({ ...moving, consumedBytes, totalBytes, keptBytes, provedBytes, sendingBytes }, nowMs)
    }
    case 'resumed':
      return { ...state, toSendBytes: event.toSend * event.partSize }
    case 'part-refuted':
      return { ...state, toSendBytes: (state.toSendBytes ?? 0) + event.size }
    case 'restarted':
      return startProgress(state.totalBytes, nowMs)
    case 'waiting': {
      const { operation, partNumber, message, until } = event
      return {
        ...state,
        waiting: { operation, message, until, ...(partNumber === undefined ? {} : { partNumber }) },
      }
    }
    default:
      return state
  }
}

/** For transfers without events of their own: `bytes` of the total have moved. */
export function applyBytes(
  state: ProgressState,
  bytes: { readonly done: number; readonly total: number },
  nowMs: number,
): ProgressState {
  const { done, total } = bytes
  return sampled({ ...state, consumedBytes: done, provedBytes: done, totalBytes: total }, nowMs)
}

/** Bytes a second over the window; 0 when nothing moved in it. */
export function rateOf({ samples }: ProgressState, nowMs: number): number {
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
  const bytes = movedBytes(state)
  const earlier = state.samples.filter(
    ({ atMs }, index) => atMs >= nowMs - rateWindowMs || index === state.samples.length - 1,
  )
  const previous = earlier.at(-2)
  const kept =
    previous !== undefined && nowMs - previous.atMs < sampleEveryMs ? earlier.slice(0, -1) : earlier
  return { ...state, samples: [...kept, { atMs: nowMs, bytes }] }
}
