/** What is known of a run of many files: the few that are under way, and sums over all. Bounded, however many there are. */
import type { UploadEvent } from '../index.js'
import {
  applyEvent,
  type ProgressState,
  rateOfSamples,
  type Sample,
  startProgress,
  withSample,
} from './progress-state.js'

/** `unchanged`: an earlier run had uploaded it already. */
export type FileEnd = 'done' | 'failed' | 'unchanged'

export interface FileUnderWay {
  readonly name: string
  readonly progress: ProgressState
  readonly begunMs: number
}

export interface ManyTotals {
  /** Known so far. */
  readonly files: number
  readonly bytes: number
  /** More may be found. */
  readonly looking: boolean
  readonly done: number
  readonly failed: number
  readonly unchanged: number
  /** Bytes that are where they should be, and those on their way. */
  readonly consumedBytes: number
  /** Of files that failed: they do not come any more. */
  readonly missedBytes: number
}

export interface ManyState {
  found(counts: { readonly files: number; readonly bytes: number }, looking: boolean): void
  begin(name: string, size: number, nowMs: number): void
  event(name: string, event: UploadEvent, nowMs: number): void
  /** @param size of a file that was never begun */
  end(name: string, end: FileEnd, at: { readonly size?: number | undefined; readonly nowMs: number }): void
  totals(): ManyTotals
  /** Longest under way first. */
  underWay(): readonly FileUnderWay[]
  /** Bytes a second over the window. */
  rate(nowMs: number): number
}

interface Active {
  progress: ProgressState
  readonly size: number
  readonly begunMs: number
}

export function createManyState(nowMs: number): ManyState {
  const active = new Map<string, Active>()
  const ends = { done: 0, failed: 0, unchanged: 0 }
  let known = { files: 0, bytes: 0 }
  let looking = true
  /** Of files that have ended well. */
  let endedBytes = 0
  /** Sent in this run by files that have ended. */
  let endedMoved = 0
  let missedBytes = 0
  let samples: readonly Sample[] = [{ atMs: nowMs, bytes: 0 }]

  const sum = (of: (state: ProgressState) => number): number => {
    let total = 0
    for (const { progress } of active.values()) total += of(progress)
    return total
  }
  const sample = (now: number): void => {
    const bytes = endedMoved + sum(({ provedBytes, sendingBytes }) => provedBytes + sendingBytes)
    samples = withSample(samples, { atMs: now, bytes })
  }
  return {
    found(counts, more) {
      known = counts
      looking = more
    },
    begin(name, size, now) {
      active.set(name, { progress: startProgress(size, now), size, begunMs: now })
    },
    event(name, event, now) {
      const file = active.get(name)
      if (file === undefined) return
      file.progress = applyEvent(file.progress, event, now)
      if (event.type === 'progress') sample(now)
    },
    end(name, end, { size, nowMs: now }) {
      ends[end] += 1
      const file = active.get(name)
      active.delete(name)
      endedMoved += file?.progress.provedBytes ?? 0
      const bytes = file?.size ?? size ?? 0
      if (end === 'failed') missedBytes += bytes
      else endedBytes += bytes
      sample(now)
    },
    totals: () => ({
      ...known,
      looking,
      ...ends,
      consumedBytes: endedBytes + sum(({ consumedBytes }) => consumedBytes),
      missedBytes,
    }),
    underWay: () => [...active].map(([name, { progress, begunMs }]) => ({ name, progress, begunMs })),
    rate: (now) => rateOfSamples(samples, now),
  }
}
