/**
 * `.cp`, by ossutil 1 and the first SDK for Go: all parts with a mark on those that are done, written anew after each. The
 * MD5 is of the whole text with nothing in the place of the MD5. It names no bucket; its file name has a digest of it.
 */
import { md5, toBase64 } from '../../checksum/digest.js'
import { ForeignRefusal, type ForeignUpload } from './checkpoint.js'
import { bytesField, type Fields, fieldsOf, objectField, wordField, wrong } from './fields.js'
import { parseGoTime } from './go-time.js'
import { jsonMembers } from './json-members.js'

const UPLOAD_MAGIC = 'FE8BB4EA-B593-4FAC-AD7A-2459A36E2E62'
const COPY_MAGIC = '84F1F18C-FF1D-403B-A1D8-9DEB5F65910A'

export function isSdkV1(fields: Fields): boolean {
  return fields.get('Magic') === UPLOAD_MAGIC || fields.get('Magic') === COPY_MAGIC
}

/** @throws ForeignRefusal */
export function parseSdkV1(fields: Fields, text: string): ForeignUpload {
  if (fields.get('Magic') === COPY_MAGIC) {
    throw new ForeignRefusal('is the checkpoint of a copy between objects, not of an upload')
  }
  assertSealed(wordField(fields, 'MD5'), text)
  const stat = objectField(fields, 'FileStat')
  const modified = parseGoTime(wordField(stat, 'LastModified'))
  if (modified === undefined) throw wrong(stat, 'LastModified', 'a time')
  const size = bytesField(stat, 'Size')
  const callback = fields.get('CallbackVal') ?? ''
  if (typeof callback !== 'string') throw wrong(fields, 'CallbackVal', 'a text')
  return {
    tool: 'go-v1',
    key: wordField(fields, 'ObjectKey'),
    uploadId: wordField(fields, 'UploadID'),
    file: wordField(fields, 'FilePath'),
    size,
    modified,
    ...partsOf(fields, size),
    ...(callback === '' ? {} : { callback }),
  }
}

function assertSealed(seal: string, text: string): void {
  const written = text.trimEnd()
  const [own, more] = jsonMembers(written).filter(({ name }) => name === 'MD5')
  if (own === undefined || more !== undefined) throw new ForeignRefusal('has a field twice')
  const hashed = `${written.slice(0, own.start)}""${written.slice(own.end)}`
  if (toBase64(md5(new TextEncoder().encode(hashed))) !== seal) {
    throw new ForeignRefusal('is damaged or was changed: its MD5 is not that of its text')
  }
}

/** The plan stands in the parts. It has to be one of equal parts, the last one shorter, that carry the file. */
function partsOf(fields: Fields, size: number): Pick<ForeignUpload, 'partSize' | 'partsDone'> {
  const parts = fields.get('Parts')
  if (!Array.isArray(parts) || parts.length === 0) throw wrong(fields, 'Parts', 'a list of parts')
  let partSize = 0
  let partsDone = 0
  let offset = 0
  for (const [index, each] of parts.entries()) {
    const part = fieldsOf(each)
    if (part === undefined) throw wrong(fields, 'Parts', 'a list of parts')
    const chunk = objectField(part, 'Chunk')
    const length = bytesField(chunk, 'Size')
    if (index === 0) partSize = length
    const even = length === partSize || (index === parts.length - 1 && length < partSize)
    if (!even || chunk.get('Number') !== index + 1 || chunk.get('Offset') !== offset) {
      throw new ForeignRefusal(`has a part ${index + 1} that does not follow the one before`)
    }
    const isDone = part.get('IsCompleted')
    if (typeof isDone !== 'boolean') throw wrong(part, 'IsCompleted', 'true or false')
    if (isDone) partsDone += 1
    offset += length
  }
  if (offset !== size) throw new ForeignRefusal('has parts that do not make up the file')
  return { partSize, partsDone }
}
