/** Ten thousand parts, the most there can be: what does the last request take? */
import { createClient } from './client.js'
import { copyParts, initiate, partList } from './parts.js'
import { type Bound, bucket, type Place } from './place.js'
import { serve } from './served.js'
import { inMs, percentile } from './statistics.js'

const parts = 10_000
const rounds = 10
/** The least that a part has to have. */
const partSize = 102_400

export async function complete({ dataDir, say }: Place): Promise<readonly Bound[]> {
  const served = await serve(dataDir)
  const client = createClient(served, bucket, { sockets: 64 })
  try {
    await client.ask({ method: 'PUT', key: 'source', body: Buffer.alloc(partSize, 'part') })
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      say(`upload ${round + 1} of ${rounds}: ${parts.toLocaleString('en')} parts`)
      const key = `object-${round}`
      const uploadId = await initiate(client, key)
      const etags = await copyParts(client, { key, uploadId, source: 'source', parts, atOnce: 64 })
      const body = Buffer.from(partList(etags))
      const { ms } = await client.ask({ method: 'POST', key, query: { uploadId }, body })
      times.push(ms)
      const { headers } = await client.ask({ method: 'HEAD', key })
      if (headers['content-length'] !== String(parts * partSize))
        throw new Error('The object has not all parts.')
    }
    const p95 = percentile(times, 95)
    return [
      {
        what: `Complete of ${parts.toLocaleString('en')} parts, durable, p95 of ${rounds}`,
        bound: 'at most 100 ms',
        measured: `${inMs(p95)} (median ${inMs(percentile(times, 50))})`,
        holds: p95 <= 100,
      },
    ]
  } finally {
    client.close()
    await served.stop()
  }
}
