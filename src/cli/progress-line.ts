/** One line about a transfer, never wider than it may be: what matters least goes first. Pure. */
import { oneLine } from './failure.js'
import {
  type ProgressState,
  rateOf,
  rateWindowMs,
  type StreamState,
  timeLeftMs,
  type Waiting,
} from './progress-state.js'
import { formatDuration, formatRate, formatSize } from './sizes.js'
import { cutToColumns, textColumns } from './text-width.js'

/** From so long a silence on, the line says so. Shorter ones are every disk's and network's. */
const tellQuietMs = 5000

/** @param columns characters the line may have */
export function progressLine(
  state: ProgressState,
  at: { readonly nowMs: number; readonly wallClock: number; readonly columns: number },
): string {
  const percent = percentText(state)
  const versions =
    state.moving || state.waiting.length === 0
      ? movingTexts(state, at.nowMs)
      : waitingTexts(state.waiting, at.wallClock)
  const lines = versions.map((text) => `${percent}  ${text}`)
  const fitting = lines.find((line) => textColumns(line) <= at.columns)
  return cutToColumns(fitting ?? lines.at(-1) ?? percent, at.columns)
}

/** Four columns wide. Of what has no known end nobody can tell how much of it is done. */
export function percentText(state: ProgressState): string {
  return state.stream === undefined ? `${percentOf(state)}%`.padStart(4) : '   .'
}

/** Whole percents, rounded down: 100 only when everything is done. */
export function percentOf({ consumedBytes, totalBytes }: ProgressState): number {
  return totalBytes === 0 ? 0 : Math.floor((consumedBytes / totalBytes) * 100)
}

/** Longest first. */
function movingTexts(state: ProgressState, nowMs: number): readonly string[] {
  const quietMs = nowMs - state.movedAtMs
  const quiet = quietMs < tellQuietMs ? undefined : `nothing has moved for ${formatDuration(quietMs)}`
  if (state.stream !== undefined) return streamTexts(state, state.stream, nowMs)
  if (state.totalBytes === 0) return [joined(['beginning', quiet]), 'beginning']
  const { consumedBytes, totalBytes, keptBytes, provedBytes, sendingBytes } = state
  const leftMs = timeLeftMs(state, nowMs)
  const left = quiet ?? (leftMs === undefined ? undefined : `${formatDuration(leftMs)} left`)
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

/** Longest first. What is read and not sent yet waits in memory or in the spool. */
function streamTexts(
  state: ProgressState,
  { readBytes, ended }: StreamState,
  nowMs: number,
): readonly string[] {
  const { provedBytes, sendingBytes } = state
  const quietMs = nowMs - state.movedAtMs
  const waits = provedBytes + sendingBytes < readBytes ? 'nothing has moved' : 'nothing has come in'
  const quiet = quietMs < tellQuietMs ? undefined : `${waits} for ${formatDuration(quietMs)}`
  const rate = formatRate(rateOf(state, nowMs))
  const read = `read ${formatSize(readBytes)}${ended ? ' in all' : ''}`
  const proved = `proved ${formatSize(provedBytes)}`
  const sending = sendingBytes > 0 ? `sending ${formatSize(sendingBytes)}` : undefined
  return [
    [read, proved, sending, `${rate} over ${rateWindowMs / 1000} s`, quiet],
    [read, proved, sending, rate, quiet],
    [read, proved, quiet ?? rate],
    [proved, quiet ?? rate],
    [quiet ?? rate],
    [rate],
    [],
  ].map(joined)
}

/** Longest first. Tells of the request that has waited longest, and of whichever is tried next. */
function waitingTexts(all: readonly Waiting[], wallClock: number): readonly string[] {
  const [longest, ...more] = all
  if (longest === undefined) return []
  const { message, operation, partNumber, since } = longest
  const duration = formatDuration(Math.max(wallClock - since, 0))
  const what = `${operation}${partNumber === undefined ? '' : ` of part ${partNumber}`}`
  const beside = more.length === 0 ? '' : ` and ${more.length} more`
  // One whose time has come is being tried; when others still wait, that is what can be counted down to.
  const until = Math.min(...all.map((each) => each.until).filter((time) => time > wallClock))
  const isTrying = until === Number.POSITIVE_INFINITY
  const inTime = isTrying ? 'trying now' : `next try in ${formatDuration(until - wallClock)}`
  const at = isTrying ? 'trying now' : `next try at ${clockTime(until)}`
  const head = `waiting since ${clockTime(since)}`
  return [
    `${head} (${duration}) for ${what}${beside}, ${at}${isTrying ? '' : ` (in ${formatDuration(until - wallClock)})`}: ${oneLine(message)}`,
    `${head}, ${at}: ${oneLine(message)}`,
    `waiting for ${duration}, ${inTime}`,
    `waiting ${duration}, ${isTrying ? 'trying' : `next in ${formatDuration(until - wallClock)}`}`,
    `waiting for ${duration}`,
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
