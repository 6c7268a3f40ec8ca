/** A bucket as a caller names it: where it is, and with whose key. Nothing is sent until something is asked of it. */
import { UploadError } from '../engine/errors.js'
import type { ObjectService } from '../engine/ports.js'
import type { Transport } from '../protocol/message.js'
import { type BucketClient, createBucketClient } from '../services/bucket-client.js'
import {
  type CredentialsProvider,
  type CredentialsSource,
  createCredentials,
} from '../services/credentials.js'
import { type Addressing, type Endpoint, parseEndpoint } from '../services/oss/endpoint.js'
import { checkBucketName } from '../services/oss/names.js'
import { createOssService } from '../services/oss/oss.js'
import { type OssOptions, placeOf } from '../services/oss/requests.js'
import { createServiceClient, type ServiceClient } from '../services/service-client.js'
import { type Network, type NetworkOptions, networkOf } from './network.js'
import { createNodeRuntime } from './runtime.js'
import type { WorkerSetting } from './workers/messages.js'

export interface BucketOptions extends NetworkOptions {
  /** Such as `https://oss-cn-hangzhou.aliyuncs.com`, or `http://127.0.0.1:9500` for the embedded server. */
  readonly endpoint: string
  /** The bucket's name: 3 to 63 of a-z, 0-9 and `-`. */
  readonly name: string
  /** Such as `cn-hangzhou`. Derived from endpoints on aliyuncs.com; `cn-hangzhou` for IP addresses and localhost. */
  readonly region?: string | undefined
  /**
   * The key to sign with, or a function that returns one and is asked again before it expires. Give the key of a RAM user
   * or temporary credentials from STS, never the account's own.
   */
  readonly credentials: CredentialsSource
  /** Default `v4`. */
  readonly signatureVersion?: 'v1' | 'v4' | undefined
  /** Whether the bucket's name goes into the host or the path. Default: the host, but the path for IP addresses and localhost. */
  readonly addressing?: Addressing | undefined
}

export class Bucket {
  readonly name: string
  readonly endpoint: string
  /** `undefined` where neither the endpoint nor the options tell it. */
  readonly region: string | undefined
  /** What the service is called in a checkpoint: the region on aliyuncs.com, else the endpoint's origin. */
  readonly service: string
  /** @internal Where requests for the bucket go. */
  readonly origin: string
  readonly #network: Network
  readonly #options: BucketOptions
  readonly #credentials: CredentialsProvider

  /** @throws UploadError `invalid-argument` for a wrong endpoint, region, name or key */
  constructor(options: BucketOptions) {
    const endpoint: Endpoint = parseEndpoint(options.endpoint, options)
    checkBucketName(options.name)
    if (endpoint.region === undefined && options.signatureVersion !== 'v1') {
      throw new UploadError(
        'invalid-argument',
        `The region of ${options.endpoint} can't be told from its name: give it, such as region: 'cn-hangzhou' (--region cn-hangzhou).`,
      )
    }
    this.name = options.name
    this.endpoint = endpoint.origin
    this.region = endpoint.region
    this.service = endpoint.service
    this.#network = networkOf(options)
    this.origin = placeOf(endpoint, options.name).origin
    this.#options = options
    this.#credentials = createCredentials(options.credentials, createNodeRuntime())
  }

  /**
   * The bucket of this name, with everything else from the environment: `OSS_ENDPOINT` (or `OSS_REGION`),
   * `OSS_ACCESS_KEY_ID`, `OSS_ACCESS_KEY_SECRET`, `OSS_SESSION_TOKEN`; and the proxy that this process's
   * own environment names, if any.
   *
   * @throws UploadError `invalid-argument`, naming the variable that is missing
   */
  static fromEnvironment(name: string, environment: NodeJS.ProcessEnv = process.env): Bucket {
    const region = environment['OSS_REGION'] || undefined
    const endpoint =
      environment['OSS_ENDPOINT'] || (region === undefined ? undefined : endpointOfService(region))
    const accessKeyId = environment['OSS_ACCESS_KEY_ID']
    const accessKeySecret = environment['OSS_ACCESS_KEY_SECRET']
    const securityToken = environment['OSS_SESSION_TOKEN'] || undefined
    if (!endpoint) throw missing('OSS_ENDPOINT (or OSS_REGION)')
    if (!accessKeyId) throw missing('OSS_ACCESS_KEY_ID')
    if (!accessKeySecret) throw missing('OSS_ACCESS_KEY_SECRET')
    const credentials = {
      accessKeyId,
      accessKeySecret,
      ...(securityToken === undefined ? {} : { securityToken }),
    }
    return new Bucket({ endpoint, name, region, credentials, proxy: 'environment' })
  }

  // Whoever prints a bucket, as in a log, must find neither key nor proxy: so these are no properties of its own.

  /** @internal The way to the service. */
  get network(): Network {
    return this.#network
  }

  /** @internal As they were given. */
  get credentialsSource(): CredentialsSource {
    return this.#options.credentials
  }

  /** @internal The engine's view of this bucket over a transport. */
  serviceOver(transport: Transport): ObjectService {
    return createOssService(this.#ossOptions(transport))
  }

  /** @internal The same for requests that are only looked at: no key is asked for, and none is in them. */
  sketchOver(transport: Transport): ObjectService {
    const credentials = createCredentials(
      { accessKeyId: 'none', accessKeySecret: 'none' },
      createNodeRuntime(),
    )
    return createOssService({ ...this.#ossOptions(transport), credentials })
  }

  /** @internal Everything but uploading, over a transport. */
  clientOver(transport: Transport): BucketClient {
    return createBucketClient(this.#ossOptions(transport))
  }

  /** @internal What a worker thread needs to send parts to this bucket. The keys stay here, to be asked for. */
  forWorkers(): {
    readonly setting: Pick<WorkerSetting, 'service' | 'network'>
    readonly credentials: CredentialsProvider
  } {
    const { proxy, ca, insecure } = this.#options
    return {
      setting: { service: this.#place(), network: { proxy, ca, insecure } },
      credentials: this.#credentials,
    }
  }

  #place(): WorkerSetting['service'] {
    const { region, signatureVersion, addressing } = this.#options
    return { endpoint: this.endpoint, bucket: this.name, region, signatureVersion, addressing }
  }

  #ossOptions(transport: Transport): OssOptions {
    return {
      ...this.#place(),
      credentials: this.#credentials,
      transport,
      clock: createNodeRuntime(),
    }
  }
}

/** A service as a caller names it: everything of a bucket but its name. */
export type ServiceOptions = Omit<BucketOptions, 'name'>

/** What can be asked of a service without naming a bucket. @throws UploadError as `Bucket` does */
export function serviceClientOver(options: ServiceOptions, transport: Transport): ServiceClient {
  const clock = createNodeRuntime()
  return createServiceClient({
    ...options,
    credentials: createCredentials(options.credentials, clock),
    transport,
    clock,
  })
}

function missing(variable: string): UploadError {
  return new UploadError(
    'invalid-argument',
    `A bucket given by its name alone takes the rest from the environment, and ${variable} is not set.`,
  )
}

/** An endpoint for what a checkpoint calls a service: a region's public endpoint, or the origin itself. */
export function endpointOfService(service: string): string {
  if (/^https?:\/\//.test(service)) return service
  return `https://oss-${service.replace(/^oss-/, '')}.aliyuncs.com`
}
