/**
 * Unfinished uploads and their parts. Parts of one upload come side by side; Complete and Abort have it to themselves.
 */
import type { Core } from './core.js'
import { afterAll, justAfter, keys, laterOf } from './keys.js'
import type { Change } from './ledger.js'
import { isGroup, scanGrouped, scanPage } from './listing.js'
import type { createObjects } from './objects.js'
import {
  type ObjectRecord,
  type PartRecord,
  type Storage,
  StorageError,
  type UploadRecord,
  type UploadRef,
} from './storage.js'

type StoredPart = PartRecord & { readonly contentId?: string }

type Uploads = Pick<
  Storage,
  'createUpload' | 'getUpload' | 'putPart' | 'listParts' | 'completeUpload' | 'abortUpload' | 'listUploads'
>

export function createUploads(
  { ledger, locks, check, read, commit, take, requireBucket }: Core,
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
    const from = keys.partsOf(ref.uploadId)
    const page = await scanPage(ledger, {
      from,
      to: afterAll(from),
      limit: Number.POSITIVE_INFINITY,
      parse: (value) => JSON.parse(value) as StoredPart,
    })
    return page.entries
  }

  /** The changes that forget an upload, its parts' records included. */
  function forget(ref: UploadRef, parts: readonly StoredPart[]): Change[] {
    return [
      { type: 'del', key: keyOf(ref) },
      ...parts.map((part): Change => ({ type: 'del', key: keys.part(ref.uploadId, part.partNumber) })),
    ]
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

    putPart(ref, part, incoming) {
      return take(incoming, (contentId) =>
        locks.shared(lockName(ref), async () => {
          await requireUpload(ref)
          const key = keys.part(ref.uploadId, part.partNumber)
          await locks.exclusive(`part ${key}`, async () => {
            const old = (await read<StoredPart>(key))?.contentId
            const stored: StoredPart = contentId === undefined ? part : { ...part, contentId }
            const changes: Change[] = [{ type: 'put', key, value: JSON.stringify(stored) }]
            if (old !== undefined) changes.push({ type: 'del', key: keys.content(old) })
            if (contentId !== undefined)
              changes.push({ type: 'put', key: keys.content(contentId), value: '' })
            await commit(changes, old === undefined ? [] : [old])
          })
        }),
      )
    },

    async listParts(ref, { after, limit }) {
      await requireUpload(ref)
      const page = await scanPage(ledger, {
        from: keys.part(ref.uploadId, after + 1),
        to: afterAll(keys.partsOf(ref.uploadId)),
        limit,
        parse: (value) => JSON.parse(value) as StoredPart,
      })
      return { truncated: page.truncated, entries: page.entries.map(published) }
    },

    completeUpload(ref, assemble, options) {
      return locks.shared(`bucket ${ref.bucket}`, () =>
        locks.exclusive(lockName(ref), async () => {
          const upload = await requireUpload(ref)
          const parts = await partsOf(ref)
          const assembly = assemble(upload, parts.map(published))
          const object: ObjectRecord = { ...assembly.object, key: ref.key }

          const wanted = new Set(assembly.partNumbers)
          const isWanted = (part: StoredPart): boolean => wanted.has(part.partNumber)
          const dropped = contentsOf(parts.filter((part) => !isWanted(part)))
          const pieces = parts.flatMap((part) =>
            part.contentId !== undefined && isWanted(part) ? [{ id: part.contentId, size: part.size }] : [],
          )
          const changes = [...forget(ref, parts), ...dropped.map(release)]
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

    abortUpload(ref) {
      return locks.exclusive(lockName(ref), async () => {
        await requireUpload(ref)
        const parts = await partsOf(ref)
        const dropped = contentsOf(parts)
        await commit([...forget(ref, parts), ...dropped.map(release)], dropped)
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

function contentsOf(parts: readonly StoredPart[]): string[] {
  return parts.flatMap((part) => (part.contentId === undefined ? [] : [part.contentId]))
}

function release(contentId: string): Change {
  return { type: 'del', key: keys.content(contentId) }
}

function published({ contentId: _, ...part }: StoredPart): PartRecord {
  return part
}
