/** A bucket of OSS, real or embedded, as the world that the object service contract runs in. */
import { Bucket, type BucketOptions } from '../../src/index.js'
import type { ServiceWorld } from '../../src/testing/object-service.js'
import { createNodeTransport } from '../../src/transport/node.js'

/** Where to run, without the keys: as JSON it passes between processes. */
export interface Place {
  readonly endpoint: string
  readonly bucket: string
  readonly region?: string | undefined
  readonly signatureVersion?: BucketOptions['signatureVersion']
  /** Everything that is made has a key that begins with it; ends in a slash. */
  readonly prefix: string
}

/** @throws UploadError `invalid-argument`, as `Bucket` does */
export function bucketAt(place: Place, credentials: BucketOptions['credentials']): Bucket {
  const { endpoint, bucket: name, region, signatureVersion } = place
  return new Bucket({ endpoint, name, region, signatureVersion, credentials })
}

/** The keys of the environment, under the names that OSS tools share. */
export function keysOfEnvironment(): Exclude<BucketOptions['credentials'], () => unknown> {
  const { OSS_ACCESS_KEY_ID = '', OSS_ACCESS_KEY_SECRET = '', OSS_SESSION_TOKEN } = process.env
  return {
    accessKeyId: OSS_ACCESS_KEY_ID,
    accessKeySecret: OSS_ACCESS_KEY_SECRET,
    ...(OSS_SESSION_TOKEN ? { securityToken: OSS_SESSION_TOKEN } : {}),
  }
}

export function openOssWorld(bucket: Bucket, prefix: string): ServiceWorld {
  const { transport, close } = createNodeTransport({ maxSockets: 4 })
  const client = bucket.clientOver(transport)
  return {
    service: bucket.serviceOver(transport),
    prefix,
    forbidOverwrite: { 'x-oss-forbid-overwrite': 'true' },
    removeObject: (key) => client.deleteObject(key, { signal: new AbortController().signal }),
    close,
  }
}
