/** Everything in a bucket, a page at a time. What comes or goes meanwhile may be met or not. */
import {
  type ObjectRecord,
  type PartRecord,
  type Storage,
  StorageError,
  type UploadRecord,
} from './storage/storage.js'

const PAGE = 1000

export async function* everyObject(
  storage: Storage,
  bucket: string,
  prefix = '',
): AsyncGenerator<ObjectRecord> {
  let after = ''
  for (;;) {
    const page = await storage.listObjects(bucket, { prefix, delimiter: '', after, limit: PAGE })
    for (const entry of page.entries) {
      if (entry.kind !== 'object') continue
      after = entry.object.key
      yield entry.object
    }
    if (!page.truncated) return
  }
}

export async function* everyUpload(
  storage: Storage,
  bucket: string,
  prefix = '',
): AsyncGenerator<UploadRecord> {
  let after: { key: string; uploadId: string } | undefined
  for (;;) {
    const page = await storage.listUploads(bucket, { prefix, delimiter: '', after, limit: PAGE })
    for (const entry of page.entries) {
      if (entry.kind !== 'upload') continue
      after = { key: entry.upload.key, uploadId: entry.upload.uploadId }
      yield entry.upload
    }
    if (!page.truncated) return
  }
}

/** None when the upload has ended meanwhile. */
export async function* everyPart(
  storage: Storage,
  bucket: string,
  { key, uploadId }: UploadRecord,
): AsyncGenerator<PartRecord> {
  let after = 0
  for (;;) {
    const page = await storage.listParts({ bucket, key, uploadId }, { after, limit: PAGE }).catch(gone)
    yield* page.entries
    after = page.entries.at(-1)?.partNumber ?? after
    if (!page.truncated) return
  }
}

function gone(error: unknown): { entries: readonly PartRecord[]; truncated: boolean } {
  if (error instanceof StorageError && error.code === 'no-such-upload')
    return { entries: [], truncated: false }
  throw error
}
