/** What every storage promises of parts that come in order, and of reading parts before they are an object. */
import assert from 'node:assert/strict'
import { type Storage, StorageError, type UploadRef } from '../../src/server/storage/storage.js'
import { addPart, begin, checking, finish, type OpenStorage } from './storage-contract.js'
import { bytesFrom } from './world.js'

const hasCode = (code: string) => (error: unknown) => error instanceof StorageError && error.code === code

async function readParts(storage: Storage, ref: UploadRef, partNumbers: readonly number[]): Promise<Buffer> {
  const opened = await storage.openParts(ref, partNumbers)
  const chunks: Uint8Array[] = []
  for await (const chunk of opened.read(0, partNumbers.length * 1000)) chunks.push(chunk)
  opened.close()
  return Buffer.concat(chunks)
}

export function partContract(name: string, open: OpenStorage): void {
  const check = checking(name, open)

  async function beginSequential(storage: Storage): Promise<UploadRef> {
    const upload = { key: 'k', uploadId: 'U', initiated: 1, headers: {}, sequential: true as const }
    await storage.createUpload('one', upload)
    return { bucket: 'one', key: 'k', uploadId: 'U' }
  }

  check('takes the parts of a sequential upload in order, each once', async (storage) => {
    const ref = await beginSequential(storage)
    assert.equal((await storage.getUpload(ref))?.sequential, true)
    const add = (number: number) => addPart(storage, ref, number, bytesFrom(number, 1000))
    await assert.rejects(add(2), hasCode('part-not-next'))
    await add(1)
    await assert.rejects(add(1), hasCode('part-exists'))
    await assert.rejects(add(3), hasCode('part-not-next'))
    await add(2)
    assert.deepEqual(
      await readParts(storage, ref, [1, 2]),
      Buffer.concat([bytesFrom(1, 1000), bytesFrom(2, 1000)]),
    )
  })

  check('takes one of many equal parts of a sequential upload that come at once', async (storage) => {
    const ref = await beginSequential(storage)
    const attempts = Array.from({ length: 8 }, (_, index) => addPart(storage, ref, 1, bytesFrom(index, 1000)))
    const results = await Promise.allSettled(attempts)
    const taken = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))
    assert.equal(taken.length, 1)
    assert.deepEqual(await readParts(storage, ref, [1]), Buffer.from(bytesFrom(taken[0] ?? -1, 1000)))
  })

  check('reads the parts that are asked for, also when they are gone meanwhile', async (storage) => {
    const ref = await begin(storage, 'one', 'k', 'U')
    for (const number of [3, 1, 2]) await addPart(storage, ref, number, bytesFrom(number, 1000))
    const wanted = Buffer.concat([bytesFrom(1, 1000), bytesFrom(3, 1000)])
    assert.deepEqual(await readParts(storage, ref, [1, 3]), wanted)
    const opened = await storage.openParts(ref, [1, 3])
    await finish(storage, ref, [2])
    const chunks: Uint8Array[] = []
    for await (const chunk of opened.read(0, 2000)) chunks.push(chunk)
    assert.deepEqual(Buffer.concat(chunks), wanted)
    opened.close()
    await assert.rejects(storage.openParts(ref, [1]), hasCode('no-such-upload'))
  })
}
