/** Many files on a few lines: those that take long, and one for all of them, which comes last. Pure. */
import { oneLine } from './failure.js'
import type { FileUnderWay, ManyTotals } from './many-state.js'
import type { Moment, Room } from './progress-display.js'
import { percentText, progressLine } from './progress-line.js'
import { countOf, formatDuration, formatRate, formatSize } from './sizes.js'
import { cutToColumns, padded, shortened, textColumns } from './text-width.js'

/** The most lines for single files; more could not be read while they move. */
const mostFileLines = 5
/** A file that is done sooner gets no line: such lines would only flicker. */
const worthALineMs = 1000
/** Below so many columns a file's line has its name and how far it is, and nothing else. */
const leastForDetails = 56
const leastNameColumns = 12

export interface ManyPicture {
  readonly totals: ManyTotals
  readonly underWay: readonly FileUnderWay[]
  /** Bytes a second. */
  readonly rate: number
}

export function manyLines(picture: ManyPicture, at: Moment & Room): readonly string[] {
  const { columns } = at
  const room = Math.min(mostFileLines, at.rows - 2)
  const lasting = picture.underWay.filter(({ begunMs }) => at.nowMs - begunMs >= worthALineMs)
  const shown = lasting.slice(0, Math.max(room, 0))
  const more = picture.underWay.length - shown.length
  const names = shown.map(({ name }) => oneLine(name))
  const widest = Math.max(0, ...names.map(textColumns))
  const nameColumns = Math.min(widest, Math.max(leastNameColumns, Math.floor(columns / 3)))
  const files = shown.map(({ progress }, index) => {
    const name = names[index] ?? ''
    if (columns < leastForDetails) return `${percentText(progress)}  ${shortened(name, columns - 6)}`
    const left = columns - nameColumns - 2
    return `${padded(shortened(name, nameColumns), nameColumns)}  ${progressLine(progress, { ...at, columns: left })}`
  })
  const rest = shown.length > 0 && more > 0 ? [`      and ${more} more under way`] : []
  return [...files, ...rest, totalsLine(picture, at)].map((line) => cutToColumns(line, columns))
}

export function totalsLine(picture: ManyPicture, at: Moment & Pick<Room, 'columns'>): string {
  const versions = totalsTexts(picture, at)
  const percent = percentOfAll(picture.totals)
  const lines = versions.map((text) => `${percent}  ${text}`)
  return cutToColumns(
    lines.find((line) => textColumns(line) <= at.columns) ?? lines.at(-1) ?? percent,
    at.columns,
  )
}

/** Longest first. */
function totalsTexts({ totals, underWay, rate }: ManyPicture, at: Moment): readonly string[] {
  const { files, looking, done, failed, unchanged, consumedBytes } = totals
  const ended = done + failed + unchanged
  const count = `${ended} of ${looking ? 'at least ' : ''}${countOf(files, 'file')}`
  const shortCount = `${ended}/${files}${looking ? '+' : ''}`
  const failures = failed > 0 ? `${failed} failed` : undefined
  const kept = unchanged > 0 ? `${unchanged} unchanged` : undefined
  const size = formatSize(consumedBytes)
  const waits = waitText(underWay, at.wallClock)
  const speed = formatRate(rate)
  return [
    [count, kept, failures, size, speed, waits],
    [count, failures, size, speed, waits],
    [count, failures, speed, waits],
    [shortCount, failures, speed, waits],
    [shortCount, failures, waits ?? speed],
    [shortCount, failures],
    [shortCount],
  ].map((pieces) => pieces.filter((piece) => piece !== undefined).join(', '))
}

/** Where every file under way waits: for how long the longest has, and when one is tried again. */
function waitText(underWay: readonly FileUnderWay[], wallClock: number): string | undefined {
  const waiting = underWay.flatMap(({ progress }) => (progress.moving ? [] : progress.waiting))
  if (waiting.length === 0 || underWay.some(({ progress }) => progress.moving)) return undefined
  const since = Math.min(...waiting.map((each) => each.since))
  const until = Math.min(...waiting.map((each) => each.until).filter((time) => time > wallClock))
  const next = Number.isFinite(until) ? `next try in ${formatDuration(until - wallClock)}` : 'trying now'
  return `all waiting for ${formatDuration(Math.max(0, wallClock - since))}, ${next}`
}

/** By the number of files, since the sizes of those to come are not known; while more may be found nobody can tell. */
function percentOfAll({ files, filesDone, looking }: ManyTotals): string {
  if (looking || files === 0) return '   .'
  return `${Math.floor(Math.min(1, filesDone / files) * 100)}%`.padStart(4)
}
