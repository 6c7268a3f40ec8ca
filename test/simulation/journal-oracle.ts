/**
 * What a journal says, read a second time and in another way than the product does: the world judges by it what a life
 * could have known.
 */
import { crc64 } from './checksums.js'

interface Line {
  readonly kind: string
  readonly uploadId?: string
  readonly partNumber?: number
  readonly size?: number
  readonly identity?: unknown
  readonly serviceTime?: number
}

/** The text of each line whose check holds, the header's too. */
export function intactLines(bytes: Uint8Array): string[] {
  const text = new TextDecoder('latin1').decode(bytes)
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole.split('\n').filter((line) => {
    const json = Uint8Array.from(line.slice(17), (character) => character.charCodeAt(0))
    return line[16] === ' ' && crc64(json).toString(16).padStart(16, '0') === line.slice(0, 16)
  })
}

/** `header` for what names no kind. */
export function kindsOf(lines: readonly string[]): string[] {
  return lines.map((line) => parse(line).kind ?? 'header')
}

function parse(line: string): Line {
  return JSON.parse(line.slice(17)) as Line
}

/**
 * Parts of this upload that a line on record proves for this state of the file: their numbers and sizes. `anew`: only
 * lines since it was last opened, since what is adopted a second time is a stranger's again.
 */
export function provedParts(
  bytes: Uint8Array,
  asked: {
    readonly uploadId: string
    readonly identity: unknown
    readonly kinds: readonly string[]
    readonly anew: boolean
  },
): ReadonlyMap<number, number> {
  const last = new Map<string, Line>()
  for (const line of intactLines(bytes).map(parse)) {
    if (line.uploadId !== asked.uploadId) continue
    if (line.kind === 'opened' && asked.anew) last.clear()
    if (line.partNumber === undefined) continue
    // A part that was stored anew is not what was verified before.
    if (line.kind === 'stored') last.delete(`verified/${line.partNumber}`)
    last.set(`${line.kind}/${line.partNumber}`, line)
  }
  const proved = new Map<number, number>()
  const present = canonical(asked.identity)
  for (const { kind, partNumber = 0, size = 0, identity } of last.values()) {
    if (asked.kinds.includes(kind) && canonical(identity) === present) proved.set(partNumber, size)
  }
  return proved
}

/** The service's time, in whole seconds, before the last Initiate that is on record; infinity when that is not known. */
export function lastIntent(bytes: Uint8Array): number {
  const intents = intactLines(bytes)
    .map(parse)
    .filter(({ kind }) => kind === 'intent')
  const { serviceTime = Number.POSITIVE_INFINITY } = intents.at(-1) ?? {}
  return Math.floor(serviceTime / 1000) * 1000
}

function canonical(identity: unknown): string {
  if (identity === null || typeof identity !== 'object') return 'none'
  return JSON.stringify(Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1)))
}
