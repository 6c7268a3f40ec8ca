/** `longhaul mb`: makes a bucket. One of ours that is there already is as good as made, and said. */
import { createBucket } from '../../index.js'
import { UsageError } from '../failure.js'
import { writeJson } from '../json.js'
import { parseObjectUrl } from '../object-url.js'
import { type ConnectionFlags, openBucket, type RetryFlags, resolveConnection, retryOf } from '../settings.js'
import type { World } from '../world.js'

export interface MbFlags extends ConnectionFlags, RetryFlags {
  readonly acl?: string
  readonly storageClass?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

export async function mb(url: string, flags: MbFlags, world: World): Promise<number> {
  const { screen, signal } = world
  const { bucket: name, key } = parseObjectUrl(url)
  if (key !== '') throw new UsageError(`mb makes a bucket and no objects: give oss://${name} alone.`)
  const bucket = openBucket(await resolveConnection(flags, world), name)
  const { acl, storageClass } = flags
  const { existed } = await createBucket(bucket, { acl, storageClass, signal, ...retryOf(flags) })
  if (flags.json === true) {
    writeJson(screen, 'result', { bucket: name, existed })
    writeJson(screen, 'summary', { exitCode: 0, bucket: name, existed })
  } else if (flags.quiet !== true) {
    screen.out(existed ? `oss://${name} was there already` : `Made oss://${name} at ${bucket.endpoint}`)
  }
  return 0
}
