/** Where checkpoints are when nobody says otherwise. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { journalStore } from '../checkpoints/journal.js'
import { UploadError } from '../engine/errors.js'
import type { CheckpointStore } from '../engine/ports.js'

/** `LONGHAUL_STORE`, else `.longhaul/uploads` in the home directory. */
export function defaultStore(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['LONGHAUL_STORE'] || join(homedir(), '.longhaul', 'uploads')
}

export function storeOf(store: string | CheckpointStore | undefined): CheckpointStore {
  if (store === undefined) return journalStore(defaultStore())
  if (typeof store === 'string') return journalStore(store)
  if (typeof store?.acquire === 'function' && typeof store.list === 'function') return store
  throw new UploadError('invalid-argument', 'store must be the name of a folder or a CheckpointStore.')
}
