/** Uploads of as many parts as one likes: copies of what is there, for no bytes sent, or sent ones. */
import type { Client } from './client.js'
import { bucket } from './place.js'

export async function initiate(client: Client, key: string): Promise<string> {
  const { bytes } = await client.ask({ method: 'POST', key, query: { uploads: '' } })
  const uploadId = /<UploadId>([0-9A-F]+)<\/UploadId>/.exec(bytes.toString('utf8'))?.[1]
  if (uploadId === undefined) throw new Error('The server named no upload.')
  return uploadId
}

interface Wanted {
  readonly key: string
  readonly uploadId: string
  readonly parts: number
  readonly atOnce: number
}

/** Each part a copy of the whole source. The ETags, in order. */
export function copyParts(
  client: Client,
  { key, uploadId, parts, atOnce, source }: Wanted & { readonly source: string },
): Promise<readonly string[]> {
  return inTurns({ parts, atOnce }, async (partNumber) => {
    const { bytes } = await client.ask({
      method: 'PUT',
      key,
      query: { partNumber: String(partNumber), uploadId },
      headers: { 'x-oss-copy-source': `/${bucket}/${source}`, 'content-length': '0' },
    })
    const etag = /<ETag>(?:"|&quot;)?([0-9A-F]{32})/.exec(bytes.toString('utf8'))?.[1]
    if (etag === undefined) throw new Error(`Part ${partNumber} has no ETag: ${bytes.toString('utf8')}`)
    return etag
  })
}

/** Each part sent, of so many bytes, no two alike. The ETags, in order. */
export function sendParts(
  client: Client,
  { key, uploadId, parts, atOnce, size }: Wanted & { readonly size: number },
): Promise<readonly string[]> {
  return inTurns({ parts, atOnce }, async (partNumber) => {
    const body = Buffer.alloc(size, `part ${partNumber} of ${uploadId}, `)
    const query = { partNumber: String(partNumber), uploadId }
    const { headers } = await client.ask({ method: 'PUT', key, query, body })
    return (headers['etag'] ?? '').replaceAll('"', '')
  })
}

async function inTurns(
  { parts, atOnce }: Pick<Wanted, 'parts' | 'atOnce'>,
  put: (partNumber: number) => Promise<string>,
): Promise<readonly string[]> {
  const etags: string[] = []
  let next = 1
  async function work(): Promise<void> {
    for (let partNumber = next++; partNumber <= parts; partNumber = next++) {
      etags[partNumber - 1] = await put(partNumber)
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
