/** Puts a bucket on the network for as long as one piece of work takes. */
import type { Transport } from '../protocol/message.js'
import { createNodeTransport } from '../transport/node.js'
import { limitRate } from '../transport/rate.js'
import { createNodeRuntime } from './runtime.js'

/** Connections beside those for parts: listing and settling must not wait for a part. */
const spareSockets = 2

export async function withTransport<T>(
  options: { readonly numThreads: number; readonly limitRate?: number | undefined },
  work: (transport: Transport) => Promise<T>,
): Promise<T> {
  const { transport, close } = createNodeTransport({ maxSockets: options.numThreads + spareSockets })
  const limited =
    options.limitRate === undefined ? transport : limitRate(transport, options.limitRate, createNodeRuntime())
  try {
    return await work(limited)
  } finally {
    await close()
  }
}
