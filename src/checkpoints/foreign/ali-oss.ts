/**
 * What `multipartUpload` of ali-oss hands to its `progress`, saved as JSON by the program that uses it. It has no seal and
 * no mark but its fields. It names no bucket, and no file where a browser's `File` or bytes were uploaded.
 */
import type { ForeignUpload } from './checkpoint.js'
import { ForeignRefusal } from './checkpoint.js'
import { bytesField, type Fields, fieldsOf, wordField, wrong } from './fields.js'

export function isAliOss(fields: Fields): boolean {
  return fields.has('uploadId') && fields.has('doneParts')
}

/** @throws ForeignRefusal */
export function parseAliOss(fields: Fields): ForeignUpload {
  const size = bytesField(fields, 'fileSize')
  const partSize = bytesField(fields, 'partSize')
  const file = fields.get('file')
  return {
    tool: 'ali-oss',
    key: wordField(fields, 'name'),
    uploadId: wordField(fields, 'uploadId'),
    ...(typeof file === 'string' ? { file: wordField(fields, 'file') } : {}),
    size,
    partSize,
    partsDone: countParts(fields, Math.ceil(size / partSize)),
  }
}

/** The same part may stand there twice: it is pushed whenever one is done. */
function countParts(fields: Fields, partCount: number): number {
  const parts = fields.get('doneParts')
  if (!Array.isArray(parts)) throw wrong(fields, 'doneParts', 'a list of parts')
  const numbers = new Set<number>()
  for (const each of parts) {
    const part = fieldsOf(each)
    if (part === undefined) throw wrong(fields, 'doneParts', 'a list of parts')
    wordField(part, 'etag')
    const partNumber = bytesField(part, 'number')
    if (partNumber > partCount) throw new ForeignRefusal(`has a part ${partNumber} of ${partCount}`)
    numbers.add(partNumber)
  }
  return numbers.size
}
