/** Removes objects, many with one request. An object that is not there is as good as removed: OSS answers the same. */
import { ServiceError } from '../engine/errors.js'
import { canBeInXml } from '../services/bucket-client.js'
import { checkKey } from '../services/oss/names.js'
import type { Bucket } from './bucket.js'
import { type Desk, type DeskOptions, inParallel, withDesk } from './desk.js'

export interface RemovalOptions extends DeskOptions {
  /** Told of keys once the service has acknowledged their removal. */
  readonly onRemoved?: ((keys: readonly string[]) => void) | undefined
}

/** OSS takes a thousand keys, and a document of two megabytes. */
const mostKeys = 1000
const mostBytes = 1_000_000

/**
 * Removes objects by their keys; resolves when all are gone. The service does not tell whether they were there. Rejects
 * with an `UploadError` at the first failure for good; what was removed until then stays removed.
 */
export async function removeObjects(
  bucket: Bucket | string,
  keys: readonly string[],
  options: RemovalOptions = {},
): Promise<void> {
  for (const key of keys) checkKey(key)
  const told = (gone: readonly string[]): void => {
    if (gone.length > 0) options.onRemoved?.(gone)
  }
  await withDesk(bucket, options, async (desk) => {
    for (const batch of batchesOf(keys.filter(canBeInXml))) await removeBatch(desk, batch, told)
    await removeEach(
      desk,
      keys.filter((key) => !canBeInXml(key)),
      told,
    )
  })
}

async function removeBatch(
  desk: Desk,
  batch: readonly string[],
  told: (gone: readonly string[]) => void,
): Promise<void> {
  if (batch.length === 1) return removeEach(desk, batch, told)
  const { client, signal, ask } = desk
  const gone = await ask('DeleteMultipleObjects', () => client.deleteObjects(batch, { signal }), [
    'unsupported',
  ]).catch((error: unknown) => {
    if (error instanceof ServiceError) return []
    throw error
  })
  const names = new Set(gone)
  told(batch.filter((key) => names.has(key)))
  // What was left out was refused; asked for alone, it is told why.
  await removeEach(
    desk,
    batch.filter((key) => !names.has(key)),
    told,
  )
}

async function removeEach(
  { client, signal, ask }: Desk,
  keys: readonly string[],
  told: (gone: readonly string[]) => void,
): Promise<void> {
  await inParallel(keys, async (key) => {
    await ask('DeleteObject', () => client.deleteObject(key, { signal }))
    told([key])
  })
}

function batchesOf(keys: readonly string[]): readonly (readonly string[])[] {
  const batches: string[][] = []
  let bytes = 0
  for (const key of keys) {
    // More than a key needs in XML, but for one that is made of ampersands.
    const own = encodeURIComponent(key).length + 40
    const last = batches.at(-1)
    if (last === undefined || last.length === mostKeys || bytes + own > mostBytes) {
      batches.push([key])
      bytes = own
    } else {
      last.push(key)
      bytes += own
    }
  }
  return batches
}
