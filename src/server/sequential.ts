/**
 * Sequential uploads: parts come one after the other, each once, and the object gets the MD5 of its whole. The digest of
 * all parts is made at Complete by reading them: a running one could not outlive the process.
 */
import { createHash } from 'node:crypto'
import { quoteEtag } from '../protocol/etag.js'
import type { CompleteMultipartUploadInput, Completion } from '../protocol/operations/multipart.js'
import { chosenParts } from './assembly.js'
import { type Exchange, Refusal } from './context.js'
import { type PartRecord, StorageError, type UploadRecord, type UploadRef } from './storage/storage.js'

/** Refuses a part that can't be the next, before its body is read. The storage looks again when it has come. */
export async function checkNext(
  { storage }: Exchange,
  upload: UploadRecord,
  part: UploadRef & { readonly partNumber: number },
): Promise<void> {
  if (!upload.sequential) return
  const { partNumber } = part
  const page = await storage.listParts(part, { after: Math.max(partNumber - 2, 0), limit: 2 })
  const found = (number: number) => page.entries.find((each) => each.partNumber === number)
  const there = found(partNumber)
  if (there !== undefined) throw alreadyThere(partNumber, there.etag)
  if (partNumber > 1 && found(partNumber - 1) === undefined) throw notNext(partNumber)
}

/** Gives what the storage found out of order the words of OSS. */
export function outOfOrder(partNumber: number): (error: unknown) => never {
  return (error) => {
    if (error instanceof StorageError && error.code === 'part-exists') throw alreadyThere(partNumber)
    if (error instanceof StorageError && error.code === 'part-not-next') throw notNext(partNumber)
    throw error
  }
}

/** What is to be completed: of a sequential upload the very parts whose bytes the digest has, and the digest. */
export async function settled(
  exchange: Exchange,
  upload: UploadRecord,
  input: CompleteMultipartUploadInput,
): Promise<{ readonly completion: Completion; readonly md5: string | undefined }> {
  const { completion } = input
  if (!upload.sequential) return { completion, md5: undefined }
  const all = await exchange.storage.listParts(input, { after: 0, limit: Number.POSITIVE_INFINITY })
  const parts = chosenParts(completion, all.entries, input.uploadId)
  return { completion: { kind: 'parts', parts }, md5: await digestOf(exchange, input, parts) }
}

async function digestOf(
  { storage }: Exchange,
  upload: UploadRef,
  parts: readonly PartRecord[],
): Promise<string> {
  const opened = await storage.openParts(
    upload,
    parts.map((part) => part.partNumber),
  )
  try {
    const md5 = createHash('md5')
    const size = parts.reduce((total, part) => total + part.size, 0)
    for await (const chunk of opened.read(0, size)) md5.update(chunk)
    return md5.digest('base64')
  } finally {
    opened.close()
  }
}

function alreadyThere(partNumber: number, etag?: string): Refusal {
  const fields = {
    ...(etag === undefined ? {} : { ETag: quoteEtag(etag) }),
    PartNumber: String(partNumber),
  }
  return new Refusal({ code: 'PartAlreadyExist', fields })
}

function notNext(partNumber: number): Refusal {
  return new Refusal({ code: 'PartNotSequential', fields: { PartNumber: String(partNumber) } })
}
