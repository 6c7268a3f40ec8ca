/**
 * How a run ended that failed, written down after what it did, so that a list of unfinished uploads can tell why each is
 * unfinished. Readers of checkpoints pass over the line: nothing is ever decided by it.
 */
import { UploadError } from '../engine/errors.js'
import type { OnEvent } from '../engine/events.js'
import type { CheckpointLine, CheckpointLog, CheckpointStore, Runtime } from '../engine/ports.js'

export interface LastError {
  /** An `UploadErrorCode`. */
  readonly code: string
  readonly message: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** A stop is no failure, and whoever has not the hold may not write. */
const untold: ReadonlySet<string> = new Set(['cancelled', 'locked'])
const longestMessage = 500

/** Does the work over the store; its holds are let go once the way it ended is written down. */
export async function rememberingFailures<T>(
  store: CheckpointStore,
  { runtime, onEvent }: { readonly runtime: Pick<Runtime, 'wallClock'>; readonly onEvent: OnEvent },
  work: (store: CheckpointStore) => Promise<T>,
): Promise<T> {
  const logs: { readonly log: CheckpointLog; readonly isEmpty: () => boolean }[] = []
  const watched: CheckpointStore = {
    list: () => store.list(),
    async acquire(target, options) {
      const log = await store.acquire(target, options)
      let lines = 0
      logs.push({ log, isEmpty: () => lines === 0 })
      return {
        async read() {
          const contents = await log.read()
          lines = contents.lines.length
          return contents
        },
        async append(line) {
          await log.append(line)
          lines += 1
        },
        held: () => log.held(),
        async setAside() {
          const name = await log.setAside()
          lines = 0
          return name
        },
        async remove() {
          await log.remove()
          lines = 0
        },
        // Done at the end of the work.
        release: async () => {},
      }
    },
  }
  let failure: UploadError | undefined
  try {
    return await work(watched)
  } catch (error) {
    if (error instanceof UploadError && !untold.has(error.code)) failure = error
    throw error
  } finally {
    for (const { log, isEmpty } of logs) {
      if (failure !== undefined && !isEmpty()) {
        // It is for people alone, and on a full disk there are other worries.
        await log.append(lineOf(failure, runtime.wallClock())).catch(() => {})
      }
      await log.release().catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        onEvent({ type: 'checkpoint-warning', message: `The lock could not be released: ${why}` })
      })
    }
  }
}

function lineOf({ code, message }: UploadError, at: number): CheckpointLine {
  return { kind: 'failed', code, message: message.slice(0, longestMessage), at }
}

/** Of the last run that failed; `undefined` when none has. */
export function lastErrorIn(lines: readonly CheckpointLine[]): LastError | undefined {
  const line = lines.findLast(({ kind }) => kind === 'failed')
  if (line === undefined) return undefined
  const { code, message, at } = line
  if (typeof code !== 'string' || typeof message !== 'string' || typeof at !== 'number') return undefined
  return { code, message, at }
}
