/**
 * Pages over a range of the ledger, keys folded into groups at a delimiter. A group costs one seek, however many keys
 * it holds.
 */
import { afterAll } from './keys.js'
import type { Ledger } from './ledger.js'
import type { Page } from './storage.js'

export interface GroupedScan<Item> {
  readonly prefix: string
  readonly delimiter: string
  readonly limit: number
  /** First ledger key to look at, and the end of the range. */
  readonly from: string
  readonly to: string
  /** The name that prefix and delimiter apply to. */
  keyOf(item: Item): string
  parse(value: string): Item
  /** The beginning of the ledger keys of all names with this prefix. */
  range(prefix: string): string
}

export type GroupedEntry<Item> = { kind: 'item'; item: Item } | { kind: 'group'; prefix: string }

/** The group that a key belongs to, if the delimiter occurs in it after the prefix. */
export function groupOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined
  const at = key.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : key.slice(0, at + delimiter.length)
}

/** Is this marker itself a group that an earlier page ended with? Then all of its keys are past. */
export function isGroup(marker: string, prefix: string, delimiter: string): boolean {
  return marker.startsWith(prefix) && groupOf(marker, prefix, delimiter) === marker
}

export async function scanGrouped<Item>(
  ledger: Ledger,
  scan: GroupedScan<Item>,
): Promise<Page<GroupedEntry<Item>>> {
  const entries: GroupedEntry<Item>[] = []
  if (scan.from >= scan.to) return { entries, truncated: false }
  const cursor = ledger.scan(scan.from, scan.to)
  try {
    for (let found = await cursor.next(); found !== undefined; found = await cursor.next()) {
      if (entries.length >= scan.limit) return { entries, truncated: true }
      const item = scan.parse(found.value)
      const group = groupOf(scan.keyOf(item), scan.prefix, scan.delimiter)
      if (group === undefined) {
        entries.push({ kind: 'item', item })
      } else {
        entries.push({ kind: 'group', prefix: group })
        cursor.seek(afterAll(scan.range(group)))
      }
    }
    return { entries, truncated: false }
  } finally {
    await cursor.close()
  }
}

/** Plain pages: no groups. */
export async function scanPage<Item>(
  ledger: Ledger,
  scan: { from: string; to: string; limit: number; parse(value: string): Item },
): Promise<Page<Item>> {
  const entries: Item[] = []
  if (scan.from >= scan.to) return { entries, truncated: false }
  const cursor = ledger.scan(scan.from, scan.to)
  try {
    for (let found = await cursor.next(); found !== undefined; found = await cursor.next()) {
      if (entries.length >= scan.limit) return { entries, truncated: true }
      entries.push(scan.parse(found.value))
    }
    return { entries, truncated: false }
  } finally {
    await cursor.close()
  }
}
