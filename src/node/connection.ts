/** Puts a bucket on the network for as long as one piece of work takes. */
import type { Transport } from '../protocol/message.js'
import { createNodeTransport } from '../transport/node.js'
import { limitRate, type RateLimit } from '../transport/rate.js'
import type { Network } from './network.js'

/** Connections beside those for parts: listing and settling must not wait for a part. */
const spareSockets = 2

interface TransportOptions {
  /** Connections for parts, at most: one is opened when a part first needs it. */
  readonly numThreads: number
  readonly limitRate?: RateLimit | undefined
  /** The way there. */
  readonly network: Network
}

export async function withTransport<T>(
  options: TransportOptions,
  work: (transport: Transport) => Promise<T>,
): Promise<T> {
  const { transport, close } = openTransport(options)
  try {
    return await work(transport)
  } finally {
    await close()
  }
}

/** For work that is no one call: whoever opens it closes it. */
export function openTransport(options: TransportOptions): {
  readonly transport: Transport
  close(): Promise<void>
} {
  const { transport, close } = createNodeTransport({
    maxSockets: options.numThreads + spareSockets,
    ...options.network,
  })
  if (options.limitRate === undefined) return { transport, close }
  return { transport: limitRate(transport, options.limitRate), close }
}
