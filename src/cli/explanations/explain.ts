/** Finds what a code means, whatever kind it is of, or which known code it may have been meant for. Pure. */
import { exitCodeOfError } from '../exit-codes.js'
import { errorNumbers, numberAreas } from './error-numbers.js'
import { exitCodes, ownCodes } from './own-codes.js'
import { serviceCodes } from './service-codes.js'

export interface Explained {
  /** As it is written, such as `NoSuchKey`. */
  readonly code: string
  /** What kind of code it is, in words. */
  readonly kind: string
  readonly meaning: string
  readonly advice: string
  /** The exit code that it leads to. */
  readonly exitCode?: number
}

/** Of a code as somebody typed it; large and small letters are the same. `undefined` for one that is not known. */
export function explain(typed: string): Explained | undefined {
  const code = typed.trim()
  return ofExit(code) ?? ofOwn(code) ?? ofService(code) ?? ofNumber(code)
}

/** The code or command that differs least, where that is not much. */
export function nearest(typed: string, names: readonly string[] = allCodes()): string | undefined {
  const wanted = typed.trim().toLowerCase()
  const ranked = names
    .map((name) => ({ name, distance: editDistance(wanted, name.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= Math.max(1, Math.floor(wanted.length / 3))
    ? best.name
    : undefined
}

export function allCodes(): readonly string[] {
  return [ownCodes, serviceCodes, errorNumbers, exitCodes].flatMap((table) => Object.keys(table))
}

function ofExit(code: string): Explained | undefined {
  const found = /^\d{1,3}$/.test(code) ? exitCodes[Number(code)] : undefined
  return found && { code: String(Number(code)), kind: 'exit code', ...found }
}

function ofOwn(typed: string): Explained | undefined {
  const code = typed.toLowerCase()
  if (!isOwn(code)) return undefined
  return { code, kind: 'code of Longhaul', ...ownCodes[code], exitCode: exitCodeOfError(code, undefined) }
}

function isOwn(code: string): code is keyof typeof ownCodes {
  return Object.hasOwn(ownCodes, code)
}

function ofService(typed: string): Explained | undefined {
  const code = Object.keys(serviceCodes).find((name) => name.toLowerCase() === typed.toLowerCase())
  const found = code === undefined ? undefined : serviceCodes[code]
  if (code === undefined || found === undefined) return undefined
  const { endsAs, meaning, advice } = found
  return {
    code,
    kind: `code of OSS; an upload that it stops ends as ${endsAs}`,
    meaning,
    advice,
    exitCode: exitCodeOfError(endsAs, undefined),
  }
}

function ofNumber(code: string): Explained | undefined {
  if (!/^\d{4}-\d{8}$/.test(code)) return undefined
  const found = Object.hasOwn(errorNumbers, code) ? errorNumbers[code] : undefined
  if (found !== undefined) return { code, kind: 'EC, the fine error number of OSS', ...found }
  const area = numberAreas[code.slice(0, 4)]
  return {
    code,
    kind: 'EC, the fine error number of OSS',
    meaning: area === undefined ? 'Of this number nothing is known here.' : `It is about ${area}.`,
    advice: `Read the message and the code beside it, and https://api.aliyun.com/troubleshoot?q=${code}`,
  }
}

/** Letters to insert, remove, change, or swap with their neighbour. */
function editDistance(one: string, other: string): number {
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1]
      const isSwapped = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      const costs = [
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
        ...(isSwapped && i > 1 && j > 1 ? [(before[j - 2] ?? 0) + 1] : []),
      ]
      next.push(Math.min(...costs))
    }
    before = row
    row = next
  }
  return row[other.length] ?? 0
}
