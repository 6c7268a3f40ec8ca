/** The storage, over any ledger and contents. */
import { createBuckets } from './buckets.js'
import { type CoreOptions, createCore } from './core.js'
import { createObjects } from './objects.js'
import type { Storage } from './storage.js'
import { createUploads } from './uploads.js'

export function createStore(options: CoreOptions): Storage {
  const core = createCore(options)
  const objects = createObjects(core)
  return {
    ...createBuckets(core),
    ...objects,
    ...createUploads(core, objects),
    receive: core.receive,
    async settled() {
      await core.leftovers.settled()
      await core.readers.settled()
    },
    close: core.close,
  }
}
