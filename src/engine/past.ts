/** What earlier runs left for this target: opened, made sense of, and put in order before anything else happens. */
import { tellLeft } from './abort.js'
import { type CheckpointState, foldCheckpoint, type IntentRecord, type OpenUpload } from './checkpoint.js'
import { type Conversation, recordOrFail } from './life.js'

/** Changes as a run goes on: ids come and go. */
export interface Past {
  readonly current: OpenUpload | undefined
  intents: readonly IntentRecord[]
  readonly knownIds: Set<string>
  readonly pendingAborts: Set<string>
  readonly leftovers: Set<string>
  /** Ids that somebody else may have begun: left alone unless their abort was asked for by name. */
  readonly adopted: Set<string>
}

export async function openPast(life: Conversation): Promise<Past> {
  const { lines, damaged } = await life.log.read()
  const state = foldCheckpoint(lines)
  if (state.current === undefined && lostItsOpening(state, damaged)) return setAside(life, state, damaged)
  return {
    current: state.current,
    intents: state.intents,
    knownIds: new Set(state.knownIds),
    pendingAborts: new Set(state.pendingAborts),
    leftovers: new Set([...state.leftovers, ...state.unopenedIds]),
    adopted: new Set(state.adoptedIds),
  }
}

/** Without its `opened` line a checkpoint can't be gone on with: the plan and the headers were in it. */
function lostItsOpening(state: CheckpointState, damaged: readonly string[]): boolean {
  return state.unopenedIds.length > 0 || damaged.some((text) => /"(opened|partSize|initiated)"/.test(text))
}

/** The file is kept for a person to look at; its ids are kept for us, so that no upload is orphaned. */
async function setAside(
  life: Conversation,
  state: CheckpointState,
  damaged: readonly string[],
): Promise<Past> {
  const name = await life.log.setAside()
  const pending = new Set(state.pendingAborts)
  const unopened = [...state.unopenedIds, ...damaged.flatMap(idsIn).filter((id) => !state.knownIds.has(id))]
  const adopted = new Set([
    ...state.adoptedIds,
    ...damaged.filter((text) => text.includes('"adopted"')).flatMap(idsIn),
  ])
  const isOurs = (id: string): boolean => !adopted.has(id)
  const left = [...state.leftovers, ...unopened]
  const ids = new Set(left.filter(isOurs))
  for (const uploadId of pending) await recordOrFail(life, { kind: 'aborting', uploadId })
  for (const uploadId of ids) await recordOrFail(life, { kind: 'seen', uploadId })
  // An intent that was answered by the lost line looks unanswered now: its upload is the one whose id is kept above.
  const answered = new Set(unopened.filter(isOurs)).size
  const intents = answered === 0 ? state.intents : state.intents.slice(0, -answered)
  for (const intent of intents) await recordOrFail(life, intent)
  life.emit({ type: 'checkpoint-set-aside', name, uploadIds: [...ids, ...pending] })
  for (const id of new Set(left)) if (!isOurs(id)) tellLeft(life, id)
  return {
    current: undefined,
    intents,
    knownIds: new Set([...state.knownIds, ...left]),
    pendingAborts: pending,
    leftovers: ids,
    adopted,
  }
}

function idsIn(text: string): string[] {
  return [...text.matchAll(/"uploadId":"([^"\\]+)"/g)]
    .map((match) => match[1] ?? '')
    .filter((id) => id !== '')
}
