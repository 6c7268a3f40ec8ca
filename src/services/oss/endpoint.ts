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
      `The endpoint ${url.origin} is an address, which cannot carry the bucket's name: use path addressing.`,
    )
  }
  const given = options.region === undefined ? undefined : checkedRegion(options.region)
  const cloud = host.endsWith('.aliyuncs.com')
  const own = cloud ? regionOfHost(host) : undefined
  if (given && own && given !== own) {
    throw refuse(
      `The endpoint ${url.origin} is in the region ${own}, not in ${given}: give one that fits the other.`,
    )
  }
  const region = given ?? own ?? (local ? localRegion : undefined)
  const service = cloud && region ? region : url.origin
  return { origin: url.origin, addressing, service, ...(region ? { region } : {}) }
}

/** What is pasted may hold a secret (a password, a signed query): no message repeats more of it than is known to hold none. */
function parseUrl(given: string): URL {
  const text = typeof given === 'string' ? given.trim() : ''
  if (text.includes('@')) {
    throw refuse('The endpoint holds a user name or password: give the access key as credentials.')
  }
  // Other tools of this service write the bare host.
  const bare = /^[a-z0-9.-]+\.aliyuncs\.com\.?(:[0-9]+)?\/?$/i.test(text)
  const whole = bare ? `https://${text}` : text
  const url = URL.canParse(whole) ? new URL(whole) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    const shown =
      typeof given === 'string' ? JSON.stringify(text.replace(/\?.*$/s, '?…').slice(0, 100)) : 'given'
    throw refuse(
      `The endpoint ${shown} is not a URL such as https://oss-cn-hangzhou.aliyuncs.com or http://127.0.0.1:9500.`,
    )
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw refuse(
      `The endpoint has more than a host: leave out the path, the bucket and the key, so that it is ${url.origin}.`,
    )
  }
  // The dot that ends a full name is no part of what certificates and servers call themselves.
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1)
  return url
}

function regionOfHost(host: string): string | undefined {
  if (/^oss-accelerate(-overseas)?\.aliyuncs\.com$/.test(host)) return undefined
  const region =
    /^oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(host)?.[1] ??
    /^([a-z0-9-]+)\.oss\.aliyuncs\.com$/.exec(host)?.[1]
  if (region === undefined && /^[a-z0-9-]+\.oss-[a-z0-9-]+\.aliyuncs\.com$/.test(host)) {
    throw refuse(`The endpoint ${host} seems to begin with a bucket's name: leave it out.`)
  }
  return region
}

function checkedRegion(region: string): string {
  const bare = String(region).trim().toLowerCase().replace(/^oss-/, '')
  if (/^[a-z0-9][a-z0-9-]*$/.test(bare)) return bare
  throw refuse(`The region ${JSON.stringify(region)} is not one such as cn-hangzhou.`)
}

function isAddress(host: string): boolean {
  return /^[0-9]+(\.[0-9]+){3}$/.test(host) || host.startsWith('[')
}

function refuse(message: string): UploadError {
  return new UploadError('invalid-argument', message)
}
