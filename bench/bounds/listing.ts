/** A million objects: is the last page as quick as the first? */
import { openDiskStorage } from '../../src/server/storage/disk.js'
import { createClient } from './client.js'
import { type Bound, bucket, type Place } from './place.js'
import { serve } from './served.js'
import { inMiB, inMs, percentile } from './statistics.js'

const objects = 1_000_000
const rounds = 200
const pageSize = 1000

export async function listing({ dataDir, say }: Place): Promise<readonly Bound[]> {
  say(`writing ${objects.toLocaleString('en')} objects into a data folder`)
  await fill(dataDir)
  const served = await serve(dataDir)
  const client = createClient(served, bucket)
  try {
    say(`listing the first and the last ${pageSize}, ${rounds} times in turn`)
    const first: number[] = []
    const last: number[] = []
    const grouped: number[] = []
    for (let round = 0; round < rounds; round++) {
      first.push(await page({ 'list-type': '2' }, pageSize))
      last.push(await page({ 'list-type': '2', 'start-after': nameOf(objects - pageSize - 1) }, pageSize))
      // A thousand groups of a thousand objects each.
      grouped.push(await page({ 'list-type': '2', delimiter: '/' }, objects / 1000))
    }
    const ratio = percentile(last, 95) / percentile(first, 95)
    return [
      {
        what: `page of ${pageSize} of ${objects.toLocaleString('en')} objects, p95: last against first`,
        bound: 'at most 1.5 times',
        measured: `${ratio.toFixed(2)} times (${inMs(percentile(last, 95))}, ${inMs(percentile(first, 95))})`,
        holds: ratio <= 1.5,
      },
      {
        what: 'the same, page of 1000 groups of 1000 objects, p95',
        bound: 'told',
        measured: inMs(percentile(grouped, 95)),
        holds: true,
      },
      {
        what: 'peak memory of the server while these pages were listed',
        bound: 'at most 256 MiB',
        measured: inMiB(served.peakMemory()),
        holds: (served.peakMemory() ?? 0) <= 256 * 2 ** 20,
      },
    ]
  } finally {
    client.close()
    await served.stop()
  }

  async function page(query: Record<string, string>, expected: number): Promise<number> {
    const { bytes, ms } = await client.ask({
      method: 'GET',
      query: { ...query, 'max-keys': String(pageSize) },
    })
    const found = bytes.toString('utf8').match(/<(Contents|CommonPrefixes)>/g)?.length ?? 0
    if (found !== expected) throw new Error(`A page had ${found} entries instead of ${expected}.`)
    return ms
  }
}

/** `folder-000/object-000000` and so on: in order, a thousand to a folder. */
function nameOf(index: number): string {
  const folder = String(Math.floor(index / 1000)).padStart(3, '0')
  return `folder-${folder}/object-${String(index).padStart(6, '0')}`
}

/** Straight into the storage: over the wire a million empty objects take half an hour and prove nothing more. */
async function fill(dataDir: string): Promise<void> {
  const storage = await openDiskStorage({ folder: dataDir, durability: 'fast' })
  await storage.putBucket({ name: bucket, created: Date.now(), acl: 'private', storageClass: 'Standard' })
  const atOnce = 500
  for (let from = 0; from < objects; from += atOnce) {
    const puts = Array.from({ length: atOnce }, (_, offset) =>
      storage.putObject(
        bucket,
        {
          key: nameOf(from + offset),
          size: 0,
          etag: 'D41D8CD98F00B204E9800998ECF8427E',
          crc64: '0',
          md5: '1B2M2Y8AsgTpgAmY7PhCfg==',
          type: 'Normal',
          modified: Date.now(),
          headers: { 'content-type': 'application/octet-stream', 'x-oss-meta-number': String(from + offset) },
        },
        storage.receive(),
        { ifAbsent: false },
      ),
    )
    await Promise.all(puts)
  }
  await storage.close()
}
