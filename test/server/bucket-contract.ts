/** What every storage promises of buckets and what is known about them. */
import assert from 'node:assert/strict'
import { StorageError } from '../../src/server/storage/storage.js'
import { addPart, begin, checking, type OpenStorage, put, readObject } from './storage-contract.js'
import { bytesFrom } from './world.js'

export function bucketContract(name: string, open: OpenStorage): void {
  const check = checking(name, open)

  check('leaves a bucket that is made again as it was', async (storage) => {
    const known = await storage.getBucket('one')
    const other = { name: 'one', created: 9, acl: 'public-read', storageClass: 'IA' }
    assert.deepEqual(await storage.putBucket(other), known)
    assert.deepEqual(await storage.getBucket('one'), known)
  })

  check('changes what is known of a bucket, one change after the other', async (storage) => {
    const add = (key: string) =>
      storage.updateBucket('one', (bucket) => ({
        ...bucket,
        tags: [...(bucket.tags ?? []), { key, value: '' }],
      }))
    await Promise.all(['a', 'b', 'c'].map(add))
    const known = await storage.getBucket('one')
    assert.deepEqual(known?.tags?.map(({ key }) => key).sort(), ['a', 'b', 'c'])
    assert.deepEqual((await add('d')).tags?.length, 4)
  })

  check('leaves a bucket as it was when the change is refused', async (storage) => {
    const known = await storage.getBucket('one')
    const refusal = new Error('no')
    const refuse = (): never => {
      throw refusal
    }
    await assert.rejects(storage.updateBucket('one', refuse), refusal)
    assert.deepEqual(await storage.getBucket('one'), known)
    const unknown = storage.updateBucket('two', (bucket) => bucket)
    await assert.rejects(unknown, (error) => error instanceof StorageError && error.code === 'no-such-bucket')
    assert.equal(await storage.getBucket('two'), undefined)
  })

  check('removes an object or an upload only while it is what was meant', async (storage) => {
    await put(storage, 'one', 'k', bytesFrom(1, 10))
    const seen: number[] = []
    await storage.deleteObject('one', 'k', (object) => {
      seen.push(object.size)
      return false
    })
    assert.deepEqual(await readObject(storage, 'one', 'k'), Buffer.from(bytesFrom(1, 10)))
    const ref = await begin(storage, 'one', 'k', 'U')
    await addPart(storage, ref, 7, bytesFrom(2, 20))
    await storage.abortUpload(ref, (upload, parts) => {
      seen.push(upload.initiated, ...parts.map((part) => part.partNumber))
      return false
    })
    assert.deepEqual(seen, [10, 2, 7])
    assert.equal((await storage.listParts(ref, { after: 0, limit: 9 })).entries.length, 1)
    await storage.abortUpload(ref, () => true)
    await storage.deleteObject('one', 'k', () => true)
    await storage.deleteObject('one', 'k', () => assert.fail('there is nothing to ask about'))
    await storage.deleteBucket('one')
  })
}
