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
  /** More may be found. */
  readonly looking: boolean
  readonly done: number
  readonly failed: number
  readonly unchanged: number
  /** Bytes that are where they should be, and those on their way. */
  readonly consumedBytes: number
  /** Files that have ended, and of each one under way the share of it that has come; 0 to `files`. */
  readonly filesDone: number
}

export interface ManyState {
  /** So many by now. */
  found(files: number, looking: boolean): void
  /** @param id tells it from the others; its name is for people */
  begin(id: number, file: { readonly name: string; readonly size: number }, nowMs: number): void
  event(id: number, event: UploadEvent, nowMs: number): void
  /** @param size of a file that was never begun */
  end(id: number, end: FileEnd, at: { readonly size?: number | undefined; readonly nowMs: number }): void
  totals(): ManyTotals
  /** Longest under way first. */
  underWay(): readonly FileUnderWay[]
  /** Bytes a second over the window. */
  rate(nowMs: number): number
}

interface Active {
  readonly name: string
  progress: ProgressState
  readonly size: number
  readonly begunMs: number
}

export function createManyState(nowMs: number): ManyState {
  const active = new Map<number, Active>()
  const ends = { done: 0, failed: 0, unchanged: 0 }
  let files = 0
  let looking = true
  /** Of files that have ended well. */
  let endedBytes = 0
  /** Sent in this run by files that have ended. */
  let endedMoved = 0
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
    found(count, more) {
      files = count
      looking = more
    },
    begin(id, { name, size }, now) {
      active.set(id, { name, progress: startProgress(size, now), size, begunMs: now })
    },
    event(id, event, now) {
      const file = active.get(id)
      if (file === undefined) return
      file.progress = applyEvent(file.progress, event, now)
      if (event.type === 'progress') sample(now)
    },
    end(id, end, { size, nowMs: now }) {
      ends[end] += 1
      const file = active.get(id)
      active.delete(id)
      endedMoved += file?.progress.provedBytes ?? 0
      if (end !== 'failed') endedBytes += file?.size ?? size ?? 0
      sample(now)
    },
    totals: () => ({
      // What is told of files comes before the count of them.
      files: Math.max(files, ends.done + ends.failed + ends.unchanged + active.size),
      looking,
      ...ends,
      consumedBytes: endedBytes + sum(({ consumedBytes }) => consumedBytes),
      filesDone:
        ends.done +
        ends.failed +
        ends.unchanged +
        sum(({ consumedBytes, totalBytes }) => consumedBytes / (totalBytes || 1)),
    }),
    underWay: () => [...active.values()].map(({ name, progress, begunMs }) => ({ name, progress, begunMs })),
    rate: (now) => rateOfSamples(samples, now),
  }
}
