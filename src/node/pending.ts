/** Lists unfinished uploads from their checkpoints alone: nothing is asked of any service, and nothing is held. */
import { type CheckpointState, foldCheckpoint } from '../engine/checkpoint.js'
import type { CheckpointStore, CheckpointSummary } from '../engine/ports.js'
import { type LastError, lastErrorIn } from './last-error.js'
import { owedAborts } from './local-logs.js'
import { storeOf } from './store.js'

export interface PendingUpload {
  /** Names the checkpoint within its store. */
  readonly id: string
  /** A region, or an endpoint's origin; see `endpointOfService`. Empty, like bucket and key, when the checkpoint is damaged. */
  readonly service: string
  readonly bucket: string
  readonly key: string
  /** The path the upload was begun with. */
  readonly source: string
  /**
   * `begun`: no upload exists yet that we know of. `open`: parts can be sent. `completing`: Complete was asked for.
   * `aborting`: only an abort is left to do. `damaged`: nothing of the checkpoint can be read.
   */
  readonly state: 'begun' | 'open' | 'completing' | 'aborting' | 'damaged'
  readonly uploadId?: string
  /** Bytes of the file when the upload began. */
  readonly size?: number
  readonly partSize?: number
  readonly partsStored: number
  readonly bytesStored: number
  /** Ids whose abort is still to be done: by the next upload of this key, or by discarding it. */
  readonly owedAborts: readonly string[]
  /** The upload was adopted: somebody else may have begun it. */
  readonly adopted: boolean
  /** What the upload was begun with. */
  readonly headers: Readonly<Record<string, string>>
  /** Names of headers that must be given again, since their values are not kept. */
  readonly secretHeaders: readonly string[]
  /** Milliseconds since the epoch. */
  readonly modified: number
  /** Who works on it now, in words. */
  readonly heldBy?: string
  /** How the last run that failed ended; a later one may have been stopped or killed since. */
  readonly lastError?: LastError
}

export async function pendingUploads(store?: string | CheckpointStore): Promise<PendingUpload[]> {
  const summaries = await storeOf(store).list()
  return summaries.map(describe)
}

function describe({ id, target, lines, modified, heldBy }: CheckpointSummary): PendingUpload {
  const state = foldCheckpoint(lines)
  const lastError = lastErrorIn(lines)
  const { current, intents } = state
  const kept = current?.opened.headers ?? intents.at(-1)?.headers
  const stored = [...(current?.parts.values() ?? [])]
    .map((history) => history.stored ?? history.verified)
    .filter((proof) => proof !== undefined)
  return {
    id,
    service: target?.service ?? '',
    bucket: target?.bucket ?? '',
    key: target?.key ?? '',
    source: current?.opened.source ?? intents.at(-1)?.source ?? '',
    state: target === undefined ? 'damaged' : stateOf(state),
    ...(current === undefined
      ? {}
      : {
          uploadId: current.opened.uploadId,
          size: current.opened.size,
          partSize: current.opened.partSize,
        }),
    partsStored: stored.length,
    bytesStored: stored.reduce((sum, proof) => sum + proof.size, 0),
    owedAborts: owedAborts(state),
    adopted: current?.opened.adopted === true,
    headers: kept?.open ?? {},
    secretHeaders: Object.keys(kept?.secret ?? {}),
    modified,
    ...(heldBy === undefined ? {} : { heldBy }),
    ...(lastError === undefined ? {} : { lastError }),
  }
}

function stateOf({ current, pendingAborts, leftovers }: CheckpointState): PendingUpload['state'] {
  if (current?.completing !== undefined) return 'completing'
  if (current !== undefined) return 'open'
  return pendingAborts.length + leftovers.length > 0 ? 'aborting' : 'begun'
}
