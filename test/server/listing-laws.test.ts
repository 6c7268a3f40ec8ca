/** Laws of every listing, against a model that sorts and folds all names at once: pages add up to the whole, in order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMemoryStorage } from '../../src/server/index.js'
import type { Storage } from '../../src/server/storage/storage.js'
import { addBucket, begin, byBytes, put } from './storage-contract.js'

/** Few letters, so that names are beginnings of one another, and share groups. */
const letter = fc.constantFrom('a', 'b', '/', '//', '\u0000', '\u007f', 'é', '\uffff', '😀')
const word = (most: number) => fc.array(letter, { maxLength: most }).map((letters) => letters.join(''))
const name = word(5).filter((text) => text !== '')
const query = fc.record({ prefix: word(3), delimiter: word(2), limit: fc.integer({ min: 1, max: 5 }) })

/** Names in order, with those that fold into a group standing once, as that group. */
function folded(names: readonly string[], prefix: string, delimiter: string): string[] {
  const entries: string[] = []
  for (const each of [...names].sort(byBytes)) {
    if (!each.startsWith(prefix)) continue
    const at = delimiter === '' ? -1 : each.indexOf(delimiter, prefix.length)
    const entry = at < 0 ? each : `${each.slice(0, at + delimiter.length)} group`
    if (entries.at(-1) !== entry || at < 0) entries.push(entry)
  }
  return entries
}

async function withBucket(work: (storage: Storage) => Promise<void>): Promise<void> {
  const storage = createMemoryStorage()
  await addBucket(storage, 'one')
  await addBucket(storage, 'on')
  await addBucket(storage, 'one-')
  await work(storage)
  await storage.close()
}

test('pages of objects add up to the whole, whatever the prefix, the delimiter and the size of a page', () =>
  fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { maxLength: 25 }), query, (names, { prefix, delimiter, limit }) =>
      withBucket(async (storage) => {
        for (const each of names) await put(storage, 'one', each, new Uint8Array())
        for (const other of ['on', 'one-']) await put(storage, other, 'a/b', new Uint8Array())
        const expected = folded(names, prefix, delimiter)
        const found: string[] = []
        let after = ''
        for (let page = 1; page <= names.length + 1; page += 1) {
          const { entries, truncated } = await storage.listObjects('one', { prefix, delimiter, after, limit })
          assert.ok(entries.length <= limit)
          assert.equal(truncated, found.length + entries.length < expected.length)
          for (const entry of entries) {
            after = entry.kind === 'group' ? entry.prefix : entry.object.key
            found.push(entry.kind === 'group' ? `${after} group` : after)
          }
          if (!truncated) break
        }
        assert.deepEqual(found, expected)
      }),
    ),
    { numRuns: 150 },
  ))

test('a listing that begins after any name gives exactly the names above it', () =>
  fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { maxLength: 25 }), word(5), word(3), (names, after, prefix) =>
      withBucket(async (storage) => {
        for (const each of names) await put(storage, 'one', each, new Uint8Array())
        const asked = { prefix, delimiter: '', after, limit: 1000 }
        const { entries } = await storage.listObjects('one', asked)
        const found = entries.map((entry) => (entry.kind === 'object' ? entry.object.key : 'a group'))
        const expected = names.filter((each) => each.startsWith(prefix) && byBytes(each, after) > 0)
        assert.deepEqual(found, expected.sort(byBytes))
      }),
    ),
    { numRuns: 150 },
  ))

test('pages of uploads add up to the whole, several uploads of one key included', () =>
  fc.assert(
    fc.asyncProperty(fc.array(name, { maxLength: 20 }), query, (names, { prefix, delimiter, limit }) =>
      withBucket(async (storage) => {
        const uploads: string[] = []
        for (const [index, each] of names.entries()) {
          const id = `${(index * 7919) % 1000}`.padStart(4, '0')
          await begin(storage, 'one', each, id)
          uploads.push(`${each} ${id}`)
        }
        await begin(storage, 'on', 'a', 'X')
        await begin(storage, 'one-', 'a', 'Y')
        const isGroup = (each: string): boolean => each.endsWith(' group')
        const keysOnce = folded([...new Set(names)], prefix, delimiter)
        const expected = keysOnce.flatMap((entry) =>
          isGroup(entry)
            ? [entry]
            : names.flatMap((each, at) => (each === entry ? [uploads[at] ?? ''] : [])).sort(),
        )
        const found: string[] = []
        let after: { key: string; uploadId?: string } | undefined
        for (let page = 1; page <= names.length + 1; page += 1) {
          const { entries, truncated } = await storage.listUploads('one', { prefix, delimiter, after, limit })
          assert.ok(entries.length <= limit)
          assert.equal(truncated, found.length + entries.length < expected.length)
          for (const entry of entries) {
            if (entry.kind === 'group') {
              after = { key: entry.prefix }
              found.push(`${entry.prefix} group`)
            } else {
              after = { key: entry.upload.key, uploadId: entry.upload.uploadId }
              found.push(`${entry.upload.key} ${entry.upload.uploadId}`)
            }
          }
          if (!truncated) break
        }
        assert.deepEqual(found, expected)
      }),
    ),
    { numRuns: 150 },
  ))
