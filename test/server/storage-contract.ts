/** What every storage promises, run by each of them. `open` gives one that nobody else has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  ObjectRecord,
  PartRecord,
  Storage,
  StorageErrorCode,
  UploadRef,
} from '../../src/server/storage/storage.js'
import { StorageError } from '../../src/server/storage/storage.js'
import { bytesFrom } from './world.js'

export const AWKWARD_KEYS = [
  '../../x',
  '..',
  '.',
  'a%2Fb',
  'a/b',
  'a//b',
  'con',
  'nul\u0000l',
  'control\u0001\u001f\u007f',
  'line\nbreak',
  '😀',
  '\uffff',
  'A',
  'a',
  ' ',
  'x'.repeat(1023),
  '€'.repeat(341),
]

export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

export function objectOf(key: string, size: number): ObjectRecord {
  return {
    key,
    size,
    etag: 'E',
    crc64: '1',
    md5: 'M',
    type: 'Normal',
    modified: 5,
    headers: { 'x-oss-meta-a': '\xe9' },
  }
}

export function partOf(partNumber: number, size: number): PartRecord {
  return { partNumber, size, etag: `E${partNumber}`, crc64: '1', modified: 6 }
}

export async function addBucket(storage: Storage, name: string): Promise<void> {
  await storage.putBucket({ name, created: 1, acl: 'private', storageClass: 'Standard' })
}

export async function put(storage: Storage, bucket: string, key: string, bytes: Uint8Array): Promise<void> {
  const incoming = storage.receive()
  await incoming.write(bytes.slice())
  await storage.putObject(bucket, objectOf(key, bytes.length), incoming, { ifAbsent: false })
}

export async function addPart(
  storage: Storage,
  ref: UploadRef,
  partNumber: number,
  bytes: Uint8Array,
): Promise<void> {
  const incoming = storage.receive()
  await incoming.write(bytes.slice())
  await storage.putPart(ref, partOf(partNumber, bytes.length), incoming)
}

export async function begin(
  storage: Storage,
  bucket: string,
  key: string,
  uploadId: string,
): Promise<UploadRef> {
  await storage.createUpload(bucket, { key, uploadId, initiated: 2, headers: {} })
  return { bucket, key, uploadId }
}

/** The object's bytes, from `start` to `end`. */
export async function readObject(
  storage: Storage,
  bucket: string,
  key: string,
  start = 0,
  end = Number.NaN,
): Promise<Buffer | undefined> {
  const opened = await storage.openObject(bucket, key)
  if (opened === undefined) return undefined
  try {
    const chunks: Uint8Array[] = []
    const last = Number.isNaN(end) ? opened.record.size : end
    for await (const chunk of opened.read(start, last)) chunks.push(chunk)
    return Buffer.concat(chunks)
  } finally {
    opened.close()
  }
}

/** Makes an object of the parts named, which must be there. */
export async function finish(
  storage: Storage,
  ref: UploadRef,
  partNumbers: readonly number[],
): Promise<void> {
  await storage.completeUpload(
    ref,
    (_, parts) => {
      const chosen = parts.filter((part) => partNumbers.includes(part.partNumber))
      const size = chosen.reduce((total, part) => total + part.size, 0)
      const { key: _key, md5: _md5, ...object } = objectOf(ref.key, size)
      return { partNumbers, object: { ...object, type: 'Multipart' } }
    },
    { ifAbsent: false },
  )
}

function rejectsWith(work: Promise<unknown>, code: StorageErrorCode): Promise<void> {
  return assert.rejects(work, (error) => error instanceof StorageError && error.code === code)
}

export type OpenStorage = () => Promise<{ storage: Storage; end(): Promise<void> }>

/** Tests of one storage, each with a bucket `one` in a storage of its own. */
export function checking(
  name: string,
  open: OpenStorage,
): (behaviour: string, work: (storage: Storage) => Promise<void>) => void {
  return (behaviour, work) => {
    test(`${name}: ${behaviour}`, async () => {
      const { storage, end } = await open()
      try {
        await addBucket(storage, 'one')
        await work(storage)
      } finally {
        await end()
      }
    })
  }
}

