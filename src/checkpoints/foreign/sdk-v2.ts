/**
 * `.ucp`, by the second SDKs for Go and Python and by ossutil 2. Written once, right after Initiate: a magic, and `Data` under
 * its MD5. The MD5 is of the text of `Data` as it stands in the file, which is how both write it; each in its own
 * spelling, so that neither takes the other's.
 */
import { md5, toHex } from '../../checksum/digest.js'
import { ForeignRefusal, type ForeignUpload } from './checkpoint.js'
import { bytesField, type Fields, objectField, secondsField, wordField, wrong } from './fields.js'
import { parseGoTime } from './go-time.js'
import { jsonMembers } from './json-members.js'

/** Of uploads and downloads alike, and of the downloads of the first SDK for Go. */
export const SDK_V2_MAGIC = '92611BED-89E2-46B6-89E5-72F273D4B0A3'

export function isSdkV2(fields: Fields): boolean {
  return fields.get('Magic') === SDK_V2_MAGIC
}

/** @throws ForeignRefusal */
export function parseSdkV2(fields: Fields, text: string): ForeignUpload {
  if (!fields.has('Data')) {
    throw new ForeignRefusal('is the checkpoint of a download by ossutil 1 or the OSS Go SDK v1')
  }
  const data = objectField(fields, 'Data')
  if (data.has('DownloadInfo')) throw new ForeignRefusal('is the checkpoint of a download, not of an upload')
  assertSealed(wordField(fields, 'MD5'), text)
  const meta = objectField(data, 'FileMeta')
  const { bucket, key } = targetOf(objectField(data, 'ObjectInfo'))
  return {
    ...dialectOf(meta),
    bucket,
    key,
    uploadId: wordField(objectField(data, 'UploadInfo'), 'UploadId'),
    file: wordField(data, 'FilePath'),
    size: bytesField(meta, 'Size'),
    partSize: bytesField(data, 'PartSize'),
  }
}

function assertSealed(seal: string, text: string): void {
  const members = jsonMembers(text)
  const [data, more] = members.filter(({ name }) => name === 'Data')
  if (data === undefined || more !== undefined || members.filter(({ name }) => name === 'MD5').length > 1) {
    throw new ForeignRefusal('has a field twice')
  }
  if (toHex(md5(new TextEncoder().encode(text.slice(data.start, data.end)))) !== seal) {
    throw new ForeignRefusal('is damaged or was changed: its MD5 is not that of its data')
  }
}

/** Go writes a time as Go prints it, Python as seconds. */
function dialectOf(meta: Fields): Pick<ForeignUpload, 'tool' | 'modified'> {
  const modified = meta.get('LastModified')
  if (typeof modified !== 'string') {
    return { tool: 'python-v2', modified: secondsField(meta, 'LastModified') }
  }
  const time = parseGoTime(modified)
  if (time === undefined) throw wrong(meta, 'LastModified', 'a time as Go prints it')
  return { tool: 'go-v2', modified: time }
}

/** `oss://bucket/key`, nothing escaped. */
function targetOf(info: Fields): { readonly bucket: string; readonly key: string } {
  const [, bucket, key] = /^oss:\/\/([^/]+)\/(.+)$/su.exec(wordField(info, 'Name')) ?? []
  if (bucket === undefined || key === undefined) throw wrong(info, 'Name', 'oss://bucket/key')
  return { bucket, key }
}
