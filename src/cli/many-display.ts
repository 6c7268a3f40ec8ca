/** Shows a run of many files as it goes: a few lines on a terminal, now and then a plain one elsewhere. */
import type { UploadEvent } from '../index.js'
import { manyLines, totalsLine } from './many-lines.js'
import { createManyState, type FileEnd } from './many-state.js'
import { type Clocks, phaseOf, showView, type View } from './progress-display.js'
import type { Screen } from './screen.js'

export interface ManyDisplay {
  /** How many files and bytes are known by now, and whether more are looked for. */
  found(counts: { readonly files: number; readonly bytes: number }, looking: boolean): void
  /** A file is under way. Its name is what people see and what tells it from the others. */
  begin(name: string, size: number): void
  event(name: string, event: UploadEvent): void
  /** Also for a file that was never begun, such as one that is there already or can't be read; its size is told then. */
  end(name: string, end: FileEnd, size?: number): void
  close(): void
}

const ownClocks: Clocks = { monotonic: () => performance.now(), wallClock: () => Date.now() }

export function createManyDisplay(screen: Screen, clocks: Clocks = ownClocks): ManyDisplay {
  const state = createManyState(clocks.monotonic())
  const pictureAt = (nowMs: number) => ({
    totals: state.totals(),
    underWay: state.underWay(),
    rate: state.rate(nowMs),
  })
  const view: View = {
    lines: (at) => manyLines(pictureAt(at.nowMs), at),
    plainLine: (at) => totalsLine(pictureAt(at.nowMs), at),
    phase() {
      const underWay = state.underWay()
      const all = underWay.length > 0 && underWay.every(({ progress }) => phaseOf(progress) === 'waiting')
      return all ? 'waiting' : 'moving'
    },
  }
  const shown = showView(screen, view, { clocks })
  return {
    found: (counts, looking) => state.found(counts, looking),
    begin: (name, size) => state.begin(name, size, clocks.monotonic()),
    event: (name, event) => state.event(name, event, clocks.monotonic()),
    end: (name, end, size) => state.end(name, end, { size, nowMs: clocks.monotonic() }),
    close: () => shown.close(),
  }
}

/** For `--quiet`, `--json` and `--no-progress`. */
export const noManyProgress: ManyDisplay = { found() {}, begin() {}, event() {}, end() {}, close() {} }
