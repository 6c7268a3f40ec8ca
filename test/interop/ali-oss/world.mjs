/** What a test of ali-oss has: a client, a bucket of its own, and a folder. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OSS from 'ali-oss'

const { OSS_ENDPOINT, OSS_REGION, OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_SIGNATURE_VERSION } =
  process.env

export const PART = 100 * 1024
export const endpoint = OSS_ENDPOINT
export const signature = OSS_SIGNATURE_VERSION

/** ali-oss itself takes the control characters that other clients send out of a key, or sends them raw. */
export const AWKWARD_KEYS = [
  'plain',
  'dir/a b+c',
  'dir/%2F?&=#',
  'dir/中文 ü',
  '😀',
  'a//b/',
  `quote'"<>&`,
  'x'.repeat(1023),
]

export function createClient(options = {}) {
  return new OSS({
    region: `oss-${OSS_REGION}`,
    endpoint: OSS_ENDPOINT,
    accessKeyId: OSS_ACCESS_KEY_ID,
    accessKeySecret: OSS_ACCESS_KEY_SECRET,
    authorizationV4: OSS_SIGNATURE_VERSION === 'v4',
    sldEnable: true,
    retryMax: 0,
    timeout: 60_000,
    ...options,
  })
}

export async function createWorld(name) {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-ali-oss-'))
  const client = createClient()
  await client.putBucket(name)
  client.useBucket(name)
  return {
    name,
    folder,
    client,
    file(bytes, as = 'local.dat') {
      const path = join(folder, as)
      writeFileSync(path, bytes)
      return path
    },
    async bytes(key) {
      return (await client.get(key)).content
    },
    async keys(query = {}) {
      const names = []
      let token
      do {
        const page = await client.listV2({
          'max-keys': 100,
          ...query,
          ...(token && { 'continuation-token': token }),
        })
        names.push(...(page.objects ?? []).map((object) => object.name))
        token = page.isTruncated ? page.nextContinuationToken : undefined
      } while (token)
      return names
    },
    async close() {
      const { uploads } = await client.listUploads({ 'max-uploads': 1000 })
      for (const upload of uploads) await client.abortMultipartUpload(upload.name, upload.uploadId)
      for (const key of await this.keys()) await client.delete(key)
      await client.deleteBucket(name)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** How the service's own templates name a value. */
export const variable = (name) => `$\{${name}}`

export const inByteOrder = (names) =>
  [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

/** The call has to be refused so. */
export async function refused(promise, status, code) {
  await assert.rejects(promise, (error) => {
    assert.deepEqual([error.status, error.code], [status, code], error.message)
    return true
  })
}
