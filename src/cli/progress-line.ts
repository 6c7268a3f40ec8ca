/** One line about a transfer, never wider than it may be: what matters least goes first. Pure. */
import { oneLine } from './failure.js'
import { type ProgressState, rateOf, rateWindowMs, timeLeftMs, type Waiting } from './progress-state.js'
import { formatDuration, formatRate, formatSize } from './sizes.js'

/** @param columns characters the line may have */
export function progressLine(
  state: ProgressState,
  at: { readonly nowMs: number; readonly wallClock: number; readonly columns: number },
): string {
  const percent = `${percentOf(state)}%`.padStart(4)
  const versions = isWaiting(state, at.wallClock)
    ? waitingTexts(state.waiting, at.wallClock)
    : movingTexts(state, at.nowMs)
  const lines = versions.map((text) => `${percent}  ${text}`)
  return cut(lines.find((line) => line.length <= at.columns) ?? lines.at(-1) ?? percent, at.columns)
}

/** Whole percents, rounded down: 100 only when everything is done. */
export function percentOf({ consumedBytes, totalBytes }: ProgressState): number {
  return totalBytes === 0 ? 0 : Math.floor((consumedBytes / totalBytes) * 100)
}

function isWaiting(
  state: ProgressState,
  wallClock: number,
): state is ProgressState & { readonly waiting: Waiting } {
  return state.waiting !== undefined && state.waiting.until > wallClock
}

/** Longest first. */
function movingTexts(state: ProgressState, nowMs: number): readonly string[] {
  if (state.totalBytes === 0) return ['beginning']
  const { consumedBytes, totalBytes, keptBytes, provedBytes, sendingBytes } = state
  const leftMs = timeLeftMs(state, nowMs)
  const left = leftMs === undefined ? undefined : `${formatDuration(leftMs)} left`
  const rate = formatRate(rateOf(state, nowMs))
  const kept = keptBytes > 0 ? `kept ${formatSize(keptBytes)}` : undefined
  const proved = `proved ${formatSize(provedBytes)}`
  const sending = sendingBytes > 0 ? `sending ${formatSize(sendingBytes)}` : undefined
  const of = `of ${formatSize(totalBytes)}`
  const windowed = `${rate} over ${rateWindowMs / 1000} s`
  return [
    [kept, proved, sending, of, windowed, left],
    [kept, proved, sending, of, rate, left],
    [kept, proved, sending, rate, left],
    [`${formatSize(consumedBytes)} ${of}`, rate, left],
    [rate, left],
    [rate],
    [],
  ].map(joined)
}

function waitingTexts({ message, operation, partNumber, until }: Waiting, wallClock: number): string[] {
  const inTime = `for ${formatDuration(until - wallClock)}`
  const at = `until ${clockTime(until)}`
  const what = `${operation}${partNumber === undefined ? '' : ` of part ${partNumber}`}`
  return [
    `waiting ${at} (${inTime}) to repeat ${what}: ${oneLine(message)}`,
    `waiting ${at}: ${oneLine(message)}`,
    `waiting ${at}`,
    'waiting',
  ]
}

function joined(pieces: readonly (string | undefined)[]): string {
  return pieces.filter((piece) => piece !== undefined).join(', ')
}

/** Hours, minutes and seconds of this machine's own zone. */
export function clockTime(wallClock: number): string {
  const date = new Date(wallClock)
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((count) => String(count).padStart(2, '0'))
    .join(':')
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : line.slice(0, Math.max(columns, 0))
}
