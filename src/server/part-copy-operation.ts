/** UploadPartCopy. The bytes are not copied; they are read only where their checksums are not known already. */
import { createHash } from 'node:crypto'
import { Crc64, crc64ToDecimal } from '../checksum/crc64.js'
import { invalidArgument } from '../protocol/operations/requests.js'
import { type CopyRange, uploadPartCopy } from '../protocol/operations/upload-part-copy.js'
import { checkConditions } from './conditions.js'
import { type Exchange, type Operate, Refusal } from './context.js'
import { type ObjectAsked, openContent, openSource } from './found-objects.js'
import { noSuchUpload, requireUpload } from './multipart-operations.js'
import { checkBucketName, checkKey } from './names.js'
import { translated } from './object-operations.js'
import { MAX_BODY_SIZE } from './receive.js'
import { checkNext, outOfOrder } from './sequential.js'
import type { OpenObject } from './storage/storage.js'

const NO_UPLOAD = '0042-00000311'

export const partCopyOperations = {
  UploadPartCopy: async (exchange) => {
    const { storage, clock } = exchange
    const input = uploadPartCopy.decodeRequest(exchange.request)
    const { partNumber, source } = input
    checkBucketName(source.bucket)
    checkKey(source.key)
    await checkNext(exchange, await requireUpload(exchange, input, NO_UPLOAD), input)
    const opened = await openBytes(exchange, source)
    try {
      checkConditions(opened.record, input.conditions)
      const { start, end } = stretchOf(input.range, opened.record.size)
      const { etag, crc64 } = await checksumsOf(opened, start, end)
      const modified = clock.now()
      const part = { partNumber, size: end - start, etag, crc64, modified }
      await storage
        .putPart(input, part, opened.bytes(start, end))
        .catch(translated('no-such-upload', () => noSuchUpload(input, NO_UPLOAD)))
        .catch(outOfOrder(partNumber))
      const { versionId } = source
      const version = versionId === undefined ? {} : { sourceVersionId: versionId }
      return uploadPartCopy.encodeAnswer({ etag, crc64, lastModified: modified, ...version }, input)
    } finally {
      opened.close()
    }
  },
} satisfies Record<string, Operate>

/** A link has no bytes of its own. */
async function openBytes(exchange: Exchange, source: ObjectAsked): Promise<OpenObject> {
  const opened = await openSource(exchange, source)
  if (opened.record.type !== 'Symlink') return opened
  opened.close()
  return openContent(exchange, source)
}

function stretchOf(range: CopyRange | undefined, size: number): { start: number; end: number } {
  const start = range?.first ?? 0
  const end = range?.last === undefined ? size : range.last + 1
  if (range !== undefined && (start >= size || end > size)) {
    const message = `Range specified is not valid for source object of size: ${size}`
    const value = `bytes=${range.first}-${range.last ?? ''}`
    throw invalidArgument('x-oss-copy-source-range', value, message, '0042-00000306')
  }
  if (end - start > MAX_BODY_SIZE) {
    throw new Refusal({
      code: 'EntityTooLarge',
      fields: { MaxSizeAllowed: String(MAX_BODY_SIZE), ProposedSize: String(end - start) },
    })
  }
  return { start, end }
}

async function checksumsOf(
  { record, read }: OpenObject,
  start: number,
  end: number,
): Promise<{ readonly etag: string; readonly crc64: string }> {
  if (start === 0 && end === record.size && record.md5 !== undefined) {
    const etag = Buffer.from(record.md5, 'base64').toString('hex').toUpperCase()
    return { etag, crc64: record.crc64 }
  }
  const md5 = createHash('md5')
  const crc = new Crc64()
  for await (const chunk of read(start, end)) {
    md5.update(chunk)
    crc.update(chunk)
  }
  return { etag: md5.digest('hex').toUpperCase(), crc64: crc64ToDecimal(crc.value()) }
}
