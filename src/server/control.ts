/**
 * Faults and the request log over HTTP, for programs that run the server as a process of its own. Not signed, so off
 * unless asked for, and for programs of this machine alone. No bucket can have the name that these paths begin with.
 *
 * `POST /_longhaul/faults` adds a rule or a list of them, `DELETE` removes all; `GET /_longhaul/requests` lists the
 * requests, `DELETE` forgets them.
 */
import { isIP } from 'node:net'
import { hostName } from './addressing.js'
import { CALLBACK_AGENT } from './callback-sender.js'
import type { Handler, ServerRequest, ServerResponse } from './exchange.js'
import type { FaultRule, Faults } from './faults.js'
import type { RequestLog } from './request-log.js'

const MAX_BODY_SIZE = 1024 * 1024

export function withControl(handler: Handler, controls: { faults: Faults; log: RequestLog }): Handler {
  return async (request) => {
    const path = request.target.replace(/\?.*$/s, '')
    if (!path.startsWith('/_longhaul/')) return handler(request)
    if (!isFromHere(request)) return json(403, { error: 'This is for programs of this machine alone.' })
    // Who may only upload could have a callback sent here.
    if (request.headers['user-agent'] === CALLBACK_AGENT) return json(403, { error: 'Not by callback.' })
    switch (`${request.method} ${path}`) {
      case 'POST /_longhaul/faults':
        return addFaults(request, controls.faults)
      case 'DELETE /_longhaul/faults':
        controls.faults.clear()
        return json(200, {})
      case 'GET /_longhaul/requests':
        return json(200, controls.log.entries())
      case 'DELETE /_longhaul/requests':
        controls.log.clear()
        return json(200, {})
      default:
        return json(404, { error: `There is no ${request.method} ${path}.` })
    }
  }
}

/**
 * The server may listen for the whole network; this stays with its machine. And a page of another site, whose name was
 * made to lead here, has that name in its Host.
 */
function isFromHere({ peer, headers }: ServerRequest): boolean {
  const host = hostName(headers['host'] ?? '')
  const isOurName = isIP(host) !== 0 || host === 'localhost' || host.endsWith('.localhost')
  return isOurName && (peer === undefined || isLoopback(peer))
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}

async function addFaults(request: ServerRequest, faults: Faults): Promise<ServerResponse> {
  // A page of another site can make a browser post a form here, but not JSON.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return json(415, { error: 'The content type must be application/json.' })
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.length
    if (size > MAX_BODY_SIZE) return json(413, { error: 'Too many rules.' })
    chunks.push(chunk)
  }
  try {
    const asked: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    const rules = (Array.isArray(asked) ? asked : [asked]) as FaultRule[]
    faults.add(...rules)
    return json(200, { added: rules.length })
  } catch (error) {
    return json(400, { error: error instanceof Error ? error.message : String(error) })
  }
}

function json(status: number, value: unknown): ServerResponse {
  const body = Buffer.from(JSON.stringify(value), 'utf8')
  return {
    status,
    headers: { 'content-type': 'application/json', 'content-length': String(body.length) },
    body,
  }
}
