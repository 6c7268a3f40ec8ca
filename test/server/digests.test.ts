/** Bodies hashed on threads: the digests are right whatever comes at once, and nothing waits for a thread that is gone. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { crc64 } from '../../src/checksum/index.js'
import type { BodyDigest } from '../../src/server/digest.js'
import { askForRoom, readNext, ringIn, ringMemory, tryWrite } from '../../src/server/digest-ring.js'
import { createDigestThreads, type DigestThreads } from '../../src/server/digest-threads.js'
import { noise } from '../checksum/bytewise.js'

const bytes = noise(5_000_000, 3)
const LARGE = 1024 * 1024

async function digestOf(digest: BodyDigest, body: Uint8Array, chunkSize: number): Promise<void> {
  for (let at = 0; at < body.length; at += chunkSize) {
    const chunk = body.slice(at, at + chunkSize)
    await digest.update(chunk)
    // Whoever gets the chunk next may do with it what he likes.
    chunk.fill(0)
  }
  const { md5, crc64: crc } = await digest.end()
  assert.equal(Buffer.from(md5).toString('hex'), createHash('md5').update(body).digest('hex'))
  assert.equal(crc, crc64(body))
}

/** Threads are started by the first large bodies and take those after them. */
async function warm(threads: DigestThreads, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) threads.begin(LARGE).discard()
  for (let tries = 0; tries < 3000 && threads.ready < count; tries += 1) await sleep(10)
  assert.equal(threads.ready, count)
}

for (const count of [1, 2]) {
  test(`sixty bodies at once on ${count} threads, in chunks of all sizes, some of them left`, async () => {
    const threads = createDigestThreads(count)
    try {
      await warm(threads, count)
      await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          const digest = threads.begin(LARGE)
          const body = bytes.subarray(index * 1000, index * 1000 + index ** 3 * 10)
          if (index % 7 === 6) {
            await digest.update(body)
            digest.discard()
          } else {
            await digestOf(digest, body, index % 3 === 0 ? 3_000_000 : 1 + index * 997)
          }
        }),
      )
    } finally {
      await threads.close()
    }
  })
}

test('before a thread is ready, and for small bodies, this one does', async () => {
  const threads = createDigestThreads(1)
  try {
    await digestOf(threads.begin(LARGE), bytes.subarray(0, LARGE), 65_536)
    await digestOf(threads.begin(10), bytes.subarray(0, 10), 3)
    await digestOf(threads.begin(undefined), new Uint8Array(), 1)
  } finally {
    await threads.close()
  }
})

test('when a thread ends, its bodies fail and later ones are hashed here', async () => {
  const threads = createDigestThreads(1)
  await warm(threads, 1)
  const cut = threads.begin(LARGE)
  await cut.update(bytes.subarray(0, 1000))
  const full = threads.begin(LARGE)
  const sending = (async () => {
    for (let turn = 0; turn < 100_000; turn += 1) await full.update(bytes)
  })()
  const ended = assert.rejects(sending, /thread/)
  await threads.close()
  await ended
  await assert.rejects(cut.end(), /thread/)
  await digestOf(threads.begin(LARGE), bytes.subarray(0, LARGE), 65_536)
})

test('a thread does not keep a process alive', () => {
  const url = new URL('../../src/server/digest-threads.js', import.meta.url).href
  const script = `
    const { createDigestThreads } = await import(${JSON.stringify(url)})
    const threads = createDigestThreads(1)
    threads.begin(1e6).discard()
    await new Promise((resolve) => setTimeout(resolve, 500))
    const digest = threads.begin(1e6)
    await digest.update(new Uint8Array(1e6))
    console.log((await digest.end()).crc64)
  `
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  assert.equal(ended.status, 0)
  assert.equal(ended.stdout.trim(), `${crc64(new Uint8Array(1e6))}n`)
})

test('records come out of the ring as they went in, however full it was', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(300), fc.nat(3)), { maxLength: 60 }), (steps) => {
      const ring = ringIn(ringMemory(256))
      const sent: number[] = []
      const got: number[] = []
      const read = (): boolean =>
        readNext(
          ring,
          ({ bytes: taken }) => got.push(...taken),
          () => {},
        )
      for (const [size, reads] of steps) {
        const record = Uint8Array.from({ length: size }, (_, index) => (sent.length + index) % 251)
        const written = tryWrite(ring, { kind: 'data', body: 1, bytes: record })
        if (written !== undefined) sent.push(...record.subarray(0, written))
        for (let count = 0; count < reads; count += 1) read()
      }
      while (read());
      assert.deepEqual(got, sent)
    }),
  )
})

test('a writer that asked for room hears of it when half of the ring is free', () => {
  const ring = ringIn(ringMemory(256))
  const bytes48 = new Uint8Array(48)
  while (tryWrite(ring, { kind: 'data', body: 1, bytes: bytes48 }) !== undefined);
  askForRoom(ring)
  const told: number[] = []
  let reads = 0
  while (
    readNext(
      ring,
      () => {
        reads += 1
      },
      () => told.push(reads),
    )
  );
  assert.deepEqual([reads, told], [4, [2]])
})
