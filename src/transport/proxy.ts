/**
 * Which proxy a request goes through, if any: read from a URL, or from the environment as other tools read it. The password
 * in a proxy's URL is never repeated in a message.
 */
import { BlockList, isIP } from 'node:net'
import { UploadError } from '../engine/errors.js'

export interface HttpProxy {
  /** Reached over TLS. */
  readonly secure: boolean
  readonly host: string
  readonly port: number
  /** For the `Proxy-Authorization` header. */
  readonly authorization?: string
  /** For messages: scheme, host and port alone. */
  readonly name: string
}

/** `undefined`: straight to the origin. */
export type ProxyChoice = (origin: string) => HttpProxy | undefined

type Variables = Readonly<Record<string, string | undefined>>

/** @throws UploadError `invalid-argument` for what is no proxy's URL */
export function parseProxy(text: string): HttpProxy {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(whole) ? new URL(whole) : undefined
  if (url === undefined || url.hostname === '') {
    throw refuse('The proxy is no URL such as http://proxy.example:3128.')
  }
  if (!/^https?:$/.test(url.protocol)) {
    throw refuse(
      `A proxy of the kind ${url.protocol.slice(0, -1)} is not supported: give one that speaks HTTP, such as http://proxy.example:3128.`,
    )
  }
  const secure = url.protocol === 'https:'
  const { username, password } = url
  return {
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (secure ? 443 : 80)),
    name: url.origin,
    ...(username === '' && password === '' ? {} : { authorization: basic(username, password) }),
  }
}

function basic(username: string, password: string): string {
  const pair = `${decoded(username)}:${decoded(password)}`
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that stands for itself.
    return text
  }
}

/** Every origin through this one. */
export function alwaysProxy(text: string): ProxyChoice {
  const proxy = parseProxy(text)
  return () => proxy
}

/**
 * `HTTPS_PROXY` for https, `HTTP_PROXY` for http, else `ALL_PROXY`, but not for what `NO_PROXY` names; each in lower case
 * too, which goes first. This machine itself is never reached through a proxy of the environment.
 */
export function proxyFromEnvironment(environment: Variables): ProxyChoice {
  const exempt = readExemptions(variable(environment, 'no_proxy') ?? '')
  return (origin) => {
    const { protocol, hostname, port } = new URL(origin)
    const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
    const given = protocol === 'https:' ? variable(environment, 'https_proxy') : plainHttpProxy(environment)
    const text = given ?? variable(environment, 'all_proxy')
    if (text === undefined || isThisMachine(host)) return undefined
    const isExempt = exempt({ host, port: Number(port || (protocol === 'https:' ? 443 : 80)) })
    return isExempt ? undefined : parseProxy(text)
  }
}

/** A web server hands a request's `Proxy` header to its scripts as HTTP_PROXY, so there anybody could set it. */
function plainHttpProxy(environment: Variables): string | undefined {
  if (environment['REQUEST_METHOD'] !== undefined) return environment['http_proxy'] || undefined
  return variable(environment, 'http_proxy')
}

/** An empty variable is as good as none. */
function variable(environment: Variables, name: string): string | undefined {
  return environment[name] || environment[name.toUpperCase()] || undefined
}

interface Place {
  readonly host: string
  readonly port: number
}

/** Hosts with all below them, addresses, networks such as 10.0.0.0/8, each with a port or without; `*` is everything. */
function readExemptions(list: string): (place: Place) => boolean {
  const tests = list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(readExemption)
  return (place) => tests.some((test) => test(place))
}

function readExemption(entry: string): (place: Place) => boolean {
  if (entry === '*') return () => true
  const network = /^([0-9a-f.:]+)\/([0-9]+)$/i.exec(entry)
  if (network !== null) return insideNetwork(network[1] ?? '', Number(network[2]))
  const { name, port } = splitPort(entry.toLowerCase())
  const bare = name.replace(/^\*?\./, '').replace(/\.$/, '')
  return (place) =>
    (port === undefined || port === place.port) && (place.host === bare || place.host.endsWith(`.${bare}`))
}

function splitPort(entry: string): { readonly name: string; readonly port?: number } {
  if (isIP(entry) !== 0) return { name: entry }
  const [, name = entry, port] = /^(.*?)(?::([0-9]+))?$/.exec(entry) ?? []
  const plain = name.replace(/^\[|\]$/g, '')
  return port === undefined ? { name: plain } : { name: plain, port: Number(port) }
}

function insideNetwork(address: string, prefix: number): (place: Place) => boolean {
  const family = isIP(address)
  if (family === 0 || prefix > (family === 4 ? 32 : 128)) return () => false
  const kind = (version: number) => (version === 4 ? 'ipv4' : 'ipv6')
  const networks = new BlockList()
  networks.addSubnet(address, prefix, kind(family))
  return ({ host }) => isIP(host) !== 0 && networks.check(host, kind(isIP(host)))
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.[0-9]+){3}$/.test(host)
}

function refuse(message: string): UploadError {
  return new UploadError('invalid-argument', message)
}
