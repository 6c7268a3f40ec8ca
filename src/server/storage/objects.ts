/** Objects: one record each, which says where the bytes are. Everything that changes an object holds its lock. */
import type { Core } from './core.js'
import { gather, tailToFold } from './fold.js'
import { afterAll, justAfter, keys, laterOf } from './keys.js'
import type { Change } from './ledger.js'
import { isGroup, scanGrouped } from './listing.js'
import { piecesFrom, piecesToJson, type StoredPiece } from './pieces.js'
import type { Piece } from './readers.js'
import type { ReferenceChanges } from './references.js'
import { type ObjectRecord, type Storage, StorageError } from './storage.js'

/** Where an object's bytes are. Long lists stand in a record of their own, so that listing objects stays cheap. */
type Content =
  | { readonly in: 'nothing' }
  | { readonly in: 'piece'; readonly id: string; readonly offset?: number }
  | { readonly in: 'manifest'; readonly id: string }

type StoredObject = ObjectRecord & { readonly content: Content }

type Objects = Pick<
  Storage,
  'putObject' | 'appendObject' | 'updateObject' | 'getObject' | 'openObject' | 'deleteObject' | 'listObjects'
> & {
  /**
   * Makes these pieces, whose references are counted already, the bytes of an object, in one commit with `changes`.
   * Rejects with `object-exists` before anything is changed.
   */
  assembleObject(
    bucket: string,
    object: ObjectRecord,
    parts: {
      readonly pieces: readonly Piece[]
      /** Names the list of pieces; never used before. */
      readonly manifestId: string
      readonly changes: readonly Change[]
      readonly dropped: readonly string[]
    },
    options: { ifAbsent: boolean },
  ): Promise<void>
}

