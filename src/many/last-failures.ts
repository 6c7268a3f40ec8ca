/** Why a run is not done, for people: what failed last and was not made good since. Nothing is ever decided by it. */

/** Of a file, which `source` then names, or of the run as a whole. */
export interface RunError {
  /** An `UploadErrorCode`. */
  readonly code: string
  readonly message: string
  readonly source?: string
  /** Milliseconds since the epoch. */
  readonly at?: number
}

/** A file that did not become its object. */
export interface FailedFile {
  readonly key: string
  readonly source: string
  readonly code: string
  readonly message: string
  /** Milliseconds since the epoch. */
  readonly at?: number
}

/** A run ended before all sources were tried, by a failure that concerns all of them. */
export interface StoppedRun {
  readonly at: number
  readonly code: string
  readonly message: string
}

/** Files of which it is known; the others' failures are forgotten. */
const mostFiles = 16

export interface LastFailures {
  failed(record: FailedFile): void
  stopped(record: StoppedRun): void
  done(key: string): void
  /** All sources were tried, so nothing stopped this run. */
  ended(): void
  last(): RunError | undefined
}

export function createLastFailures(): LastFailures {
  const files = new Map<string, FailedFile>()
  let stop: StoppedRun | undefined
  return {
    failed(record) {
      files.delete(record.key)
      files.set(record.key, record)
      const [oldest] = files.keys()
      if (files.size > mostFiles && oldest !== undefined) files.delete(oldest)
      // What stopped the run before this one is told no more when this one has found a failure of its own.
      stop = undefined
    },
    stopped(record) {
      stop = record
    },
    done: (key) => void files.delete(key),
    ended() {
      stop = undefined
    },
    last() {
      const file = [...files.values()].at(-1)
      const { code, message, at } = stop ?? file ?? {}
      if (code === undefined || message === undefined) return undefined
      const source = stop === undefined ? file?.source : undefined
      return {
        code,
        message,
        ...(source === undefined ? {} : { source }),
        ...(at === undefined ? {} : { at }),
      }
    },
  }
}
