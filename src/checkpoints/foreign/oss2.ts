/**
 * The record of `oss2.resumable_upload`: one flat object, written once, right after Initiate. It has no seal; its
 * `op_type` is what tells it from the record of a download.
 */
import { ForeignRefusal, type ForeignUpload } from './checkpoint.js'
import { bytesField, type Fields, secondsField, wordField } from './fields.js'

export function isOss2(fields: Fields): boolean {
  return fields.has('op_type')
}

/** @throws ForeignRefusal */
export function parseOss2(fields: Fields): ForeignUpload {
  const kind = fields.get('op_type')
  if (kind === 'ResumableDownload') {
    throw new ForeignRefusal('is the record of a download by oss2, not of an upload')
  }
  if (kind !== 'ResumableUpload') {
    throw new ForeignRefusal('has an op_type of its own: it is no upload that oss2 would know')
  }
  if (fields.has('content_crypto_material')) {
    throw new ForeignRefusal(
      'is of an upload that oss2 encrypts on the way: what is at the service is not what the file has, so only oss2 can go on with it',
    )
  }
  return {
    tool: 'oss2',
    bucket: wordField(fields, 'bucket'),
    key: wordField(fields, 'key'),
    uploadId: wordField(fields, 'upload_id'),
    file: wordField(fields, 'file_path'),
    size: bytesField(fields, 'size'),
    modified: secondsField(fields, 'mtime'),
    partSize: bytesField(fields, 'part_size'),
  }
}
