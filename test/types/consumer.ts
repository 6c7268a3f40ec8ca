/**
 * A user's program, only ever compiled: here against the sources, and by the packaging test, with each door's source
 * replaced by the door's name, against the installed package under every module resolution we promise.
 */
import { Crc64, combineCrc64, crc64 } from '../../src/checksum/index.js'
import { Bucket, pendingUploads, resumableUpload, startUpload, UploadError } from '../../src/index.js'
import { presignV1, presignV4, signV1, signV4 } from '../../src/protocol/signing.js'
import { createServer } from '../../src/server/index.js'

const credentials = { accessKeyId: 'id', accessKeySecret: 'secret' }

export async function upload(signal: AbortSignal): Promise<string> {
  const bucket = new Bucket({
    endpoint: 'https://oss-cn-hangzhou.aliyuncs.com',
    name: 'examplebucket',
    region: 'cn-hangzhou',
    credentials: async () => ({ ...credentials, securityToken: 'token', expiration: new Date(0) }),
  })
  try {
    const result = await resumableUpload(bucket, 'exampledir/object.dat', '/data/local.dat', {
      store: '/var/lib/app/uploads',
      multipartThreshold: 10 * 1024 * 1024,
      partSize: 8 * 1024 * 1024,
      numThreads: 4,
      headers: { 'x-oss-storage-class': 'IA' },
      progressCallback: (consumedBytes, totalBytes) => consumedBytes / totalBytes,
      onEvent: (event) => event.type,
      verify: 'changed',
      retry: { noProgressForMs: Number.POSITIVE_INFINITY },
      signal,
    })
    const kept: number = result.parts.kept + result.bytes.kept
    return `${result.bucket} ${result.key} ${result.size} ${result.etag} ${result.crc64} ${kept}`
  } catch (error) {
    if (error instanceof UploadError && error.code === 'locked') return error.message
    throw error
  }
}

export async function control(bucket: Bucket): Promise<number> {
  const running = startUpload(bucket, 'key', 'file')
  running.pause()
  running.resume()
  const { kind, waiting } = running.state()
  if (kind === 'waiting') for (const { operation, since, until } of waiting) operation.at(since - until)
  await running.discard()
  await running.done
  return (await pendingUploads('/var/lib/app/uploads')).length
}

export function checksums(a: Uint8Array, b: Uint8Array): boolean {
  const whole: bigint = combineCrc64(crc64(a), crc64(b), b.length)
  const streaming = new Crc64()
  streaming.update(a)
  streaming.update(b)
  return whole === crc64(b, crc64(a))
}

export function signatures(date: Date): readonly unknown[] {
  const asked = { method: 'GET', bucket: 'b', key: 'k', query: { acl: undefined }, credentials }
  return [
    signV1({ ...asked, headers: { date: date.toUTCString() } }).authorization,
    presignV1({ ...asked, expires: 1 }).query,
    signV4({ ...asked, headers: {}, region: 'cn-hangzhou', date }).headers,
    presignV4({ ...asked, region: 'cn-hangzhou', date, expiresSeconds: 60 }).signature,
  ]
}

export const server: unknown = createServer
