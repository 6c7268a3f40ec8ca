/**
 * Unfinished uploads and their parts. Parts of one upload come side by side; Complete and Abort have it to themselves.
 */
import type { Core } from './core.js'
import { afterAll, justAfter, keys, laterOf } from './keys.js'
import type { Change } from './ledger.js'
import { isGroup, scanGrouped, scanPage } from './listing.js'
import type { createObjects } from './objects.js'
import { piecesFrom, piecesToJson, type StoredPiece } from './pieces.js'
import type { Piece } from './readers.js'
import {
  type ObjectRecord,
  type PartRecord,
  type Storage,
  StorageError,
  type UploadRecord,
  type UploadRef,
} from './storage.js'

/** Bytes that came with the part are one content of their own; copied ones are stretches of others' contents. */
type StoredPart = PartRecord & { readonly contentId?: string; readonly pieces?: readonly StoredPiece[] }

type Uploads = Pick<
  Storage,
  | 'createUpload'
  | 'getUpload'
  | 'putPart'
  | 'openParts'
  | 'listParts'
  | 'completeUpload'
  | 'abortUpload'
  | 'listUploads'
>

export function createUploads(
  { ledger, locks, readers, leftovers, check, read, commit, take, requireBucket }: Core,
  { assembleObject }: Pick<ReturnType<typeof createObjects>, 'assembleObject'>,
): Uploads {
  const lockName = (ref: UploadRef): string => `upload ${ref.uploadId}`
  const keyOf = (ref: UploadRef): string => keys.upload(ref.bucket, ref.key, ref.uploadId)

  async function requireUpload(ref: UploadRef): Promise<UploadRecord> {
    const upload = await read<UploadRecord>(keyOf(ref))
    if (upload === undefined) throw new StorageError('no-such-upload', `There is no upload ${ref.uploadId}.`)
    return upload
  }

  async function partsOf(ref: UploadRef): Promise<readonly StoredPart[]> {
    check()
    const from = keys.partsOf(ref.uploadId)
    const values = await ledger.values(from, afterAll(from))
    // One document of all is read in half the time of ten thousand small ones.
    return JSON.parse(`[${values.join(',')}]`) as readonly StoredPart[]
  }

  /** The changes that forget an upload, its parts' records included: they are asked for only where it is there. */
  async function forget(ref: UploadRef, parts: readonly StoredPart[]): Promise<readonly Change[]> {
    const records =
      parts.length > leftovers.atOnce
        ? await leftovers.ofParts(ref.uploadId)
        : parts.map((part): Change => ({ type: 'del', key: keys.part(ref.uploadId, part.partNumber) }))
    return [{ type: 'del', key: keyOf(ref) }, ...records]
  }

  async function requireNext(ref: UploadRef, partNumber: number, old: StoredPart | undefined): Promise<void> {
    if (old !== undefined) throw new StorageError('part-exists', `There is a part ${partNumber} already.`)
    if (partNumber === 1 || (await read(keys.part(ref.uploadId, partNumber - 1))) !== undefined) return
    throw new StorageError('part-not-next', `There is no part ${partNumber - 1} before part ${partNumber}.`)
  }

  return {
    createUpload(bucket, upload) {
      return locks.shared(`bucket ${bucket}`, async () => {
        await requireBucket(bucket)
        const key = keys.upload(bucket, upload.key, upload.uploadId)
        await commit([{ type: 'put', key, value: JSON.stringify(upload) }])
      })
    },

    getUpload: (ref) => read<UploadRecord>(keyOf(ref)),

    putPart(ref, part, bytes) {
      return take(bytes, async ({ pieces, references }) => {
        const { sequential } = await requireUpload(ref)
        // What is next is known only when no other part can come in between.
        const hold = sequential ? locks.exclusive : locks.shared
        await hold(lockName(ref), async () => {
          await requireUpload(ref)
          const key = keys.part(ref.uploadId, part.partNumber)
          await locks.exclusive(`part ${key}`, async () => {
            const old = await read<StoredPart>(key)
            if (sequential) await requireNext(ref, part.partNumber, old)
            const value = JSON.stringify(withPieces(part, pieces))
            const dropped = old === undefined ? [] : contentsOf([old])
            await commit([{ type: 'put', key, value }], { ...references, dropped })
          })
        })
      })
    },

    openParts(ref, partNumbers) {
      return locks.shared(lockName(ref), async () => {
        await requireUpload(ref)
        const wanted = new Set(partNumbers)
        const parts = await partsOf(ref)
        return readers.open(parts.filter((part) => wanted.has(part.partNumber)).flatMap(piecesOf))
      })
    },

    listParts(ref, { after, limit }) {
      // The records of an upload that has ended go one after the other, and some of them must not pass for all.
      return locks.shared(lockName(ref), async () => {
        await requireUpload(ref)
        const page = await scanPage(ledger, {
          from: keys.part(ref.uploadId, after + 1),
          to: afterAll(keys.partsOf(ref.uploadId)),
          limit,
          parse: (value) => JSON.parse(value) as StoredPart,
        })
        return { truncated: page.truncated, entries: page.entries.map(published) }
      })
    },

    completeUpload(ref, assemble, options) {
      return locks.shared(`bucket ${ref.bucket}`, () =>
        locks.exclusive(lockName(ref), async () => {
          const upload = await requireUpload(ref)
          const parts = await partsOf(ref)
          const assembly = assemble(upload, parts)
          const object: ObjectRecord = { ...assembly.object, key: ref.key }

          const wanted = new Set(assembly.partNumbers)
          const isWanted = (part: StoredPart): boolean => wanted.has(part.partNumber)
          const dropped = contentsOf(parts.filter((part) => !isWanted(part)))
          const pieces = parts.filter(isWanted).flatMap(piecesOf)
          const changes = await forget(ref, parts)
          // An upload id is never used twice, so it can name the list of pieces.
          await assembleObject(
            ref.bucket,
            object,
            { pieces, manifestId: ref.uploadId, changes, dropped },
            options,
          )
          return object
        }),
      )
    },

    abortUpload(ref, isMeant = () => true) {
      return locks.exclusive(lockName(ref), async () => {
        const upload = await requireUpload(ref)
        const parts = await partsOf(ref)
        if (!isMeant(upload, parts)) return
        await commit(await forget(ref, parts), { dropped: contentsOf(parts) })
      })
    },

    async listUploads(bucket, { prefix, delimiter, after, limit }) {
      check()
      const start = keys.uploadPrefix(bucket, prefix)
      const page = await scanGrouped(ledger, {
        prefix,
        delimiter,
        limit,
        from: after === undefined ? start : laterOf(start, pastMarkers(bucket, after, prefix, delimiter)),
        to: afterAll(start),
        keyOf: (upload: UploadRecord) => upload.key,
        parse: (value) => JSON.parse(value) as UploadRecord,
        range: (group) => keys.uploadPrefix(bucket, group),
      })
      return {
        truncated: page.truncated,
        entries: page.entries.map((entry) =>
          entry.kind === 'group' ? entry : { kind: 'upload', upload: entry.item },
        ),
      }
    },
  }
}

/** The first ledger key that these markers leave. */
function pastMarkers(
  bucket: string,
  after: { key: string; uploadId?: string },
  prefix: string,
  delimiter: string,
): string {
  if (after.uploadId !== undefined) return justAfter(keys.upload(bucket, after.key, after.uploadId))
  if (isGroup(after.key, prefix, delimiter)) return afterAll(keys.uploadPrefix(bucket, after.key))
  return afterAll(keys.uploadsOf(bucket, after.key))
}

function withPieces(part: PartRecord, pieces: readonly Piece[]): StoredPart {
  const [first, ...others] = pieces
  if (first === undefined) return part
  if (others.length === 0 && first.offset === 0) return { ...part, contentId: first.id }
  return { ...part, pieces: piecesToJson(pieces) }
}

function piecesOf({ contentId, size, pieces = [] }: StoredPart): readonly Piece[] {
  return contentId === undefined ? piecesFrom(pieces) : [{ id: contentId, size, offset: 0 }]
}

function contentsOf(parts: readonly StoredPart[]): string[] {
  return parts.flatMap(piecesOf).map((piece) => piece.id)
}

function published({ contentId: _, pieces: __, ...part }: StoredPart): PartRecord {
  return part
}
