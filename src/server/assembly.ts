/** Which parts become an object, and what is known of it then. */
import { createHash } from 'node:crypto'
import { combineAllCrc64Decimal } from '../checksum/combine.js'
import { multipartEtag } from '../protocol/etag.js'
import type { Completion } from '../protocol/operations/multipart.js'
import { Refusal } from './context.js'
import { storedHeadersOf } from './names.js'
import type { Assembly, PartRecord, UploadRecord } from './storage/storage.js'

export interface AssemblyRequest {
  readonly upload: UploadRecord
  /** All there are, ascending. */
  readonly parts: readonly PartRecord[]
  readonly completion: Completion
  /** Takes the place of the one given at Initiate. */
  readonly acl: string | undefined
  /** Base64 of the MD5 of the whole, where it is known. */
  readonly md5: string | undefined
  readonly minPartSize: number
  readonly now: number
}

/**
 * The object that these parts make.
 *
 * @throws Refusal `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall`
 */
export function assemble({
  upload,
  parts,
  completion,
  acl,
  md5,
  minPartSize,
  now,
}: AssemblyRequest): Assembly {
  const chosen = chosenParts(completion, parts, upload.uploadId)
  if (chosen.length === 0 && completion.kind === 'all') {
    throw new Refusal({ code: 'InvalidPart', fields: { UploadId: upload.uploadId } })
  }
  const small = chosen.slice(0, -1).find((part) => part.size < minPartSize)
  if (small !== undefined) {
    throw new Refusal({
      code: 'EntityTooSmall',
      fields: {
        ProposedSize: String(small.size),
        MinSizeAllowed: String(minPartSize),
        PartNumber: String(small.partNumber),
        ETag: small.etag,
      },
    })
  }
  return {
    partNumbers: chosen.map((part) => part.partNumber),
    object: {
      size: chosen.reduce((total, part) => total + part.size, 0),
      etag: multipartEtag(
        chosen.map((part) => part.etag),
        nodeMd5,
      ),
      crc64: combineAllCrc64Decimal(chosen),
      ...(md5 === undefined ? {} : { md5 }),
      type: 'Multipart',
      modified: now,
      headers:
        acl === undefined ? upload.headers : storedHeadersOf({ ...upload.headers, 'x-oss-object-acl': acl }),
    },
  }
}

/** A first Complete of ten thousand parts would spend a third of its time in an MD5 that is not compiled yet. */
const nodeMd5 = (bytes: Uint8Array): Uint8Array => createHash('md5').update(bytes).digest()

/** Those of the parts that a Complete names, or all. */
export function chosenParts(
  completion: Completion,
  parts: readonly PartRecord[],
  uploadId: string,
): readonly PartRecord[] {
  return completion.kind === 'all' ? parts : choose(completion.parts, parts, uploadId)
}

function choose(
  asked: readonly { readonly partNumber: number; readonly etag: string }[],
  parts: readonly PartRecord[],
  uploadId: string,
): readonly PartRecord[] {
  const byNumber = new Map(parts.map((part) => [part.partNumber, part]))
  let previous = 0
  return asked.map(({ partNumber, etag }) => {
    if (partNumber <= previous) throw new Refusal({ code: 'InvalidPartOrder' })
    previous = partNumber
    const part = byNumber.get(partNumber)
    if (part === undefined || part.etag !== etag.toUpperCase()) {
      const fields = { ETag: etag, PartNumber: String(partNumber), UploadId: uploadId }
      throw new Refusal({ code: 'InvalidPart', fields })
    }
    return part
  })
}
