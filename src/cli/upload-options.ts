/** How to send, whatever is sent: what `put` and `resume` have in common. */
import type { UploadOptions } from '../index.js'
import type { RateFlags } from './rate-control.js'
import { type ConnectionFlags, storeFolder } from './settings.js'
import type { OutputFlags } from './upload-job.js'
import type { World } from './world.js'

export interface UploadFlags extends ConnectionFlags, OutputFlags, RateFlags {
  readonly store?: string
  readonly numThreads?: number | 'auto'
  /** Milliseconds. */
  readonly retryFor?: number
  readonly verify?: 'always' | 'changed' | 'paranoid'
  readonly steal?: boolean
}

export function uploadOptions(flags: UploadFlags, world: World): UploadOptions {
  return {
    store: storeFolder(flags, world.environment),
    numThreads: flags.numThreads ?? 'auto',
    verify: flags.verify,
    steal: flags.steal,
    retry: { noProgressForMs: flags.retryFor },
  }
}
