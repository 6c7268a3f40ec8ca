/** Where checkpoints are when nobody says otherwise. */
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { journalStore } from '../checkpoints/journal.js'
import { UploadError } from '../engine/errors.js'
import type { CheckpointStore } from '../engine/ports.js'

/**
 * `LONGHAUL_STORE`, else `.longhaul/uploads` in the home directory.
 *
 * @throws UploadError `store-unusable` for a user without a home directory
 */
export function defaultStore(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['LONGHAUL_STORE'] || join(homeOrRefuse(), '.longhaul', 'uploads')
}

/** An empty or relative home would mean another store in each working folder, and nothing would ever be gone on with. */
function homeOrRefuse(): string {
  const home = homeOrEmpty()
  if (isAbsolute(home)) return home
  throw new UploadError(
    'store-unusable',
    'This user has no home directory to keep checkpoints in. Set HOME, or name a folder as store or in LONGHAUL_STORE.',
  )
}

function homeOrEmpty(): string {
  try {
    return homedir()
  } catch {
    // A user id that the system's list of users does not have, as in containers.
    return ''
  }
}

export function storeOf(store: string | CheckpointStore | undefined): CheckpointStore {
  if (store === undefined) return journalStore(defaultStore())
  if (typeof store === 'string') return journalStore(store)
  if (typeof store?.acquire === 'function' && typeof store.list === 'function') return store
  throw new UploadError('invalid-argument', 'store must be the name of a folder or a CheckpointStore.')
}
