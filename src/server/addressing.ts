/**
 * Which bucket and key a request means. Clients disagree on how to reach a server that is no aliyuncs.com; some say the
 * bucket in the Host, some in the path, one in both. Where two readings are possible, the signature decides, since it
 * names the bucket and the key.
 */
import { isIP } from 'node:net'
import { formDecode, percentDecode } from '../protocol/encode.js'
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
    query[formDecode(name)] = formDecode(value)
  }
  return query
}

/** By which hosts this server is known. */
export interface HostNames {
  /** Besides IP addresses and localhost; a bucket may stand before them with a dot. */
  readonly baseNames: readonly string[]
  /** Custom domains: each host means one bucket, and its path the key alone. Names as `hostName` gives them. */
  readonly domains?: ReadonlyMap<string, string>
}

/** What a Host says of the bucket. */
export type HostMeaning =
  /** Nothing: look at the path. */
  | { readonly kind: 'path' }
  /** That there is none. */
  | { readonly kind: 'service' }
  | {
      readonly kind: 'bucket'
      readonly bucket: string
      /** The region of an aliyuncs host, where it names one. */
      readonly region?: string
    }

/** @param host the Host header, with port where it has one */
export function meaningOfHost(host: string, names: HostNames): HostMeaning {
  const name = hostName(host)
  const bucket = names.domains?.get(name)
  if (bucket !== undefined) return { kind: 'bucket', bucket }
  if (isIP(name) !== 0) return { kind: 'path' }
  const bases = ['localhost', ...names.baseNames.map(hostName)]
  if (bases.includes(name)) return { kind: 'path' }
  // `a.oss.test` may be a name of this server as well as `oss.test`: the longest that fits is meant.
  const base = bases.filter((each) => name.endsWith(`.${each}`)).sort((a, b) => b.length - a.length)[0]
  if (base !== undefined) return { kind: 'bucket', bucket: name.slice(0, -base.length - 1) }
  return name.endsWith(ALIYUNCS) ? meaningOfAliyuncs(name.slice(0, -ALIYUNCS.length)) : { kind: 'path' }
}

/** All readings, the likeliest first; at least one. */
export function addressesOf(meaning: HostMeaning, path: string): readonly Address[] {
  if (meaning.kind === 'path') return [pathStyle(path)]
  if (meaning.kind === 'service') return [{}]
  const { bucket } = meaning
  const address = { bucket, ...keyOf(path.slice(1)) }
  // ali-oss with sldEnable and an IP endpoint puts the bucket into both.
  const alsoInPath = path === `/${bucket}` || path.startsWith(`/${bucket}/`)
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

/** Lower-case, without port, brackets and the dot that may stand at the end of a full name. */
export function hostName(host: string): string {
  const name = host.startsWith('[') ? host.slice(1).split(']', 1)[0] : host.replace(/:[0-9]*$/, '')
  return (name ?? '').replace(/\.$/, '').toLowerCase()
}

const ALIYUNCS = '.aliyuncs.com'
/** Such as `cn-hangzhou.oss`: the dual-stack endpoints. */
const DUAL_STACK = /^(?:(.*)\.)?((?:cn|us|eu|ap|me|na|sa|af)-[a-z]+[a-z0-9-]*)\.oss$/
const ENDPOINT = /^(?:(.*)\.)?(?:oss-)?([a-z0-9-]+)$/

/** @param labels what stands before `.aliyuncs.com`: an endpoint's label, a bucket before it or not */
function meaningOfAliyuncs(labels: string): HostMeaning {
  const [, bucket, endpoint = ''] = DUAL_STACK.exec(labels) ?? ENDPOINT.exec(labels) ?? []
  if (bucket === undefined) return { kind: 'path' }
  // `.oss-cn-hangzhou.aliyuncs.com` is how ali-oss asks for the service; without the dot it is the endpoint itself.
  if (bucket === '') return { kind: 'service' }
  const region = endpoint.replace(/-internal$/, '')
  const namesRegion = region !== 'oss' && !region.startsWith('accelerate')
  return { kind: 'bucket', bucket, ...(namesRegion ? { region } : {}) }
}
