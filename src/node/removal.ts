/** Removes objects, several at once. An object that is not there is as good as removed: OSS answers the same. */
import { checkKey } from '../services/oss/names.js'
import type { Bucket } from './bucket.js'
import { type DeskOptions, inParallel, withDesk } from './desk.js'

export interface RemovalOptions extends DeskOptions {
  /** Told of keys once the service has acknowledged their removal. */
  readonly onRemoved?: ((keys: readonly string[]) => void) | undefined
}

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
  await withDesk(bucket, options, async ({ client, signal, ask }) => {
    await inParallel(keys, async (key) => {
      await ask('DeleteObject', () => client.deleteObject(key, { signal }))
      options.onRemoved?.([key])
    })
  })
}
