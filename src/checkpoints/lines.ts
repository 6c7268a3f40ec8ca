/**
 * The text of a checkpoint file: one `<check> <json>` line per record, each proved by its own CRC-64, the first one a
 * header. Only whole, proved lines are ever believed, so a file cut or damaged anywhere loses lines, never invents them.
 */
import { crc64 } from '../checksum/index.js'
import type { CheckpointLine, Target } from '../engine/ports.js'

export type DecodedCheckpoint =
  | {
      readonly kind: 'readable'
      /** Absent when the header is damaged, or was never written whole. */
      readonly target?: Target
      readonly lines: readonly CheckpointLine[]
      /** Whole lines that failed their check, as text. */
      readonly damaged: readonly string[]
      /** Bytes up to the end of the last whole line. What follows is a torn write, to be cut off before appending. */
      readonly wholeBytes: number
    }
  /** Written by something that we do not understand, and must leave as it is. */
  | { readonly kind: 'foreign'; readonly format: string; readonly version: string }

const FORMAT = 'longhaul-checkpoint'
const VERSION = 1
const NEWLINE = 0x0a
const SPACE = 0x20
const CHECK_DIGITS = 16
const NO_CHECK = '0'.repeat(CHECK_DIGITS)

const utf8 = new TextEncoder()

export function encodeLine(line: CheckpointLine): Uint8Array {
  const bytes = utf8.encode(`${NO_CHECK} ${JSON.stringify(line)}\n`)
  const check = checkOf(bytes.subarray(CHECK_DIGITS + 1, -1))
  for (let index = 0; index < CHECK_DIGITS; index += 1) bytes[index] = check.charCodeAt(index)
  return bytes
}

export function encodeHeader({ service, bucket, key }: Target): Uint8Array {
  return encodeLine({ format: FORMAT, v: VERSION, target: { service, bucket, key } })
}

export function decodeCheckpoint(bytes: Uint8Array): DecodedCheckpoint {
  const wholeBytes = bytes.lastIndexOf(NEWLINE) + 1
  const lines: CheckpointLine[] = []
  const damaged: string[] = []
  let target: Target | undefined
  for (let start = 0; start < wholeBytes; ) {
    const end = bytes.indexOf(NEWLINE, start)
    const raw = bytes.subarray(start, end)
    const line = decodeLine(raw)
    if (line === undefined) {
      damaged.push(new TextDecoder().decode(raw))
    } else if (start > 0) {
      lines.push(line)
    } else if (line['format'] === FORMAT && line['v'] === VERSION) {
      target = decodeTarget(line['target'])
    } else {
      return { kind: 'foreign', format: shown(line['format']), version: shown(line['v']) }
    }
    start = end + 1
  }
  return { kind: 'readable', ...(target === undefined ? {} : { target }), lines, damaged, wholeBytes }
}

/** What something else wrote there, for a message. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : `a ${typeof value}`
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, '?').slice(0, 60)
}

function checkOf(json: Uint8Array): string {
  return crc64(json).toString(16).padStart(CHECK_DIGITS, '0')
}

/** One line without its newline; `undefined` when its check fails. */
export function decodeLine(raw: Uint8Array): CheckpointLine | undefined {
  if (raw.length <= CHECK_DIGITS || raw[CHECK_DIGITS] !== SPACE) return undefined
  const json = raw.subarray(CHECK_DIGITS + 1)
  if (new TextDecoder().decode(raw.subarray(0, CHECK_DIGITS)) !== checkOf(json)) return undefined
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(json))
    return isRecord(value) ? value : undefined
  } catch (error) {
    // Proved, so it is as it was written; but whoever wrote it did not write JSON.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function decodeTarget(value: unknown): Target | undefined {
  if (!isRecord(value)) return undefined
  const { service, bucket, key } = value
  if (typeof service !== 'string' || typeof bucket !== 'string' || typeof key !== 'string') return undefined
  return { service, bucket, key }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
