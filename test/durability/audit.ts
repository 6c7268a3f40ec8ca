/** Looks at everything a storage holds: what is there, whether its bytes are right, and whether lists and references agree. */
import type { Entry } from '../../src/server/storage/ledger.js'
import type { ObjectRecord, Storage, UploadRef } from '../../src/server/storage/storage.js'
import type { Contents } from './contents.js'
import { BUCKETS, KEYS, partRegistered, registered, registerOf } from './scene.js'

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
        registers.set(registerOf.part(ref, part.partNumber), partRegistered(part))
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

type Stretch = readonly [id: string, size: number, offset?: number]

interface Holder {
  readonly content?: { readonly in: string; readonly id?: string; readonly offset?: number }
  readonly size: number
  readonly contentId?: string
  readonly pieces?: readonly Stretch[]
}

interface Leftover {
  readonly partsOf?: string
  readonly dropped?: readonly (readonly [id: string, count: number])[]
}

/**
 * Every content on the disk is named by records, as often as the ledger says, and is long enough for each; and nothing else
 * is there. Written against the format, not with the storage's own code.
 *
 * @throws Error
 */
export function checkReferences(ledger: readonly Entry[], onDisk: ReadonlyMap<string, number>): void {
  const records = new Map(ledger.map(({ key, value }) => [key, value]))
  const usedManifests = new Set<string>()

  function stretchesOf({ key, value }: Entry): readonly Stretch[] {
    const { content, size, contentId, pieces = [] } = JSON.parse(value) as Holder
    if (key.startsWith('p')) return contentId === undefined ? pieces : [[contentId, size]]
    if (content?.in === 'piece') return [[content.id ?? '', size, content.offset ?? 0]]
    if (content?.in !== 'manifest') return []
    const manifest = records.get(`m${content.id}`)
    if (manifest === undefined) throw new Error(`the list of pieces of ${key} is missing`)
    usedManifests.add(`m${content.id}`)
    return JSON.parse(manifest) as readonly Stretch[]
  }

  const leftovers = ledger
    .filter(({ key }) => key.startsWith('l'))
    .map(({ value }) => JSON.parse(value) as Leftover)
  const isLeftOver = (key: string): boolean =>
    leftovers.some(({ partsOf }) => partsOf !== undefined && key.startsWith(`p${partsOf}\0`))
  const holders = ledger.filter(({ key }) => key.startsWith('o') || (key.startsWith('p') && !isLeftOver(key)))
  const dropped = leftovers.flatMap((leftover) => leftover.dropped ?? [])
  const stretches: readonly Stretch[] = [
    ...holders.flatMap(stretchesOf),
    // They count until they are gone.
    ...dropped.flatMap(([id, count]) => Array.from({ length: count }, (): Stretch => [id, 0])),
  ]
  const left = ledger.find(({ key }) => key.startsWith('m') && !usedManifests.has(key))
  if (left !== undefined) throw new Error(`nobody needs the list of pieces ${left.key}`)

  const named = new Map<string, number>()
  for (const [id, size, offset = 0] of stretches) {
    named.set(id, (named.get(id) ?? 0) + 1)
    const length = onDisk.get(id)
    if (length === undefined) throw new Error(`content ${id} is missing on the disk`)
    if (length < offset + size) throw new Error(`content ${id} has ${length} bytes, not ${offset + size}`)
  }
  const idsUnder = (prefix: string): string[] =>
    ledger.flatMap(({ key }) => (key.startsWith(prefix) ? [key.slice(1)] : []))
  const leftOver = [...idsUnder('c'), ...idsUnder('s'), ...onDisk.keys()].find((id) => !named.has(id))
  if (leftOver !== undefined) throw new Error(`content ${leftOver} is left over`)
  for (const [id, count] of named) {
    if (!records.has(`c${id}`)) throw new Error(`content ${id} is not known to the ledger`)
    const counted = 1 + Number(records.get(`s${id}`) ?? 0)
    if (counted !== count)
      throw new Error(`content ${id} is named ${count} times and counted ${counted} times`)
  }
}
