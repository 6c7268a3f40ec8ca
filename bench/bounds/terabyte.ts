/** One object of a tebibyte out of the largest parts there can be. One part is really sent; the others are copies of it. */
import { combineCrc64 } from '../../src/checksum/combine.js'
import { createClient } from './client.js'
import { copyParts, initiate, partList } from './parts.js'
import { type Bound, bucket, type Place } from './place.js'
import { serve } from './served.js'
import { inMiB, inMs, percentile } from './statistics.js'

const partSize = 5 * 2 ** 30
const parts = 205
const mostMemory = 256 * 2 ** 20
const blockSize = 2 ** 20

export async function terabyte({ dataDir, say }: Place): Promise<readonly Bound[]> {
  const served = await serve(dataDir)
  const client = createClient(served, bucket)
  try {
    say('sending 5 GiB as one PutObject, then as one part')
    const put = await client.ask({
      method: 'PUT',
      key: 'source',
      headers: { 'content-length': String(partSize) },
      body: pattern(),
    })
    const key = 'terabyte'
    const uploadId = await initiate(client, key)
    const first = await client.ask({
      method: 'PUT',
      key,
      query: { partNumber: '1', uploadId },
      headers: { 'content-length': String(partSize) },
      body: pattern(),
    })
    const crc64 = BigInt(String(put.headers['x-oss-hash-crc64ecma']))
    if (BigInt(String(first.headers['x-oss-hash-crc64ecma'])) !== crc64) throw new Error('The part differs.')
    say(`${parts} parts of it`)
    const etags = await copyParts(client, { key, uploadId, source: 'source', parts, atOnce: 8 })
    const done = await client.ask({
      method: 'POST',
      key,
      query: { uploadId },
      body: Buffer.from(partList(etags)),
    })
    let whole = 0n
    for (let part = 0; part < parts; part++) whole = combineCrc64(whole, crc64, partSize)

    const head = await client.ask({ method: 'HEAD', key })
    if (head.headers['content-length'] !== String(parts * partSize)) throw new Error('The size is wrong.')
    if (head.headers['x-oss-hash-crc64ecma'] !== String(whole)) throw new Error('The CRC-64 is wrong.')

    say('reading a mebibyte at the start, at a seam of parts and at the end')
    const reads: number[] = []
    for (const start of [0, 100 * partSize - blockSize / 2, parts * partSize - blockSize]) {
      const range = `bytes=${start}-${start + blockSize - 1}`
      const { bytes, ms } = await client.ask({ method: 'GET', key, headers: { range } })
      if (!bytes.equals(expected(start))) throw new Error(`The bytes from ${start} on are wrong.`)
      reads.push(ms)
    }
    const peak = served.peakMemory()
    return [
      {
        what: `an object of ${parts} parts of 5 GiB (1.001 TiB) by multipart: size, CRC-64 and bytes`,
        bound: 'right',
        measured: `right; Complete ${inMs(done.ms)}, 1 MiB from anywhere ${inMs(percentile(reads, 100))}`,
        holds: true,
      },
      {
        what: 'peak memory of the server, 5 GiB parts coming in among it',
        bound: 'at most 256 MiB',
        measured: inMiB(peak),
        holds: (peak ?? 0) <= mostMemory,
      },
    ]
  } finally {
    client.close()
    await served.stop()
  }
}

/** Each block says where it is, so that a seam or a block in the wrong place would show. */
async function* pattern(): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < partSize; offset += blockSize) yield blockAt(offset)
}

function blockAt(offset: number): Buffer {
  const block = Buffer.alloc(blockSize, 'longhaul')
  block.writeBigUInt64LE(BigInt(offset))
  return block
}

/** A mebibyte of the whole object, from anywhere. */
function expected(start: number): Buffer {
  const first = start - (start % blockSize)
  const blocks = [first, first + blockSize].map((at) => blockAt(at % partSize))
  return Buffer.concat(blocks).subarray(start - first, start - first + blockSize)
}
