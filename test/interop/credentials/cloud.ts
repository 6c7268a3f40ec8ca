/**
 * The cloud's own addresses, which are fixed in the vendor's library, played on loopback: the metadata of an instance, and STS.
 * A file that Node loads first leads the library's requests there, and lets no connection of the process leave this machine.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Key {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string
}

export interface Cloud {
  readonly port: number
  /** Method, host and path without its parameters, in the order in which they came. */
  readonly requests: readonly string[]
  /** The form that STS was sent last. */
  readonly form: () => URLSearchParams
  close(): void
}

const metadata = '100.100.100.200'
const roles = '/latest/meta-data/ram/security-credentials/'
export const roleName = 'interop-role'

export async function startCloud(key: Key): Promise<Cloud> {
  const requests: string[] = []
  let form = new URLSearchParams()
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += String(piece)
    const host = request.headers['x-asked-host'] ?? ''
    const { pathname } = new URL(request.url ?? '/', 'http://cloud')
    const asked = `${request.method} ${host}${pathname}`
    requests.push(asked)
    const keys = {
      AccessKeyId: key.accessKeyId,
      AccessKeySecret: key.accessKeySecret,
      SecurityToken: key.securityToken,
      Expiration: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z'),
    }
    const isMetadata = host === metadata
    const isTrusted = request.headers['x-aliyun-ecs-metadata-token'] === 'metadata-token'
    if (asked === `PUT ${metadata}/latest/api/token`) response.end('metadata-token')
    else if (isMetadata && !isTrusted) response.writeHead(403).end()
    else if (isMetadata && pathname === roles) response.end(roleName)
    else if (isMetadata && pathname === `${roles}${roleName}`) {
      response.end(JSON.stringify({ Code: 'Success', ...keys }))
    } else if (asked === 'POST sts.cn-hangzhou.aliyuncs.com/') {
      form = new URLSearchParams(body)
      response.end(JSON.stringify({ RequestId: '1', Credentials: keys }))
    } else response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  server.unref()
  const { port } = server.address() as AddressInfo
  return { port, requests, form: () => form, close: () => void server.close() }
}

/** CommonJS, for `node --require`; the library makes its requests by these two modules and no other way. */
export function leadingTo(port: number): string {
  return `
const http = require('node:http')
const https = require('node:https')
const net = require('node:net')
const request = http.request
const isOfCloud = (host) => host === '${metadata}' || /\\.aliyuncs\\.com$/.test(host)
const lead = (options) => request({
  method: options.method,
  path: options.path,
  timeout: options.timeout,
  host: '127.0.0.1',
  port: ${port},
  headers: { ...options.headers, 'x-asked-host': options.host },
})
http.request = (options, ...more) => isOfCloud(options.host) ? lead(options) : request(options, ...more)
https.request = (options) => {
  if (isOfCloud(options.host)) return lead(options)
  throw new Error('no https leaves this test: ' + options.host)
}
const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...given) {
  const [options] = Array.isArray(given[0]) ? given[0] : given
  const host = typeof options === 'object' && options !== null ? options.host : undefined
  if (host !== undefined && !/^(127[.]|::1$|localhost$)/.test(host)) throw new Error('no connection leaves this test: ' + host)
  return connect.apply(this, given)
}
`
}
