/** What `resume` and `discard` share: which unfinished uploads are meant, and where each of them goes on. */
import { type Bucket, endpointOfService, type PendingUpload, pendingUploads } from '../index.js'
import { UsageError } from './failure.js'
import { choosePending } from './pending-choice.js'
import { type Connection, openBucket, storeFolder } from './settings.js'
import type { World } from './world.js'

export interface ChoiceFlags {
  readonly store?: string
  readonly all?: boolean
}

/** The uploads meant by an id or by `--all`. */
export async function chooseUploads(
  id: string | undefined,
  flags: ChoiceFlags,
  { environment, program }: World,
): Promise<readonly PendingUpload[]> {
  if (id !== undefined && flags.all === true) throw new UsageError('Give either an ID or --all, not both.')
  if (id === undefined && flags.all !== true) {
    throw new UsageError(`Give the ID of an unfinished upload, or --all. See: ${program} uploads`)
  }
  const pending = await pendingUploads(storeFolder(flags, environment))
  return id === undefined ? pending : [choosePending(pending, id, program)]
}

/** @throws UsageError when the upload was begun at another service than the one asked for, or names none */
export function bucketOfPending(
  upload: Pick<PendingUpload, 'id' | 'state' | 'service' | 'bucket'>,
  connection: Connection,
): Bucket {
  if (upload.state === 'damaged') {
    throw new UsageError(
      `The checkpoint ${upload.id} is damaged: it does not tell what it belongs to. Put the file again, or remove it from the store.`,
    )
  }
  const endpoint = connection.endpoint ?? endpointOfService(upload.service)
  const bucket = openBucket({ ...connection, endpoint }, upload.bucket)
  if (bucket.service !== upload.service) {
    throw new UsageError(
      `This upload was begun at ${upload.service}, and the endpoint is ${bucket.endpoint}: give --endpoint ${endpointOfService(upload.service)}.`,
    )
  }
  return bucket
}
