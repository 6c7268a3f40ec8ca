/** Asks a server for everything it has, and checks that its answers agree and that every byte is right. */

import type { WireAnswer, WireClient } from './wire-client.js'
import { BUCKET, KEYS, OTHER_BUCKET, type WireScene, type WireUpload, wireRegister } from './wire-rows.js'

export interface WireFound {
  readonly registers: ReadonlyMap<string, string | undefined>
  readonly uploads: readonly WireUpload[]
}

/** @throws Error when something is half there, or a list says other than a look */
export async function auditWire(client: WireClient, { contents, tags }: WireScene): Promise<WireFound> {
  const registers = new Map<string, string | undefined>()
  const expect = async (status: number, answer: Promise<WireAnswer>): Promise<string> => {
    const { status: found, text } = await answer
    if (found !== status) throw new Error(`${found} instead of ${status}: ${text}`)
    return text
  }
  const bytesOf = (etag: string): Uint8Array => {
    const tag = tags.get(etag)
    if (tag === undefined) throw new Error(`nobody sent anything with the ETag ${etag}`)
    return contents.bytesOf(tag)
  }

  const buckets = await expect(200, client.ask({ method: 'GET' }))
  registers.set(
    wireRegister.bucket(OTHER_BUCKET),
    buckets.includes(`<Name>${OTHER_BUCKET}<`) ? 'there' : undefined,
  )

  const listing = await expect(
    200,
    client.ask({ method: 'GET', bucket: BUCKET, query: { 'list-type': '2', 'max-keys': '1000' } }),
  )
  const listed = new Map<string, string>()
  for (const [, entry = ''] of listing.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
    listed.set(field(entry, 'Key'), `${etagIn(entry)} ${field(entry, 'Size')}`)
  }
  for (const key of listed.keys()) if (!KEYS.includes(key)) throw new Error(`nobody made the object ${key}`)
  for (const key of KEYS) {
    const got = await client.ask({ method: 'GET', bucket: BUCKET, key })
    if (got.status !== 200 && got.status !== 404) throw new Error(`GET ${key}: ${got.status} ${got.text}`)
    const etag = got.status === 200 ? (got.headers['etag'] ?? '').replaceAll('"', '') : undefined
    const looked = etag === undefined ? undefined : `${etag} ${got.bytes.length}`
    if (listed.get(key) !== looked) throw new Error(`${key} is listed as ${listed.get(key)} and is ${looked}`)
    if (etag !== undefined && !got.bytes.equals(bytesOf(etag))) {
      throw new Error(`${key} does not have the bytes of ${etag}`)
    }
    registers.set(wireRegister.object(key), etag)
  }

  const uploads: WireUpload[] = []
  const uploading = await expect(
    200,
    client.ask({ method: 'GET', bucket: BUCKET, query: { uploads: '', 'max-uploads': '1000' } }),
  )
  for (const [, entry = ''] of uploading.matchAll(/<Upload>(.*?)<\/Upload>/gs)) {
    const key = field(entry, 'Key')
    const uploadId = field(entry, 'UploadId')
    const parts = new Map<number, string>()
    const query = { uploadId }
    const answer = await expect(200, client.ask({ method: 'GET', bucket: BUCKET, key, query }))
    for (const [, part = ''] of answer.matchAll(/<Part>(.*?)<\/Part>/gs)) {
      const etag = etagIn(part)
      const size = Number(field(part, 'Size'))
      if (size !== bytesOf(etag).length) throw new Error(`part ${etag} of ${uploadId} has ${size} bytes`)
      const partNumber = Number(field(part, 'PartNumber'))
      registers.set(wireRegister.part(uploadId, partNumber), etag)
      parts.set(partNumber, etag)
    }
    registers.set(wireRegister.upload(uploadId), 'there')
    uploads.push({ key, uploadId, parts })
  }
  return { registers, uploads }
}

function field(text: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? ''
}

function etagIn(text: string): string {
  return field(text, 'ETag').replaceAll('&quot;', '').replaceAll('"', '')
}
