/** Buckets and objects, one row per operation. */
import type { BucketRecord } from '../../src/server/storage/storage.js'
import {
  aSize,
  BUCKETS,
  KEYS,
  Nothing,
  objectRecord,
  type Row,
  registerOf,
  send,
  withStretch,
} from './scene.js'

function bucketRecord(name: string, next: number): BucketRecord {
  return { name, created: next, acl: 'private', storageClass: `v${next}` }
}

export const createBucket: Row = {
  name: 'create bucket',
  weight: 1,
  plan({ luck, next }) {
    const name = luck.pick(BUCKETS)
    const bucket = bucketRecord(name, next())
    // One that is there stays: then the answer says so, and nothing was written.
    return {
      touches: [{ register: registerOf.bucket(name), value: bucket.storageClass }],
      async run(storage) {
        const now = await storage.putBucket(bucket)
        if (now.storageClass !== bucket.storageClass) throw new Nothing()
      },
    }
  },
}

export const objectRows: readonly Row[] = [
  createBucket,
  {
    name: 'change bucket settings',
    weight: 1,
    plan({ luck, next }) {
      const name = luck.pick(BUCKETS)
      const storageClass = `v${next()}`
      return {
        touches: [{ register: registerOf.bucket(name), value: storageClass }],
        async run(storage) {
          await storage.updateBucket(name, (bucket) => ({ ...bucket, storageClass }))
        },
      }
    },
  },
  {
    name: 'delete bucket',
    weight: 1,
    plan({ luck }) {
      const name = luck.pick(BUCKETS)
      return {
        touches: [{ register: registerOf.bucket(name), value: undefined }],
        run: (storage) => storage.deleteBucket(name),
      }
    },
  },
  {
    name: 'put object',
    weight: 6,
    plan({ luck, contents }) {
      const bucket = luck.pick(BUCKETS)
      const key = luck.pick(KEYS)
      const tag = contents.make(aSize(luck))
      const ifAbsent = luck.chance(0.2)
      return {
        touches: [{ register: registerOf.object(bucket, key), value: tag }],
        async run(storage) {
          const incoming = await send(storage, contents.bytesOf(tag), luck)
          await storage.putObject(bucket, objectRecord(key, tag, contents), incoming, { ifAbsent })
        },
      }
    },
  },
  {
    name: 'send an object and give up',
    weight: 1,
    plan({ luck, contents }) {
      const bytes = contents.bytesOf(contents.make(aSize(luck)))
      return {
        touches: [],
        async run(storage) {
          await (await send(storage, bytes, luck)).discard()
        },
      }
    },
  },
  {
    name: 'copy object',
    weight: 4,
    plan(scene) {
      const from = { bucket: scene.luck.pick(BUCKETS), key: scene.luck.pick(KEYS) }
      const to = { bucket: scene.luck.pick(BUCKETS), key: scene.luck.pick(KEYS) }
      const name = `copy ${scene.next()}`
      return {
        touches: [{ register: registerOf.object(to.bucket, to.key), value: name }],
        run: (storage) =>
          withStretch(storage, from, scene, async (bytes, tag) => {
            const object = { ...objectRecord(to.key, tag, scene.contents), headers: { name } }
            await storage.putObject(to.bucket, object, bytes, { ifAbsent: scene.luck.chance(0.2) })
          }),
      }
    },
  },
  {
    name: 'append object',
    weight: 3,
    plan({ luck, contents, next }) {
      const bucket = luck.pick(BUCKETS)
      const key = luck.pick(KEYS)
      const added = contents.make(aSize(luck))
      const name = `append ${next()}`
      return {
        touches: [{ register: registerOf.object(bucket, key), value: name }],
        async run(storage) {
          const incoming = await send(storage, contents.bytesOf(added), luck)
          await storage.appendObject(bucket, key, incoming, (object) => {
            const tag = object === undefined ? added : contents.join([object.etag, added])
            return { ...objectRecord(key, tag, contents), headers: { name } }
          })
        },
      }
    },
  },
  {
    name: 'change object settings',
    weight: 2,
    plan({ luck, next }) {
      const bucket = luck.pick(BUCKETS)
      const key = luck.pick(KEYS)
      const name = `settings ${next()}`
      return {
        touches: [{ register: registerOf.object(bucket, key), value: name }],
        async run(storage) {
          await storage.updateObject(bucket, key, (object) => ({ ...object, headers: { name } }))
        },
      }
    },
  },
  {
    name: 'delete object',
    weight: 2,
    plan({ luck }) {
      const bucket = luck.pick(BUCKETS)
      const key = luck.pick(KEYS)
      return {
        touches: [{ register: registerOf.object(bucket, key), value: undefined }],
        run: (storage) => storage.deleteObject(bucket, key),
      }
    },
  },
]
