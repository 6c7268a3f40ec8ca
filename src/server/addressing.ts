/**
 * Which bucket and key a request means. Clients disagree on how to reach a server that is no aliyuncs.com; some say the
 * bucket in the Host, some in the path, one in both. Where two readings are possible, the signature decides, since it
 * names the bucket and the key.
 */
import { isIP } from 'node:net'
import { percentDecode } from '../protocol/encode.js'
import type { Query } from '../protocol/message.js'

export interface Address {
  /** Absent: the service itself. */
  readonly bucket?: string
  /** Absent: the bucket itself. */
  readonly key?: string
}

export interface Target {
  /** Decoded once; begins with a slash. */
  readonly path: string
  readonly query: Query
}

/** @throws URIError when an escape is broken or the bytes are no UTF-8 */
export function parseTarget(target: string): Target {
  const relative = target.replace(/^https?:\/\/[^/?]*/i, '')
  const mark = relative.indexOf('?')
  const path = percentDecode(mark < 0 ? relative : relative.slice(0, mark))
  return {
    path: path.startsWith('/') ? path : `/${path}`,
    query: mark < 0 ? {} : parseQuery(relative.slice(mark + 1)),
  }
}

/** Clients that encode forms write a space as `+`; a plus itself always comes as `%2B`. */
function parseQuery(text: string): Query {
  const query: Record<string, string> = Object.create(null)
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = equals < 0 ? pair : pair.slice(0, equals)
    const value = equals < 0 ? '' : pair.slice(equals + 1)
    query[decodeQueryText(name)] = decodeQueryText(value)
  }
  return query
}

const decodeQueryText = (text: string): string => percentDecode(text.replaceAll('+', ' '))

/**
 * All readings, the likeliest first; at least one.
 *
 * @param host the Host header, with port where it has one
 * @param baseNames names of this server besides IP addresses and localhost; a bucket may stand before them with a dot
 */
export function addressesOf(host: string, path: string, baseNames: readonly string[]): readonly Address[] {
  const inHost = bucketInHost(hostName(host), baseNames)
  if (inHost === undefined) return [pathStyle(path)]
  if (inHost === '') return [{}]
  const address = { bucket: inHost, ...keyOf(path.slice(1)) }
  // ali-oss with sldEnable and an IP endpoint puts the bucket into both.
  const alsoInPath = path === `/${inHost}` || path.startsWith(`/${inHost}/`)
  return alsoInPath ? [address, pathStyle(path)] : [address]
}

function pathStyle(path: string): Address {
  const slash = path.indexOf('/', 1)
  const bucket = slash < 0 ? path.slice(1) : path.slice(1, slash)
  if (bucket === '') return path === '/' ? {} : { bucket, ...keyOf(path.slice(2)) }
  return slash < 0 ? { bucket } : { bucket, ...keyOf(path.slice(slash + 1)) }
}

function keyOf(key: string): { key?: string } {
  return key === '' ? {} : { key }
}

/** Lower-case, without port. */
function hostName(host: string): string {
  const name = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:[0-9]*$/, '')
  return name.toLowerCase()
}

/** `undefined`: no bucket is said here, look at the path. Empty: the host says that there is none. */
function bucketInHost(name: string, baseNames: readonly string[]): string | undefined {
  if (isIP(name) !== 0) return undefined
  for (const base of ['localhost', ...baseNames.map((each) => each.toLowerCase())]) {
    if (name === base) return undefined
    if (name.endsWith(`.${base}`)) return name.slice(0, -base.length - 1)
  }
  if (!name.endsWith('.aliyuncs.com')) return undefined
  const labels = name.slice(0, -'.aliyuncs.com'.length).split('.')
  // `.oss-cn-hangzhou.aliyuncs.com` is how ali-oss asks for the service; without the dot it is the endpoint itself.
  return labels.length < 2 ? undefined : labels[0]
}
