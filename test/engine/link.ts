/**
 * A long link in virtual time, as its senders see it: so many bytes a second in all, so many per connection, a round trip
 * to wait for each answer, and losses that slow each connection down. Luck comes from a seed.
 */
import type { FailureMeaning } from '../../src/engine/errors.js'
import { createLuck } from '../simulation/world.js'

export interface Link {
  readonly name: string
  readonly bytesPerSecond: number
  readonly roundTripMs: number
  /** Share of the packets that are lost. */
  readonly loss: number
  /** What one connection may carry, as some services limit it. */
  readonly mostPerConnection: number
  /** From so many requests at once on, the service refuses the newest. */
  readonly refusesFrom?: number
}

/** Whoever decides how many parts are in flight. */
export interface Decider {
  readonly numThreads: number
  sent(what: { readonly bytes: number; readonly inFlight: number; readonly nowMs: number }): unknown
  failed(meaning: FailureMeaning, nowMs: number): unknown
}

export interface Moment {
  readonly nowMs: number
  /** Sent so far. */
  readonly bytes: number
  readonly numThreads: number
}

const partSize = 8 * 1024 * 1024
const packetBytes = 1448
const stepMs = 25
/** How often a sender tells what has left. */
const tellMs = 500

interface Connection {
  /** Left of its part; 0 while it waits for the answer. */
  toSend: number
  answerAtMs: number
  /** How fast it may send now. */
  window: number
  untold: number
  tellAtMs: number
  refusedUntilMs: number
}

/** An endless file over the link for so long; what was true every second. */
export function playLink(link: Link, decider: Decider, forMs: number, seed: number): readonly Moment[] {
  const luck = createLuck(seed)
  const connections: Connection[] = []
  const moments: Moment[] = []
  /** What slow start begins with, and what losses leave a connection on average. */
  const first = (10 * packetBytes * 1000) / link.roundTripMs
  const lossy = ((packetBytes * 1000) / link.roundTripMs) * (1.22 / Math.sqrt(Math.max(link.loss, 1e-9)))
  const ceiling = Math.min(lossy, link.mostPerConnection)
  let bytes = 0
  for (let nowMs = 0; nowMs < forMs; nowMs += stepMs) {
    if (nowMs % 1000 === 0) moments.push({ nowMs, bytes, numThreads: decider.numThreads })
    while (connections.length < decider.numThreads) {
      const tellAtMs = nowMs + luck.below(tellMs)
      // A handshake comes first.
      connections.push({
        toSend: partSize,
        answerAtMs: 0,
        window: first,
        untold: 0,
        tellAtMs,
        refusedUntilMs: nowMs + 1.5 * link.roundTripMs,
      })
    }
    const sending = connections.filter(
      (connection) => connection.toSend > 0 && connection.refusedUntilMs <= nowMs,
    )
    const refused = sending.slice(link.refusesFrom ?? sending.length)
    for (const connection of refused) {
      connection.refusedUntilMs = nowMs + 1000
      connection.toSend = partSize
      decider.failed('throttled', nowMs)
    }
    for (const [connection, rate] of share(link, sending.slice(0, link.refusesFrom))) {
      const sent = Math.min(connection.toSend, (rate * stepMs) / 1000)
      connection.toSend -= sent
      connection.untold += sent
      bytes += sent
      // Slow start doubles each round trip; losses let it swing around what they leave.
      const grown = connection.window * 2 ** (stepMs / link.roundTripMs)
      connection.window = Math.min(grown, ceiling * (link.loss > 0 ? 0.7 + 0.6 * luck.next() : 1))
      if (connection.toSend <= 0) connection.answerAtMs = nowMs + link.roundTripMs
    }
    for (const connection of [...connections]) {
      const isOver = connection.toSend <= 0
      if (connection.untold > 0 && (isOver || nowMs >= connection.tellAtMs)) {
        const { untold } = connection
        connection.untold = 0
        connection.tellAtMs = nowMs + tellMs
        decider.sent({ bytes: untold, inFlight: connections.length, nowMs })
      }
      if (!isOver || nowMs < connection.answerAtMs) continue
      if (connections.length > decider.numThreads) connections.splice(connections.indexOf(connection), 1)
      else connection.toSend = partSize
    }
  }
  return moments
}

/** Everybody gets what it can use, and what is left of the rest is shared alike. */
function share(link: Link, sending: readonly Connection[]): Map<Connection, number> {
  const rates = new Map<Connection, number>()
  let left = link.bytesPerSecond
  const bySize = [...sending].sort((a, b) => a.window - b.window)
  for (const [index, connection] of bySize.entries()) {
    const rate = Math.min(connection.window, left / (bySize.length - index))
    rates.set(connection, rate)
    left -= rate
  }
  return rates
}

export function fixedThreads(numThreads: number): Decider {
  return { numThreads, sent: () => undefined, failed: () => undefined }
}

/** Bytes a second between two moments. */
export function rateBetween(moments: readonly Moment[], fromMs: number, toMs: number): number {
  const at = (ms: number): number => moments.find(({ nowMs }) => nowMs >= ms)?.bytes ?? 0
  return ((at(toMs) - at(fromMs)) * 1000) / (toMs - fromMs)
}
