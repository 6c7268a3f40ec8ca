/** The way to the service: its name, the connection, whether OSS is at its end, the clock, and how long an answer takes. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { parseHttpDate } from '../protocol/dates.js'
import { type HttpResponse, type Transport, TransportError } from '../protocol/message.js'
import { type Finding, failed, fine, skipped, warned } from './findings.js'
import type { Network } from './network.js'

interface Way {
  readonly origin: string
  readonly network: Network
  readonly transport: Transport
  readonly signal: AbortSignal
  readonly measure: boolean
}

/** OSS refuses requests that are dated further off than this, in milliseconds. */
const mostSkewMs = 15 * 60_000
/** From here on it is worth a word. */
const worthTellingMs = 60_000
const latencyTrials = 5

/** Returns whether it is worth going on. */
export async function* diagnoseService(way: Way): AsyncGenerator<Finding, boolean, undefined> {
  const { origin, network } = way
  const { hostname, protocol } = new URL(origin)
  const proxy = network.proxyFor?.(origin)
  if (proxy !== undefined) yield skipped('name lookup', `the proxy ${proxy.name} looks names up`)
  else if (isIP(hostname.replace(/^\[|\]$/g, '')) === 0) {
    const found = await lookUp(hostname)
    yield found
    if (found.state === 'failed') return false
  }
  const startMs = performance.now()
  let answer: HttpResponse
  try {
    answer = await ask(way)
  } catch (error) {
    if (way.signal.aborted || !(error instanceof TransportError)) throw error
    yield connectionFailure(origin, error)
    return false
  }
  const tookMs = Math.round(performance.now() - startMs)
  const through = proxy === undefined ? '' : ` through the proxy ${proxy.name}`
  const safety = protocol === 'https:' ? 'encrypted, its certificate is in order' : 'not encrypted'
  const told = `${origin} answered after ${tookMs} ms${through}`
  yield network.insecure === true && protocol === 'https:'
    ? warned(
        'connection',
        `${told}; its certificate was not checked`,
        'Give --ca-file instead of --insecure.',
      )
    : fine('connection', `${told}, ${safety}`)
  if (answer.headers['x-oss-request-id'] === undefined) {
    yield failed('service', {
      code: 'invalid-argument',
      message: `what answers at ${origin} is not OSS (status ${answer.status}, server ${answer.headers['server'] ?? 'not told'})`,
      advice: 'Check the endpoint; a page for signing in to the network also looks like this.',
    })
    return false
  }
  yield fine('service', `it speaks OSS (server ${answer.headers['server'] ?? 'not told'})`)
  yield clockFinding(answer.headers['date'])
  if (way.measure) yield await latencyFinding(way)
  return true
}

async function lookUp(hostname: string): Promise<Finding> {
  try {
    const found = await lookup(hostname, { all: true })
    const addresses = found.map(({ address }) => address)
    const more = addresses.length > 3 ? ` and ${addresses.length - 3} more` : ''
    return fine('name lookup', `${hostname} is ${addresses.slice(0, 3).join(', ')}${more}`)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    return failed('name lookup', {
      code: 'interrupted',
      message: `the name ${hostname} can't be looked up (${code})`,
      advice: 'Check the endpoint and the region, then the network.',
    })
  }
}

/** Unsigned: what matters is who answers, and any answer tells. */
async function ask({ origin, transport, signal }: Way): Promise<HttpResponse> {
  const headers = { host: new URL(origin).host, 'accept-encoding': 'identity' }
  const response = await transport({ method: 'GET', origin, target: '/', headers }, { signal })
  response.body.discard()
  return response
}

function connectionFailure(origin: string, error: TransportError): Finding {
  const isRefused = error.failure === 'refused' || error.failure === 'untrusted'
  return failed('connection', {
    code: isRefused ? 'denied' : 'interrupted',
    message: error.message.replace(/\.$/, ''),
    ...adviceFor(origin, error),
  })
}

function adviceFor(origin: string, error: TransportError): { readonly advice?: string } {
  const { code = '', message } = causeOf(error)
  // These say themselves what to do.
  if (['refused', 'untrusted', 'no-such-host'].includes(error.failure)) return {}
  if (code === 'ECONNREFUSED')
    return { advice: 'Nothing listens there: check the host and the port of the endpoint.' }
  if (code === 'EPROTO' || /wrong version number/i.test(message)) {
    return { advice: `Does it speak ${origin.startsWith('https:') ? 'http' : 'https'} instead?` }
  }
  return { advice: 'Check the endpoint, the network, and whether a proxy is needed (HTTPS_PROXY).' }
}

function causeOf(error: TransportError): NodeJS.ErrnoException {
  return error.cause instanceof Error ? error.cause : error
}

function clockFinding(date: string | undefined): Finding {
  const serviceTime = parseHttpDate(date ?? '')
  if (serviceTime === undefined)
    return warned('clock', 'the answer has no Date', 'Is something between here and the service?')
  const skewMs = Date.now() - serviceTime
  const size = Math.abs(skewMs)
  if (size < worthTellingMs) return fine('clock', 'this machine and the service agree within a minute')
  const minutes = Math.round(size / 60_000)
  const told = `this machine's clock is ${minutes} min ${skewMs > 0 ? 'ahead of' : 'behind'} the service's`
  return warned(
    'clock',
    size > mostSkewMs ? `${told}; uploads correct for that, other programs are refused` : told,
    'Set the clock.',
  )
}

async function latencyFinding(way: Way): Promise<Finding> {
  const times: number[] = []
  try {
    for (let trial = 0; trial < latencyTrials; trial += 1) {
      const startMs = performance.now()
      await ask(way)
      times.push(performance.now() - startMs)
    }
  } catch (error) {
    if (way.signal.aborted || !(error instanceof TransportError)) throw error
    return warned(
      'latency',
      `the line broke while it was measured: ${error.message}`,
      'Try again; uploads go on after this.',
    )
  }
  const sorted = times.toSorted((one, other) => one - other)
  const [least = 0] = sorted
  const median = sorted[Math.floor(latencyTrials / 2)] ?? 0
  return fine(
    'latency',
    `${median.toFixed(1)} ms to an answer, the shortest ${least.toFixed(1)} ms, of ${latencyTrials}`,
  )
}