export function storageContract(name: string, open: OpenStorage): void {
  const check = checking(name, open)

  check('gives back what was put, whatever the key', async (storage) => {
    await addBucket(storage, 'one-more')
    for (const [index, key] of AWKWARD_KEYS.entries()) {
      await put(storage, 'one', key, bytesFrom(index, index * 1000))
      await put(storage, 'one-more', key, bytesFrom(index + 100, 7))
    }
    for (const [index, key] of AWKWARD_KEYS.entries()) {
      assert.deepEqual(await storage.getObject('one', key), objectOf(key, index * 1000))
      assert.deepEqual(await readObject(storage, 'one', key), Buffer.from(bytesFrom(index, index * 1000)))
      assert.deepEqual(await readObject(storage, 'one-more', key), Buffer.from(bytesFrom(index + 100, 7)))
    }
    const page = await storage.listObjects('one', { prefix: '', delimiter: '', after: '', limit: 1000 })
    const listed = page.entries.map((entry) => (entry.kind === 'object' ? entry.object.key : ''))
    assert.deepEqual(listed, [...AWKWARD_KEYS].sort(byBytes))
  })

  check('replaces, deletes, and is silent about what is not there', async (storage) => {
    await put(storage, 'one', 'k', bytesFrom(1, 10))
    await put(storage, 'one', 'k', bytesFrom(2, 20))
    assert.deepEqual(await readObject(storage, 'one', 'k'), Buffer.from(bytesFrom(2, 20)))
    await storage.deleteObject('one', 'k')
    await storage.deleteObject('one', 'k')
    assert.equal(await storage.getObject('one', 'k'), undefined)
    assert.equal(await storage.openObject('one', 'k'), undefined)
  })

  check('keeps an object that is there when asked to', async (storage) => {
    const attempts = [1, 2, 3].map(async (seed) => {
      const incoming = storage.receive()
      await incoming.write(bytesFrom(seed, 9))
      await storage.putObject('one', objectOf('k', 9), incoming, { ifAbsent: true })
      return seed
    })
    const results = await Promise.allSettled(attempts)
    const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    assert.equal(winners.length, 1)
    assert.deepEqual(await readObject(storage, 'one', 'k'), Buffer.from(bytesFrom(winners[0] ?? 0, 9)))
    for (const result of results) {
      if (result.status === 'rejected') await rejectsWith(Promise.reject(result.reason), 'object-exists')
    }
  })

  check('knows no bucket that was not made', async (storage) => {
    await rejectsWith(put(storage, 'two', 'k', bytesFrom(1, 1)), 'no-such-bucket')
    await rejectsWith(storage.deleteObject('two', 'k'), 'no-such-bucket')
    await rejectsWith(begin(storage, 'two', 'k', 'U'), 'no-such-bucket')
    await rejectsWith(storage.deleteBucket('two'), 'no-such-bucket')
    assert.equal(await storage.getBucket('two'), undefined)
  })

  check('deletes a bucket only when it is empty', async (storage) => {
    await put(storage, 'one', '\u0000', bytesFrom(1, 1))
    await rejectsWith(storage.deleteBucket('one'), 'bucket-not-empty')
    await storage.deleteObject('one', '\u0000')
    const ref = await begin(storage, 'one', '\u0000', 'U')
    await rejectsWith(storage.deleteBucket('one'), 'bucket-not-empty')
    await storage.abortUpload(ref)
    await storage.deleteBucket('one')
    assert.equal(await storage.getBucket('one'), undefined)
  })

  check('lets no object outlive its bucket', async (storage) => {
    const results = await Promise.allSettled([
      put(storage, 'one', 'k', bytesFrom(1, 1)),
      storage.deleteBucket('one'),
    ])
    const isThere = (await storage.getBucket('one')) !== undefined
    assert.equal((await storage.getObject('one', 'k')) !== undefined, isThere)
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1)
  })

  check('makes an object of the parts named, and drops the others', async (storage) => {
    await put(storage, 'one', 'k', bytesFrom(9, 9))
    const ref = await begin(storage, 'one', 'k', 'U1')
    await addPart(storage, ref, 3, bytesFrom(3, 30))
    await addPart(storage, ref, 1, bytesFrom(9, 900))
    await addPart(storage, ref, 1, bytesFrom(1, 10))
    await addPart(storage, ref, 2, bytesFrom(2, 20))
    await addPart(storage, ref, 10_000, new Uint8Array())
    const listed = await storage.listParts(ref, { after: 1, limit: 2 })
    assert.deepEqual(listed, { truncated: true, entries: [partOf(2, 20), partOf(3, 30)] })
    await finish(storage, ref, [1, 3, 10_000])
    const whole = Buffer.concat([bytesFrom(1, 10), bytesFrom(3, 30)])
    assert.deepEqual(await readObject(storage, 'one', 'k'), whole)
    for (const [start, end] of [
      [0, 0],
      [0, 1],
      [9, 10],
      [9, 11],
      [10, 11],
      [12, 39],
      [39, 40],
    ] as const) {
      assert.deepEqual(await readObject(storage, 'one', 'k', start, end), whole.subarray(start, end))
    }
    await rejectsWith(finish(storage, ref, [1]), 'no-such-upload')
    await rejectsWith(storage.abortUpload(ref), 'no-such-upload')
    await rejectsWith(addPart(storage, ref, 1, bytesFrom(1, 1)), 'no-such-upload')
    await rejectsWith(storage.listParts(ref, { after: 0, limit: 1 }), 'no-such-upload')
  })

  check('leaves an upload as it was when completing it is refused', async (storage) => {
    await put(storage, 'one', 'k', bytesFrom(9, 9))
    const ref = await begin(storage, 'one', 'k', 'U1')
    await addPart(storage, ref, 1, bytesFrom(1, 10))
    const refusal = new Error('no')
    const refuse = (): never => {
      throw refusal
    }
    await assert.rejects(storage.completeUpload(ref, refuse, { ifAbsent: false }), refusal)
    const { key: _, ...object } = objectOf('k', 10)
    const accept = () => ({ partNumbers: [1], object })
    await rejectsWith(storage.completeUpload(ref, accept, { ifAbsent: true }), 'object-exists')
    assert.deepEqual(await readObject(storage, 'one', 'k'), Buffer.from(bytesFrom(9, 9)))
    assert.equal((await storage.listParts(ref, { after: 0, limit: 9 })).entries.length, 1)
    await storage.completeUpload(ref, accept, { ifAbsent: false })
    assert.deepEqual(await readObject(storage, 'one', 'k'), Buffer.from(bytesFrom(1, 10)))
  })

  check('lets a reader finish although the object was replaced and deleted', async (storage) => {
    const ref = await begin(storage, 'one', 'k', 'U1')
    await addPart(storage, ref, 1, bytesFrom(1, 10))
    await addPart(storage, ref, 2, bytesFrom(2, 10))
    await finish(storage, ref, [1, 2])
    const opened = await storage.openObject('one', 'k')
    assert.ok(opened)
    await put(storage, 'one', 'k', bytesFrom(3, 3))
    await storage.deleteObject('one', 'k')
    const chunks: Uint8Array[] = []
    for await (const chunk of opened.read(0, 20)) chunks.push(chunk)
    opened.close()
    assert.deepEqual(Buffer.concat(chunks), Buffer.concat([bytesFrom(1, 10), bytesFrom(2, 10)]))
  })

  check('gives every part its place when many come at once', async (storage) => {
    const ref = await begin(storage, 'one', 'k', 'U1')
    const numbers = Array.from({ length: 40 }, (_, index) => index + 1)
    await Promise.all(numbers.map((number) => addPart(storage, ref, number, bytesFrom(number, number))))
    await finish(storage, ref, numbers)
    const whole = Buffer.concat(numbers.map((number) => bytesFrom(number, number)))
    assert.deepEqual(await readObject(storage, 'one', 'k'), whole)
  })

  check('refuses everything once it is closed', async (storage) => {
    await storage.close()
    await rejectsWith(storage.getBucket('one') as Promise<unknown>, 'failed')
    await rejectsWith(addBucket(storage, 'two'), 'failed')
  })
}

/** The most parts that there can be. Apart, since on a disk it takes some seconds. */
export function manyPartsContract(name: string, open: OpenStorage): void {
  test(`${name}: makes an object of 10000 parts`, async () => {
    const { storage, end } = await open()
    try {
      await addBucket(storage, 'one')
      const ref = await begin(storage, 'one', 'k', 'U1')
      const numbers = Array.from({ length: 10_000 }, (_, index) => index + 1)
      const oneOf = (number: number): Uint8Array => Uint8Array.of(number & 255, number >> 8)
      for (let start = 0; start < numbers.length; start += 200) {
        const some = numbers.slice(start, start + 200)
        await Promise.all(some.map((number) => addPart(storage, ref, number, oneOf(number))))
      }
      await finish(storage, ref, numbers)
      assert.deepEqual(await readObject(storage, 'one', 'k'), Buffer.concat(numbers.map(oneOf)))
      await storage.deleteObject('one', 'k')
      await storage.deleteBucket('one')
    } finally {
      await end()
    }
  })
}
