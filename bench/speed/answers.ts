/** What the discarding server answers: enough of OSS, and of S3 where the two differ, for uploads to succeed. */

/** What a file has, told beforehand. */
export interface Knowledge {
  /** The object's key. */
  readonly key: string
  /** CRC-64 of the whole, decimal. */
  readonly crc64: string
  /** Bytes per part, and the CRC-64 of each. Absent: it is sent whole. */
  readonly partSize?: number
  readonly partCrc64s?: readonly string[]
}

const etag = '"5D41402ABC4B2A76B9719D911017C592"'
const uploadId = '0004B9894A22E5B1888A1E29F8236E2D'
let requests = 0

/** @param line the request line @param bodyBytes how many bytes came with it */
export function answerTo(line: string, bodyBytes: number, known: ReadonlyMap<string, Knowledge>): Buffer {
  const [method = '', target = ''] = line.split(' ')
  const url = new URL(target, 'http://localhost')
  // All address by path: the bucket comes first.
  const key = decodeURIComponent(url.pathname.slice(url.pathname.indexOf('/', 1) + 1))
  const knowledge = known.get(key)
  const query = url.searchParams
  if (method === 'POST' && query.has('uploads')) {
    return answer(
      200,
      {},
      document('InitiateMultipartUploadResult', { Bucket: 'bench', Key: key, UploadId: uploadId }),
    )
  }
  if (method === 'PUT' && query.has('partNumber')) {
    const { partSize = 0, partCrc64s = [] } = knowledge ?? {}
    const crc64 = partCrc64s[Number(query.get('partNumber')) - 1]
    return answer(200, { etag, ...(bodyBytes <= partSize ? crcHeader(crc64) : {}) })
  }
  if (method === 'GET' && query.has('uploadId')) {
    const fields = {
      Bucket: 'bench',
      Key: key,
      UploadId: uploadId,
      NextPartNumberMarker: '0',
      IsTruncated: 'false',
    }
    return answer(200, {}, document('ListPartsResult', fields))
  }
  if (method === 'POST' && query.has('uploadId')) {
    const fields = { Location: `http://localhost/${key}`, Bucket: 'bench', Key: key, ETag: etag }
    return answer(
      200,
      { etag, ...crcHeader(knowledge?.crc64) },
      document('CompleteMultipartUploadResult', fields),
    )
  }
  if (method === 'PUT') return answer(200, { etag, ...crcHeader(knowledge?.crc64) })
  if (method === 'HEAD') return answer(404, {})
  return answer(501, {}, document('Error', { Code: 'NotImplemented', Message: line }))
}

function crcHeader(crc64: string | undefined): Record<string, string> {
  return crc64 === undefined ? {} : { 'x-oss-hash-crc64ecma': crc64 }
}

function document(name: string, fields: Readonly<Record<string, string>>): string {
  const inner = Object.entries(fields).map(([field, value]) => `<${field}>${escaped(value)}</${field}>`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}>${inner.join('')}</${name}>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

const reasons: Readonly<Record<number, string>> = { 200: 'OK', 404: 'Not Found', 501: 'Not Implemented' }

function answer(status: number, headers: Readonly<Record<string, string>>, body = ''): Buffer {
  requests += 1
  const lines = [
    `HTTP/1.1 ${status} ${reasons[status]}`,
    'server: discard',
    `date: ${new Date().toUTCString()}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-oss-request-id: ${requests.toString(16).toUpperCase().padStart(24, '0')}`,
    ...(body === '' ? [] : ['content-type: application/xml']),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
