/** Shows a run of many files as it goes: a few lines on a terminal, now and then a plain one elsewhere. */
import type { ManyEvent } from '../index.js'
import { manyLines, totalsLine } from './many-lines.js'
import { createManyState } from './many-state.js'
import { type Clocks, ownClocks, phaseOf, showView, type View } from './progress-display.js'
import { nameBelow } from './roots.js'
import type { Screen } from './screen.js'

export interface ManyDisplay {
  event(event: ManyEvent): void
  close(): void
}

/** @param prefix the destination, which the name of each file goes without */
export function createManyDisplay(screen: Screen, prefix: string, clocks: Clocks = ownClocks): ManyDisplay {
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
  const hear = (event: ManyEvent): void => {
    const nowMs = clocks.monotonic()
    switch (event.type) {
      case 'file-started':
        state.begin(event.index, { name: nameBelow(prefix, event), size: event.size }, nowMs)
        break
      case 'file-event':
        state.event(event.index, event.event, nowMs)
        break
      case 'file-uploaded':
        state.end(event.index, 'done', { nowMs })
        break
      case 'file-skipped':
        state.end(event.index, 'unchanged', { size: event.size, nowMs })
        break
      case 'file-failed':
      case 'file-stopped':
        state.end(event.index, 'failed', { nowMs })
        break
      case 'run-progress':
        state.found(event.files, !event.allKnown)
        break
      default:
    }
  }
  return { event: hear, close: () => shown.close() }
}

/** For `--quiet`, `--json` and `--no-progress`. */
export const noManyProgress: ManyDisplay = { event() {}, close() {} }
