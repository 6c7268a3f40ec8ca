/**
 * Reads an endpoint: where requests go, how they name the bucket, which region they are signed for, and what the service
 * is called in a checkpoint. Pure; whatever is wrong is said here, before anything is sent.
 */
import { UploadError } from '../../engine/errors.js'

export type Addressing = 'virtual' | 'path'

export interface Endpoint {
  /** `https://host[:port]`, without the bucket. */
  readonly origin: string
  readonly addressing: Addressing
  /** Without `oss-`. Absent when it is not known: signature version 4 then cannot be made. */
  readonly region?: string
  /** Names the service in a target: the region stands for every endpoint on aliyuncs.com, else the origin. */
  readonly service: string
}

export interface EndpointOptions {
  /** `cn-hangzhou` or `oss-cn-hangzhou`; derived from the endpoint where it can be. */
  readonly region?: string | undefined
  /** Default: `path` for IP addresses and localhost, `virtual` otherwise. */
  readonly addressing?: Addressing | undefined
}

/** The region of a server of one's own that was not told another. */
const localRegion = 'cn-hangzhou'

/** @throws UploadError `invalid-argument` */
export function parseEndpoint(text: string, options: EndpointOptions = {}): Endpoint {
  const url = parseUrl(text)
  const host = url.hostname
  const local = isAddress(host) || host === 'localhost'
  const addressing = options.addressing ?? (local ? 'path' : 'virtual')
  if (addressing === 'virtual' && isAddress(host)) {
    throw refuse(
      `The endpoint ${text} is an address, which cannot carry the bucket's name: use path addressing.`,
    )
  }
  const given = options.region === undefined ? undefined : checkedRegion(options.region)
  const cloud = host.endsWith('.aliyuncs.com')
  const own = cloud ? regionOfHost(host, text) : undefined
  if (given && own && given !== own) {
    throw refuse(
      `The endpoint ${text} is in the region ${own}, not in ${given}: give one that fits the other.`,
    )
  }
  const region = given ?? own ?? (local ? localRegion : undefined)
  const service = cloud && region ? region : url.origin
  return { origin: url.origin, addressing, service, ...(region ? { region } : {}) }
}

function parseUrl(text: string): URL {
  // Other tools of this service write the bare host.
  const bare = /^[a-z0-9.-]+\.aliyuncs\.com(:[0-9]+)?$/i.test(text)
  const url = URL.canParse(bare ? `https://${text}` : text)
    ? new URL(bare ? `https://${text}` : text)
    : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw refuse(
      `The endpoint ${JSON.stringify(text)} is not a URL such as https://oss-cn-hangzhou.aliyuncs.com or http://127.0.0.1:9500.`,
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse('The endpoint holds a user name or password: give the access key as credentials.')
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw refuse(`The endpoint ${text} has more than a host: leave out the path, the bucket and the key.`)
  }
  return url
}

function regionOfHost(host: string, text: string): string | undefined {
  if (/^oss-accelerate(-overseas)?\.aliyuncs\.com$/.test(host)) return undefined
  const region =
    /^oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(host)?.[1] ??
    /^([a-z0-9-]+)\.oss\.aliyuncs\.com$/.exec(host)?.[1]
  if (region === undefined && /^[a-z0-9-]+\.oss-[a-z0-9-]+\.aliyuncs\.com$/.test(host)) {
    throw refuse(`The endpoint ${text} seems to begin with a bucket's name: leave it out.`)
  }
  return region
}

function checkedRegion(region: string): string {
  const bare = region.replace(/^oss-/, '')
  if (/^[a-z0-9][a-z0-9-]*$/i.test(bare)) return bare
  throw refuse(`The region ${JSON.stringify(region)} is not one such as cn-hangzhou.`)
}

function isAddress(host: string): boolean {
  return /^[0-9]+(\.[0-9]+){3}$/.test(host) || host.startsWith('[')
}

function refuse(message: string): UploadError {
  return new UploadError('invalid-argument', message)
}
