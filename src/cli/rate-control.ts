/**
 * `--limit-rate-file`: the rate in a file, read again whenever that changes, so that an upload of days gives way by day
 * and not by night. What can't be read changes nothing: a slip of the pen must not set a link free.
 */
import { readFileSync } from 'node:fs'
import { createRateLimit, type RateLimit } from '../index.js'
import { UsageError } from './failure.js'
import { writeJson } from './json.js'
import type { Screen } from './screen.js'
import { formatRate, parseRate } from './sizes.js'

export interface RateFlags {
  /** Bytes a second. */
  readonly limitRate?: number
  readonly limitRateFile?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

export interface RateControl {
  /** Of all that the command sends. Absent when nothing limits it. */
  readonly limit: RateLimit | undefined
  close(): void
}

/** Reading so small a file costs nothing, and sees changes that the system tells nothing of, as in a network's folder. */
const usualPollMs = 1000

/**
 * Without the file, or while it is empty, `--limit-rate` holds.
 *
 * @throws UsageError when the file holds something else than a rate
 */
export function openRateControl(flags: RateFlags, screen: Screen, pollMs = usualPollMs): RateControl {
  const { limitRate, limitRateFile: file } = flags
  if (file === undefined) {
    return { limit: limitRate === undefined ? undefined : createRateLimit(limitRate), close() {} }
  }
  const read = readRate(file)
  if (read.kind === 'wrong') throw new UsageError(`The file of --limit-rate-file: ${read.message}`)
  const initial = read.kind === 'rate' ? read.bytesPerSecond : (limitRate ?? Number.POSITIVE_INFINITY)
  const limit = createRateLimit(initial)
  let toldWrong: string | undefined
  const look = (): void => {
    const now = readRate(file)
    if (now.kind === 'none') return
    if (now.kind === 'wrong') {
      if (now.message !== toldWrong) tell(`${now.message} The rate stays ${inWords(limit.bytesPerSecond)}.`)
      toldWrong = now.message
      return
    }
    toldWrong = undefined
    if (now.bytesPerSecond === limit.bytesPerSecond) return
    limit.set(now.bytesPerSecond)
    const { bytesPerSecond } = limit
    if (flags.json === true) {
      writeJson(screen, 'rate-changed', Number.isFinite(bytesPerSecond) ? { bytesPerSecond } : {})
    } else tell(`The rate is now ${inWords(bytesPerSecond)}.`)
  }
  const tell = (text: string): void => {
    if (flags.quiet !== true) screen.err(`${file}: ${text}`)
  }
  const timer = setInterval(look, pollMs)
  timer.unref()
  return { limit, close: () => clearInterval(timer) }
}

type Read =
  | { readonly kind: 'rate'; readonly bytesPerSecond: number }
  /** Not there, or about to be written. */
  | { readonly kind: 'none' }
  | { readonly kind: 'wrong'; readonly message: string }

function readRate(file: string): Read {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { kind: 'none' }
    return { kind: 'wrong', message: error instanceof Error ? error.message : String(error) }
  }
  if (text === '') return { kind: 'none' }
  if (text.toLowerCase() === 'unlimited') return { kind: 'rate', bytesPerSecond: Number.POSITIVE_INFINITY }
  try {
    return { kind: 'rate', bytesPerSecond: parseRate(text) }
  } catch {
    return { kind: 'wrong', message: 'It holds no rate such as 20MiB/s, and not the word unlimited.' }
  }
}

function inWords(bytesPerSecond: number): string {
  return Number.isFinite(bytesPerSecond) ? formatRate(bytesPerSecond) : 'unlimited'
}
