/** Ten thousand parts, the most there can be: what does the last request take, and what an end of the object made of them? */
import { type Client, createClient } from './client.js'
import { copyParts, initiate, partList, sendParts } from './parts.js'
import { type Bound, bucket, type Place } from './place.js'
import { serve } from './served.js'
import { inMs, percentile } from './statistics.js'

const parts = 10_000
/** The least that a part has to have. */
const partSize = 102_400
/** Parts that are sent are a gibibyte a round. */
const rounds = { copied: 20, sent: 5 } as const
/** A request that needs the disk, asked again and again while the many files of an object go. */
const beside = 20

interface Times {
  readonly complete: number[]
  readonly remove: number[]
  readonly beside: number[]
}

export async function complete({ dataDir, say }: Place): Promise<readonly Bound[]> {
  const served = await serve(dataDir)
  const client = createClient(served, bucket, { sockets: 64 })
  try {
    await client.ask({ method: 'PUT', key: 'source', body: Buffer.alloc(partSize, 'part') })
    const copied = await time(client, 'copied', say)
    const sent = await time(client, 'sent', say)
    return [
      ...boundsOf('copies of one object', rounds.copied, copied),
      ...boundsOf('each sent, of 100 KiB', rounds.sent, sent),
    ]
  } finally {
    client.close()
    await served.stop()
  }
}

async function time(client: Client, how: keyof typeof rounds, say: Place['say']): Promise<Times> {
  const times: Times = { complete: [], remove: [], beside: [] }
  for (let round = 0; round < rounds[how]; round++) {
    say(`upload ${round + 1} of ${rounds[how]}: ${parts.toLocaleString('en')} parts, ${how}`)
    const key = `${how}-${round}`
    const uploadId = await initiate(client, key)
    const made = { key, uploadId, parts, atOnce: 64 }
    const etags =
      how === 'copied'
        ? await copyParts(client, { ...made, source: 'source' })
        : await sendParts(client, { ...made, size: partSize })
    const body = Buffer.from(partList(etags))
    times.complete.push((await client.ask({ method: 'POST', key, query: { uploadId }, body })).ms)
    const { headers } = await client.ask({ method: 'HEAD', key })
    if (headers['content-length'] !== String(parts * partSize)) {
      throw new Error('The object has not all parts.')
    }
    const removed = client.ask({ method: 'DELETE', key })
    for (let count = 0; count < beside; count++) {
      times.beside.push((await client.ask({ method: 'PUT', key: 'beside', body: Buffer.from('x') })).ms)
    }
    times.remove.push((await removed).ms)
  }
  return times
}

function boundsOf(how: string, count: number, times: Times): readonly Bound[] {
  const told = (values: readonly number[]): string =>
    `${inMs(percentile(values, 95))} (median ${inMs(percentile(values, 50))})`
  const many = parts.toLocaleString('en')
  return [
    {
      what: `Complete of ${many} parts, ${how}, durable, p95 of ${count}`,
      bound: 'at most 100 ms',
      measured: told(times.complete),
      holds: percentile(times.complete, 95) <= 100,
    },
    {
      what: `delete of an object of ${many} parts, ${how}, p95 of ${count}; a small durable PUT meanwhile`,
      bound: 'at most 100 ms; told',
      measured: `${told(times.remove)}; ${told(times.beside)}`,
      holds: percentile(times.remove, 95) <= 100,
    },
  ]
}