export function createObjects(core: Core): Objects {
  const { ledger, locks, readers, check, fail, read, commit, take, requireBucket } = core
  const lockName = (bucket: string, key: string): string => `object ${bucket}/${key}`
  const stored = (bucket: string, key: string) => read<StoredObject>(keys.object(bucket, key))

  async function piecesOf(object: StoredObject): Promise<readonly Piece[]> {
    const { content } = object
    if (content.in === 'nothing') return []
    if (content.in === 'piece') return [{ id: content.id, size: object.size, offset: content.offset ?? 0 }]
    const manifest = await read<StoredPiece[]>(keys.manifest(content.id))
    if (manifest === undefined) throw fail(new Error(`the list of pieces of ${object.key} is missing`))
    return piecesFrom(manifest)
  }

  /** The changes that take an object's bytes away, and the contents this lets go of. */
  async function retire(object: StoredObject | undefined): Promise<{ changes: Change[]; dropped: string[] }> {
    if (object === undefined) return { changes: [], dropped: [] }
    const dropped = (await piecesOf(object)).map((piece) => piece.id)
    const { content } = object
    const changes: Change[] =
      content.in === 'manifest' ? [{ type: 'del', key: keys.manifest(content.id) }] : []
    return { changes, dropped }
  }

  /** Gives an object, which was `old`, other pieces. */
  function putPieces(
    bucket: string,
    { object, old }: { readonly object: ObjectRecord; readonly old: StoredObject | undefined },
    pieces: readonly Piece[],
    references: ReferenceChanges,
  ): Promise<void> {
    const { content, changes } = contentOf(pieces, keys.manifestIdOf(bucket, object.key))
    const value = JSON.stringify({ ...object, content })
    // The list there was goes first: of pieces that became one nothing is written in its place, and one made by an
    // upload has another name.
    const forgotten: Change[] =
      old?.content.in === 'manifest' ? [{ type: 'del', key: keys.manifest(old.content.id) }] : []
    const put: Change = { type: 'put', key: keys.object(bucket, object.key), value }
    return commit([...forgotten, ...changes, put], references)
  }

  /** Puts the object in the place of what is there, in one commit with `beside`. */
  function replace(
    bucket: string,
    object: StoredObject,
    beside: { readonly changes: readonly Change[]; readonly references: ReferenceChanges },
    ifAbsent: boolean,
  ): Promise<void> {
    return locks.exclusive(lockName(bucket, object.key), async () => {
      const old = await stored(bucket, object.key)
      if (ifAbsent && old !== undefined) {
        throw new StorageError('object-exists', `There is an object ${object.key} already.`)
      }
      const retired = await retire(old)
      const put: Change = { type: 'put', key: keys.object(bucket, object.key), value: JSON.stringify(object) }
      const { dropped = [] } = beside.references
      await commit([...retired.changes, ...beside.changes, put], {
        ...beside.references,
        dropped: [...retired.dropped, ...dropped],
      })
    })
  }

  return {
    putObject(bucket, object, bytes, { ifAbsent }) {
      return take(bytes, ({ pieces, references }) =>
        locks.shared(`bucket ${bucket}`, async () => {
          await requireBucket(bucket)
          const { content, changes } = contentOf(pieces, keys.manifestIdOf(bucket, object.key))
          await replace(bucket, { ...object, content }, { changes, references }, ifAbsent)
        }),
      )
    },

    assembleObject(bucket, object, { pieces, manifestId, changes, dropped }, { ifAbsent }) {
      const made = contentOf(pieces, manifestId)
      return replace(
        bucket,
        { ...object, content: made.content },
        { changes: [...changes, ...made.changes], references: { dropped } },
        ifAbsent,
      )
    },

    appendObject(bucket, key, incoming, describe) {
      return take(incoming, ({ pieces, references }) =>
        locks.shared(`bucket ${bucket}`, async () => {
          await requireBucket(bucket)
          return locks.exclusive(lockName(bucket, key), async () => {
            const old = await stored(bucket, key)
            const object = describe(old === undefined ? undefined : published(old))
            const before = old === undefined ? [] : await piecesOf(old)
            const tail = tailToFold([...before, ...pieces])
            if (tail.length === 0) {
              await putPieces(bucket, { object, old }, [...before, ...pieces], references)
              return object
            }
            const folded = await gather(core, tail)
            await take(folded, (taken) => {
              const kept = before.slice(0, before.length + pieces.length - tail.length)
              const dropped = before.slice(kept.length).map(({ id }) => id)
              return putPieces(bucket, { object, old }, [...kept, ...taken.pieces], {
                ...taken.references,
                dropped,
              })
            })
            // What came in is part of what was folded, and nothing refers to it.
            await incoming.discard()
            return object
          })
        }),
      )
    },

    updateObject(bucket, key, change) {
      return locks.shared(`bucket ${bucket}`, async () => {
        await requireBucket(bucket)
        return locks.exclusive(lockName(bucket, key), async () => {
          const old = await stored(bucket, key)
          if (old === undefined) throw new StorageError('no-such-object', `There is no object ${key}.`)
          const changed: StoredObject = { ...change(published(old)), content: old.content }
          await commit([{ type: 'put', key: keys.object(bucket, key), value: JSON.stringify(changed) }])
          return published(changed)
        })
      })
    },

    async getObject(bucket, key) {
      const object = await stored(bucket, key)
      return object === undefined ? undefined : published(object)
    },

    openObject(bucket, key) {
      // Under the lock no commit can come between reading the record and holding on to the contents.
      return locks.shared(lockName(bucket, key), async () => {
        const object = await stored(bucket, key)
        if (object === undefined) return undefined
        return { record: published(object), ...readers.open(await piecesOf(object)) }
      })
    },

    deleteObject(bucket, key, isMeant = () => true) {
      return locks.shared(`bucket ${bucket}`, async () => {
        await requireBucket(bucket)
        await locks.exclusive(lockName(bucket, key), async () => {
          const old = await stored(bucket, key)
          if (old === undefined || !isMeant(published(old))) return
          const { changes, dropped } = await retire(old)
          await commit([...changes, { type: 'del', key: keys.object(bucket, key) }], { dropped })
        })
      })
    },

    async listObjects(bucket, { prefix, delimiter, after, limit }) {
      check()
      const start = keys.object(bucket, prefix)
      const marker = keys.object(bucket, after)
      const next = isGroup(after, prefix, delimiter) ? afterAll(marker) : justAfter(marker)
      const page = await scanGrouped(ledger, {
        prefix,
        delimiter,
        limit,
        from: after === '' ? start : laterOf(next, start),
        to: afterAll(start),
        keyOf: (object: StoredObject) => object.key,
        parse: (value) => JSON.parse(value) as StoredObject,
        range: (group) => keys.object(bucket, group),
      })
      return {
        truncated: page.truncated,
        entries: page.entries.map((entry) =>
          entry.kind === 'group' ? entry : { kind: 'object', object: published(entry.item) },
        ),
      }
    },
  }
}

/** How these pieces are written down, and what has to stand in the ledger for it. */
function contentOf(
  pieces: readonly Piece[],
  manifestId: string,
): { readonly content: Content; readonly changes: readonly Change[] } {
  const [first, ...others] = pieces
  if (first === undefined) return { content: { in: 'nothing' }, changes: [] }
  if (others.length === 0) {
    const offset = first.offset === 0 ? {} : { offset: first.offset }
    return { content: { in: 'piece', id: first.id, ...offset }, changes: [] }
  }
  return {
    content: { in: 'manifest', id: manifestId },
    changes: [{ type: 'put', key: keys.manifest(manifestId), value: JSON.stringify(piecesToJson(pieces)) }],
  }
}

function published({ content: _, ...object }: StoredObject): ObjectRecord {
  return object
}
