/** Looks at everything a storage holds: what is there, whether its bytes are right, and whether lists and references agree. */
import type { Entry } from '../../src/server/storage/ledger.js'
import type { ObjectRecord, Storage, UploadRef } from '../../src/server/storage/storage.js'
import type { Contents } from './contents.js'
import { BUCKETS, KEYS, registered, registerOf } from './workload.js'

export interface Found {
  readonly registers: ReadonlyMap<string, string | undefined>
  readonly uploads: readonly UploadRef[]
}

const ALL = { prefix: '', delimiter: '', limit: 1000 }

/** @throws Error when something is half there, or a list says other than a look */
export async function audit(storage: Storage, contents: Contents): Promise<Found> {
  const registers = new Map<string, string | undefined>()
  const uploads: UploadRef[] = []
  const buckets = await storage.listBuckets({ prefix: '', after: '', limit: 1000 })
  for (const bucket of BUCKETS) {
    const listed = buckets.entries.find(({ name }) => name === bucket)
    agree(`bucket ${bucket}`, listed, await storage.getBucket(bucket))
    registers.set(registerOf.bucket(bucket), listed?.storageClass)
    const { entries } = await storage.listObjects(bucket, { ...ALL, after: '' })
    const objects = entries.flatMap((entry) => (entry.kind === 'object' ? [entry.object] : []))
    if (listed === undefined && objects.length > 0)
      throw new Error(`bucket ${bucket} is gone, its objects are not`)
    for (const key of KEYS) {
      const object = objects.find((each) => each.key === key)
      agree(`object ${bucket}/${key}`, object, await storage.getObject(bucket, key))
      registers.set(registerOf.object(bucket, key), object === undefined ? undefined : registered(object))
      if (object !== undefined) await checkBytes(storage, bucket, object, contents)
    }
    const page = await storage.listUploads(bucket, { ...ALL, after: undefined })
    for (const entry of page.entries) {
      if (entry.kind !== 'upload') continue
      const { key, uploadId } = entry.upload
      const ref = { bucket, key, uploadId }
      if (listed === undefined) throw new Error(`bucket ${bucket} is gone, upload ${uploadId} is not`)
      agree(`upload ${uploadId}`, entry.upload, await storage.getUpload(ref))
      registers.set(registerOf.upload(ref), 'there')
      uploads.push(ref)
      const parts = await storage.listParts(ref, { after: 0, limit: 1000 })
      for (const part of parts.entries) {
        if (part.size !== contents.sizeOf(part.etag))
          throw new Error(`part ${part.etag} has ${part.size} bytes`)
        registers.set(registerOf.part(ref, part.partNumber), part.etag)
      }
    }
  }
  return { registers, uploads }
}

export async function checkBytes(
  storage: Storage,
  bucket: string,
  { key }: Pick<ObjectRecord, 'key'>,
  contents: Contents,
): Promise<void> {
  const opened = await storage.openObject(bucket, key)
  if (opened === undefined) return
  try {
    const { etag, size } = opened.record
    const chunks: Uint8Array[] = []
    for await (const chunk of opened.read(0, size)) chunks.push(chunk)
    if (!Buffer.concat(chunks).equals(contents.bytesOf(etag))) {
      throw new Error(`object ${bucket}/${key} does not have the bytes of ${etag}`)
    }
  } finally {
    opened.close()
  }
}

function agree(what: string, listed: unknown, looked: unknown): void {
  if (JSON.stringify(listed) !== JSON.stringify(looked)) {
    throw new Error(`${what} is listed as ${JSON.stringify(listed)} and is ${JSON.stringify(looked)}`)
  }
}

interface Holder {
  readonly content?: { readonly in: string; readonly id?: string }
  readonly size: number
  readonly contentId?: string
}

/**
 * Every content on the disk is named by exactly one record and known to the ledger, and has its size; and nothing else is.
 *
 * @throws Error
 */
export function checkReferences(ledger: readonly Entry[], onDisk: ReadonlyMap<string, number>): void {
  const records = new Map(ledger.map(({ key, value }) => [key, value]))
  const named = new Map<string, number>()
  const usedManifests = new Set<string>()
  const name = (id: string, size: number): void => {
    if (named.has(id)) throw new Error(`content ${id} is named twice`)
    named.set(id, size)
  }
  for (const { key, value } of ledger) {
    if (key.startsWith('o')) {
      const { content, size } = JSON.parse(value) as Holder
      if (content?.in === 'piece') name(content.id ?? '', size)
      if (content?.in !== 'manifest') continue
      const manifest = records.get(`m${content.id}`)
      if (manifest === undefined) throw new Error(`the list of pieces ${content.id} is missing`)
      usedManifests.add(`m${content.id}`)
      for (const [id, pieceSize] of JSON.parse(manifest) as [string, number][]) name(id, pieceSize)
    }
    if (key.startsWith('p')) {
      const { contentId, size } = JSON.parse(value) as Holder
      if (contentId !== undefined) name(contentId, size)
    }
  }
  const left = ledger.find(({ key }) => key.startsWith('m') && !usedManifests.has(key))
  if (left !== undefined) throw new Error(`nobody needs the list of pieces ${left.key}`)
  same('the ledger', new Set(ledger.flatMap(({ key }) => (key.startsWith('c') ? [key.slice(1)] : []))), named)
  same('the disk', new Set(onDisk.keys()), named)
  for (const [id, size] of named) {
    if (onDisk.get(id) !== size) throw new Error(`content ${id} has ${onDisk.get(id)} bytes, not ${size}`)
  }
}

function same(where: string, ids: ReadonlySet<string>, named: ReadonlyMap<string, number>): void {
  for (const id of named.keys()) if (!ids.has(id)) throw new Error(`content ${id} is missing in ${where}`)
  for (const id of ids) if (!named.has(id)) throw new Error(`content ${id} is left over in ${where}`)
}
