/**
 * `--log FILE`: everything about a run in plain lines with their time, also with `--quiet` and `--json`. It is appended to, so
 * that one file tells of many runs. A log that can't be written costs a notice, never an upload.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import type { UploadEvent } from '../index.js'
import { oneLine } from './failure.js'
import { noticeOf } from './notices.js'
import { createPlainPace } from './plain-pace.js'
import { ownClocks, phaseOf } from './progress-display.js'
import { progressLine } from './progress-line.js'
import { applyEvent, startProgress } from './progress-state.js'
import type { Screen } from './screen.js'

export interface RunLog {
  line(text: string): void
  event(event: UploadEvent): void
  close(): void
}

const columns = 200

/** Without a file, a log that keeps nothing. `subject` stands in each line, so that those of several runs can be told apart. */
export function openRunLog(
  flags: { readonly log?: string },
  subject: string,
  screen: Screen,
  clocks = ownClocks,
): RunLog {
  const { log: path } = flags
  if (path === undefined) return { line() {}, event() {}, close() {} }
  let file: number | undefined
  const give = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      screen.err(
        `The log ${oneLine(path)} can not be written, and the run goes on without it: ${oneLine(why)}`,
      )
      const failed = file
      file = undefined
      if (failed !== undefined) closeQuietly(failed)
    }
  }
  give(() => {
    // A pipe that nobody reads must not hold the upload up.
    const flag = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0)
    file = openSync(path, flag, 0o600)
  })
  const line = (text: string): void => {
    const to = file
    if (to === undefined) return
    const time = new Date(clocks.wallClock()).toISOString()
    // One write, so that lines of runs at the same time do not mix.
    give(() => writeSync(to, `${time} ${process.pid} ${oneLine(subject)}: ${oneLine(text)}\n`))
  }
  const pace = createPlainPace(clocks.monotonic())
  let state = startProgress(0, clocks.monotonic())
  return {
    line,
    event(event) {
      const nowMs = clocks.monotonic()
      state = applyEvent(state, event, nowMs)
      if (event.type === 'progress' || event.type === 'streaming') {
        if (!pace.isDue(phaseOf(state), nowMs)) return
        line(progressLine(state, { nowMs, wallClock: clocks.wallClock(), columns }).trimStart())
      } else line(noticeOf(event) ?? eventText(event))
    },
    close() {
      if (file !== undefined) closeQuietly(file)
      file = undefined
    },
  }
}

function closeQuietly(file: number): void {
  try {
    closeSync(file)
  } catch {
    // Whatever was wrong with it was told when it was written to.
  }
}

/** `part-stored partNumber=3 size=8388608`. */
function eventText({ type, ...fields }: UploadEvent): string {
  const texts = Object.entries(fields)
    .filter(([name]) => name !== 'error')
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
  return [type, ...texts].join(' ')
}
