/** Shows progress to people: lines that move on a terminal, else a plain line now and then. Never on stdout. */
import type { UploadEvent } from '../index.js'
import { createPlainPace } from './plain-pace.js'
import { progressLine } from './progress-line.js'
import { applyBytes, applyEvent, type ProgressState, startProgress } from './progress-state.js'
import type { Screen } from './screen.js'

/** How often moving lines are drawn. */
const redrawMs = 100
/** How often it is looked whether a plain line is due. */
const lookMs = 1000
/** A plain line may be long; nobody draws over it. */
const plainColumns = 200

/** The moment a picture is of, by two clocks in milliseconds: one that never goes back, and this machine's own. */
export interface Moment {
  readonly nowMs: number
  readonly wallClock: number
}

export interface Room {
  /** The most that a line may take. */
  readonly columns: number
  /** The most lines. */
  readonly rows: number
}

/** What there is to see of some work, at any moment. */
export interface View {
  /** For a terminal; what matters most comes last. */
  lines(at: Moment & Room): readonly string[]
  /** For a log. */
  plainLine(at: Moment & Pick<Room, 'columns'>): string
  /** One word for what is happening: a change of it is told. */
  phase(): string
}

export interface Clocks {
  monotonic(): number
  wallClock(): number
}

/** Those of this machine. */
export const ownClocks: Clocks = { monotonic: () => performance.now(), wallClock: () => Date.now() }

/**
 * Draws what `view` shows until it is closed.
 *
 * @param say where plain lines go; the screen by default
 */
export function showView(
  screen: Screen,
  view: View,
  {
    clocks = ownClocks,
    say = screen.err,
  }: { readonly clocks?: Clocks; readonly say?: (line: string) => void } = {},
): { close(): void } {
  const pace = createPlainPace(clocks.monotonic())
  const moment = (): Moment => ({ nowMs: clocks.monotonic(), wallClock: clocks.wallClock() })
  const draw = (): void => {
    // The last column stays free: some terminals wrap as soon as it is written to. So does a row, for what was typed.
    const room = { columns: screen.columns() - 1, rows: Math.max(1, screen.rows() - 1) }
    screen.status(view.lines({ ...moment(), ...room }))
  }
  const look = (): void => {
    const at = moment()
    if (pace.isDue(view.phase(), at.nowMs)) say(view.plainLine({ ...at, columns: plainColumns }).trimStart())
  }
  const timer = screen.moving ? setInterval(draw, redrawMs) : setInterval(look, lookMs)
  timer.unref()
  return {
    close() {
      clearInterval(timer)
      screen.clearStatus()
    },
  }
}

export interface ProgressDisplay {
  event(event: UploadEvent): void
  /** For transfers that have no events. */
  bytes(done: number, total: number): void
  close(): void
}

/** One transfer, on one line. */
export function createProgressDisplay(screen: Screen, clocks: Clocks = ownClocks): ProgressDisplay {
  let state = startProgress(0, clocks.monotonic())
  const view: View = {
    lines: (at) => [progressLine(state, at)],
    plainLine: (at) => progressLine(state, at),
    phase: () => phaseOf(state),
  }
  const shown = showView(screen, view, { clocks })
  return {
    event(event) {
      state = applyEvent(state, event, clocks.monotonic())
    },
    bytes(done, total) {
      state = applyBytes(state, { done, total }, clocks.monotonic())
    },
    close: () => shown.close(),
  }
}

export function phaseOf({ moving, waiting }: ProgressState): 'moving' | 'waiting' {
  return moving || waiting.length === 0 ? 'moving' : 'waiting'
}

/** For `--quiet`, `--json` and `--no-progress`. */
export const noProgress: ProgressDisplay = { event() {}, bytes() {}, close() {} }
