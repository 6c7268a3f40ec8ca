/** Puts small objects into a server, by signed requests of its own: for tests of what reads and removes them. */
import { formatHttpDate } from '../../src/protocol/dates.js'
import { percentEncodePath } from '../../src/protocol/encode.js'
import { signV1 } from '../../src/protocol/signing.js'
import type { Server } from '../../src/server/index.js'

export async function putObjects(
  { server }: { readonly server: Server },
  keys: readonly string[],
  { body = 'hello', headers = {} }: { body?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const { endpoint, accessKeyId, accessKeySecret } = server
  const bucket = 'examplebucket'
  for (const key of keys) {
    const all = { 'content-type': 'application/octet-stream', ...headers, date: formatHttpDate(Date.now()) }
    const { authorization } = signV1({
      method: 'PUT',
      bucket,
      key,
      query: {},
      headers: all,
      credentials: { accessKeyId, accessKeySecret },
    })
    const answer = await fetch(`${endpoint}/${bucket}/${percentEncodePath(key)}`, {
      method: 'PUT',
      headers: { ...all, authorization },
      body,
    })
    if (answer.status !== 200) throw new Error(`${key}: ${answer.status} ${await answer.text()}`)
  }
}
