/** Five hundred clients at once, all of them sending. */
import { createClient } from './client.js'
import { type Bound, bucket, type Place } from './place.js'
import { serve } from './served.js'
import { inMiB } from './statistics.js'

const clients = 500
const size = 8 * 2 ** 20
const blockSize = 64 * 1024
const rounds = 2
const mostMemory = 512 * 2 ** 20

export async function connections({ dataDir, say }: Place): Promise<readonly Bound[]> {
  const served = await serve(dataDir)
  const client = createClient(served, bucket, { sockets: clients })
  try {
    for (let round = 1; round <= rounds; round++) {
      say(`${clients} connections, an object of 8 MiB on each (${round} of ${rounds})`)
      const crcs = await Promise.all(
        Array.from({ length: clients }, async (_, index) => {
          const answer = await client.ask({
            method: 'PUT',
            key: `object-${index}`,
            headers: { 'content-length': String(size) },
            body: blocks(),
          })
          return answer.headers['x-oss-hash-crc64ecma']
        }),
      )
      if (new Set(crcs).size !== 1) throw new Error('Equal bytes came in as different ones.')
    }
    const peak = served.peakMemory()
    return [
      {
        what: `peak memory of the server, ${clients} connections that send at once`,
        bound: 'at most 512 MiB',
        measured: inMiB(peak),
        holds: (peak ?? 0) <= mostMemory,
      },
    ]
  } finally {
    client.close()
    await served.stop()
  }
}

async function* blocks(): AsyncGenerator<Uint8Array> {
  const block = Buffer.alloc(blockSize, 'longhaul')
  for (let sent = 0; sent < size; sent += blockSize) yield block
}
