/** What the logs of a store say about ids at the service, and whose an upload there therefore is. */
import { type CheckpointState, foldCheckpoint } from '../engine/checkpoint.js'
import type { CheckpointStore, CheckpointSummary } from '../engine/ports.js'
import { storeOf } from './store.js'

/**
 * `ours`: a log here goes on with it. `owed`: its abort is to be done here. `possible-orphan`: a log here is about its key
 * and does not know it, so an Initiate of ours whose answer was lost may have left it; or it was ended here and is there
 * all the same. `others`: everything else.
 */
export type Whose = 'ours' | 'owed' | 'possible-orphan' | 'others'

export interface LocalLog {
  /** Absent when the log does not tell what it belongs to. */
  readonly target?: { readonly service: string; readonly bucket: string; readonly key: string }
  readonly current?: string
  readonly owed: ReadonlySet<string>
  /** Adopted, and then left for whoever began them. */
  readonly left: ReadonlySet<string>
  /** All ids that stand in the log. */
  readonly known: ReadonlySet<string>
}

export async function localLogs(store: string | CheckpointStore | undefined): Promise<readonly LocalLog[]> {
  return (await storeOf(store).list()).map(localLog)
}

export function localLog({ target, lines }: Pick<CheckpointSummary, 'target' | 'lines'>): LocalLog {
  const state = foldCheckpoint(lines)
  const current = state.current?.opened.uploadId
  const owed = new Set(owedAborts(state))
  return {
    ...(target === undefined ? {} : { target }),
    ...(current === undefined ? {} : { current }),
    owed,
    left: new Set([...state.adoptedIds].filter((id) => id !== current && !owed.has(id))),
    known: state.knownIds,
  }
}

/** What was adopted and not named in a discard is nobody's to abort. */
export function owedAborts(state: CheckpointState): readonly string[] {
  const { pendingAborts, leftovers, unopenedIds, adoptedIds } = state
  const left = [...leftovers, ...unopenedIds].filter((id) => !adoptedIds.has(id))
  return [...new Set([...pendingAborts, ...left])]
}

/** Does any log here know of this id, whatever became of it? */
export function isKnown(uploadId: string, logs: readonly LocalLog[]): boolean {
  return logs.some(({ known }) => known.has(uploadId))
}

/** Ids are looked for in all logs; by its key alone an upload belongs to a log of the same service and bucket. */
export function whoseUpload(
  upload: {
    readonly service: string
    readonly bucket: string
    readonly key: string
    readonly uploadId: string
  },
  logs: readonly LocalLog[],
): Whose {
  const { service, bucket, key, uploadId } = upload
  if (logs.some(({ current }) => current === uploadId)) return 'ours'
  if (logs.some(({ owed }) => owed.has(uploadId))) return 'owed'
  if (logs.some(({ left }) => left.has(uploadId))) return 'others'
  const ofKey = logs.some(
    ({ target }) => target?.service === service && target.bucket === bucket && target.key === key,
  )
  return ofKey || isKnown(uploadId, logs) ? 'possible-orphan' : 'others'
}
