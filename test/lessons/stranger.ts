/** What somebody else does to an upload of ours: signed requests that no adapter of ours makes. */
import assert from 'node:assert/strict'
import { signV4 } from '../../src/protocol/signing.js'
import type { World } from '../library/world.js'

/** Stores a part in an unfinished upload of the key `k`. */
export async function storePart(
  { server }: World,
  uploadId: string,
  part: { readonly partNumber: number; readonly bytes: Uint8Array },
): Promise<void> {
  const query = { partNumber: String(part.partNumber), uploadId }
  const headers = { host: new URL(server.endpoint).host }
  const signed = signV4({
    method: 'PUT',
    bucket: 'examplebucket',
    key: 'k',
    query,
    headers,
    credentials: { accessKeyId: server.accessKeyId, accessKeySecret: server.accessKeySecret },
    region: server.region,
    date: new Date(),
  })
  const url = `${server.endpoint}/examplebucket/k?${new URLSearchParams(query)}`
  const { status } = await fetch(url, {
    method: 'PUT',
    headers: { ...signed.headers, authorization: signed.authorization },
    body: Buffer.from(part.bytes),
  })
  assert.equal(status, 200)
}
