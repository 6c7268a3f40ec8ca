/** What is in a service and in a bucket, one page after another: however much it is, one page at a time is in memory. */
import { UploadError } from '../engine/errors.js'
import type { BucketEntry } from '../protocol/operations/buckets.js'
import type { ObjectEntry } from '../protocol/operations/listing.js'
import type { ObjectPage } from '../services/bucket-client.js'
import { type Bucket, type ServiceOptions, serviceClientOver } from './bucket.js'
import { type DeskOptions, openDesk } from './desk.js'
import { networkOf } from './network.js'
import { bucketOf } from './upload.js'

export type { BucketEntry, ObjectEntry }

export type Listed =
  | { readonly kind: 'object'; readonly object: ObjectEntry }
  /** Stands for all keys that begin so. */
  | { readonly kind: 'prefix'; readonly prefix: string }

export interface ListingOptions extends DeskOptions {
  /** Only keys that begin so. */
  readonly prefix?: string | undefined
  /** Keys that have it after the prefix are told as one, up to and with it. Usually `/`. Default: none, so every key. */
  readonly delimiter?: string | undefined
  /** Of one page, 1 to 1000. Default 1000. */
  readonly pageSize?: number | undefined
}

/**
 * The objects of a bucket in the byte order of their keys, a page at a time. Rejects with an `UploadError`; a page that
 * fails is asked for again, `retry.noProgressForMs` long (default a minute).
 *
 * ```ts
 * for await (const page of listObjects(bucket, { prefix: 'backups/' })) {
 *   for (const entry of page) if (entry.kind === 'object') console.log(entry.object.key, entry.object.size)
 * }
 * ```
 */
export async function* listObjects(
  bucket: Bucket | string,
  options: ListingOptions = {},
): AsyncGenerator<readonly Listed[]> {
  const opened = bucketOf(bucket)
  const { desk, told, close } = openDesk(opened, options)
  const { client, signal } = desk
  const { prefix = '', delimiter = '', pageSize = 1000 } = options
  try {
    yield* pages((page) =>
      desk.ask('ListObjectsV2', async () => {
        const from = page === undefined ? {} : { page }
        const answer = await client.listObjects({ signal, prefix, delimiter, limit: pageSize, ...from })
        return { items: inOrder(answer), nextPage: answer.nextPage }
      }),
    )
  } catch (error) {
    throw told(error)
  } finally {
    await close()
  }
}

/** The buckets of the account, in the order of their names, a page at a time. Rejects as `listObjects` does. */
export async function* listBuckets(
  service: ServiceOptions,
  options: DeskOptions & { readonly prefix?: string | undefined } = {},
): AsyncGenerator<readonly BucketEntry[]> {
  const { desk, told, close } = openDesk(
    {
      network: networkOf(service),
      clientOver: (transport) => serviceClientOver(service, transport),
    },
    options,
  )
  const { client, signal } = desk
  const { prefix = '' } = options
  try {
    yield* pages((page) =>
      desk.ask('ListBuckets', async () => {
        const from = page === undefined ? {} : { page }
        const answer = await client.listBuckets({ signal, prefix, ...from })
        return { items: answer.buckets, nextPage: answer.nextPage }
      }),
    )
  } catch (error) {
    throw told(error)
  } finally {
    await close()
  }
}

async function* pages<Item>(
  ask: (
    page: string | undefined,
  ) => Promise<{ readonly items: readonly Item[]; readonly nextPage: string | undefined }>,
): AsyncGenerator<readonly Item[]> {
  let page: string | undefined
  do {
    const { items, nextPage } = await ask(page)
    if (nextPage !== undefined && nextPage === page) {
      throw new UploadError('interrupted', 'The list goes round in a circle. Try again.')
    }
    yield items
    page = nextPage
  } while (page !== undefined)
}

/** An answer tells objects and prefixes apart, each in order. */
function inOrder({ objects, commonPrefixes }: ObjectPage): readonly Listed[] {
  const listed = [
    ...objects.map((object) => ({
      name: Buffer.from(object.key),
      entry: { kind: 'object', object } as const,
    })),
    ...commonPrefixes.map((prefix) => ({
      name: Buffer.from(prefix),
      entry: { kind: 'prefix', prefix } as const,
    })),
  ]
  if (commonPrefixes.length > 0) listed.sort((one, other) => Buffer.compare(one.name, other.name))
  return listed.map(({ entry }) => entry)
}
