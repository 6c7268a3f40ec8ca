/** Uploads put together from copies of what is there: as many parts as one likes, for no bytes sent. */
import type { Client } from './client.js'
import { bucket } from './place.js'

export async function initiate(client: Client, key: string): Promise<string> {
  const { bytes } = await client.ask({ method: 'POST', key, query: { uploads: '' } })
  const uploadId = /<UploadId>([0-9A-F]+)<\/UploadId>/.exec(bytes.toString('utf8'))?.[1]
  if (uploadId === undefined) throw new Error('The server named no upload.')
  return uploadId
}

/** Each part a copy of the whole source. The ETags, in order. */
export async function copyParts(
  client: Client,
  options: {
    readonly key: string
    readonly uploadId: string
    readonly source: string
    readonly parts: number
    readonly atOnce: number
  },
): Promise<readonly string[]> {
  const { key, uploadId, source, parts, atOnce } = options
  const etags: string[] = []
  let next = 1

  async function work(): Promise<void> {
    for (let partNumber = next++; partNumber <= parts; partNumber = next++) {
      const { bytes } = await client.ask({
        method: 'PUT',
        key,
        query: { partNumber: String(partNumber), uploadId },
        headers: { 'x-oss-copy-source': `/${bucket}/${source}`, 'content-length': '0' },
      })
      const etag = /<ETag>(?:"|&quot;)?([0-9A-F]{32})/.exec(bytes.toString('utf8'))?.[1]
      if (etag === undefined) throw new Error(`Part ${partNumber} has no ETag: ${bytes.toString('utf8')}`)
      etags[partNumber - 1] = etag
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return etags
}

export function partList(etags: readonly string[]): string {
  const parts = etags.map(
    (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>"${etag}"</ETag></Part>`,
  )
  return `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`
}
