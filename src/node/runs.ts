/** Runs of many sources that are not done, or are remembered: listed, and forgotten. */
import { manifestStore } from '../checkpoints/manifests.js'
import type { RunError } from '../many/last-failures.js'
import { createManifestFold } from '../many/manifest.js'
import type { ManifestStore } from '../many/ports.js'
import { defaultStore } from './store.js'
import { textDigest } from './text-digest.js'

/** A run of many sources that is not done. */
export interface PendingRun {
  /** Of the manifest within its store; stable for one name. */
  readonly id: string
  readonly service: string
  readonly bucket: string
  readonly name: string
  /** As the last run gave it. */
  readonly definition?: unknown
  /** When it began, milliseconds since the epoch. */
  readonly begunAt?: number
  readonly modified: number
  /** Files that are done, if they have not changed since. */
  readonly done: number
  /** Files that failed and were not uploaded since. */
  readonly failed: number
  /** The last run tried all sources; what is left is what failed, or nothing where the manifest is kept. */
  readonly ended: boolean
  /** What failed last, in an earlier run or in this one, and was not made good since. */
  readonly lastError?: RunError
  /** Who works on it now, in words. */
  readonly heldBy?: string
}

/** The runs that a store's manifests tell of. Takes no hold. Rejects with an `UploadError`, `store-unusable`. */
export async function pendingRuns(store?: string | ManifestStore): Promise<PendingRun[]> {
  const manifests = storeOfRuns(store)
  const runs: PendingRun[] = []
  for (const { id, target, modified, heldBy } of await manifests.list()) {
    const fold = createManifestFold(textDigest)
    await manifests.read(id, (line) => fold.add(line))
    const { begunAt, definition, ended, keys, lastError } = fold.state()
    runs.push({
      id,
      service: target?.service ?? '',
      bucket: target?.bucket ?? '',
      name: target?.name ?? '',
      ...(definition === undefined ? {} : { definition }),
      ...(begunAt === undefined ? {} : { begunAt }),
      modified,
      done: keys.count('done'),
      failed: keys.count('failed'),
      ended,
      ...(lastError === undefined ? {} : { lastError }),
      ...(heldBy === undefined ? {} : { heldBy }),
    })
  }
  return runs
}

/** Forgets a run: the next of its name sends all files. Uploads of single files that it left are not touched. */
export async function forgetRun(
  run: Pick<PendingRun, 'service' | 'bucket' | 'name'>,
  options: { readonly store?: string | ManifestStore | undefined; readonly steal?: boolean } = {},
): Promise<void> {
  const { service, bucket, name } = run
  const manifest = await storeOfRuns(options.store).acquire({ service, bucket, name }, options)
  try {
    await manifest.remove()
  } finally {
    await manifest.release()
  }
}

function storeOfRuns(store: string | ManifestStore | undefined): ManifestStore {
  return store === undefined || typeof store === 'string' ? manifestStore(store ?? defaultStore()) : store
}
