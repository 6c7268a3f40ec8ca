/**
 * The records of a checkpoint and what they add up to. A checkpoint is a log: nothing is ever rewritten, the state is a
 * fold, and a reader passes over what it does not know.
 */
import { hasWhatItMust } from './checkpoint-lines.js'
import type { CheckpointLine, SourceIdentity } from './ports.js'

/** Headers as a checkpoint may keep them: open ones as they are, secret ones as a salted hash. */
export interface KeptHeaders {
  readonly open: Readonly<Record<string, string>>
  readonly secret: Readonly<Record<string, { readonly salt: string; readonly hash: string }>>
}

/** We are about to ask for something that can't be asked twice: an Initiate, or a PutObject that forbids overwriting. */
export interface IntentRecord {
  readonly kind: 'intent'
  readonly operation: 'initiate' | 'put'
  /** The service's clock before we asked, milliseconds; absent when it could not be learnt. */
  readonly serviceTime?: number
  readonly headers: KeptHeaders
  /** Where the bytes come from, for people and for going on without being told again. */
  readonly source: string
}

/** The service refused what the last intent asked for: nothing can have come of it. */
export interface RefusedRecord {
  readonly kind: 'refused'
  readonly operation: 'initiate'
}

export interface OpenedRecord {
  readonly kind: 'opened'
  readonly uploadId: string
  readonly partSize: number
  readonly size: number
  readonly headers: KeptHeaders
  readonly source: string
  /** By the service's clock, milliseconds. */
  readonly initiated: number
  /** Found at the service and gone on with, without an intent of ours: somebody else may have begun it. */
  readonly adopted?: boolean
}

/** What the service holds as a part, what we know it to be, and under which state of the file we read those bytes. */
export interface PartProof {
  readonly partNumber: number
  readonly size: number
  readonly etag: string
  /** Of the bytes we read. */
  readonly crc64: string
  /** `null`: the file changed while the bytes were read, so they belong to no state of it. */
  readonly identity: SourceIdentity | null
}

export interface PartRecord extends PartProof {
  /** `stored`: sent and acknowledged. `verified`: read again from the file and found equal to what the service holds. */
  readonly kind: 'stored' | 'verified'
  readonly uploadId: string
  /** As in `opened`, so that the loss of that line does not make a stranger's upload look like ours. */
  readonly adopted?: boolean
}

export interface CompletingRecord {
  readonly kind: 'completing'
  readonly uploadId: string
  readonly size: number
  readonly crc64: string
  readonly identity: SourceIdentity
}

export interface CommittedRecord {
  readonly kind: 'committed'
  readonly uploadId: string
}

/** `seen`: an id that is ours and that nobody works on any more. `aborting`: it is to be aborted, now or later. */
export interface PendingRecord {
  readonly kind: 'seen' | 'aborting'
  readonly uploadId: string
}

/** The id needs no more care: aborted by us, not there any more, or adopted and left for whoever began it. */
export interface ClosedRecord {
  readonly kind: 'closed'
  readonly uploadId: string
  readonly how: 'aborted' | 'gone' | 'left'
}

export type CheckpointRecord =
  | IntentRecord
  | RefusedRecord
  | OpenedRecord
  | PartRecord
  | CompletingRecord
  | CommittedRecord
  | PendingRecord
  | ClosedRecord

/** The last word on one part: sent, and perhaps verified since. */
export interface PartHistory {
  readonly stored?: PartProof
  readonly verified?: PartProof
}

export interface OpenUpload {
  readonly opened: OpenedRecord
  readonly parts: ReadonlyMap<number, PartHistory>
  readonly completing?: CompletingRecord
  /** It became an object, but nobody may have heard of it: the run that knew ended before all was tidied up. */
  readonly committed: boolean
}

export interface CheckpointState {
  /** The upload to go on with. */
  readonly current?: OpenUpload
  /** Intents that nothing answered, oldest first: each may have left an upload at the service. */
  readonly intents: readonly IntentRecord[]
  /** Ids to abort, each at most once. */
  readonly pendingAborts: readonly string[]
  /** Ids that are ours, not current, and not yet marked for abort. */
  readonly leftovers: readonly string[]
  /** Every id that is in the log. */
  readonly knownIds: ReadonlySet<string>
  /** Ids that parts were recorded for although no intact `opened` names them: that line was lost. */
  readonly unopenedIds: readonly string[]
  /** Ids that were adopted: not ours to abort unless somebody names them. */
  readonly adoptedIds: ReadonlySet<string>
}

export function encodeRecord(record: CheckpointRecord): CheckpointLine {
  return record as unknown as CheckpointLine
}

/** `undefined` for kinds we do not know and for lines that lack what their kind must have. */
export function decodeRecord(line: CheckpointLine): CheckpointRecord | undefined {
  return hasWhatItMust(line) ? (line as unknown as CheckpointRecord) : undefined
}

export function foldCheckpoint(lines: readonly CheckpointLine[]): CheckpointState {
  const records = lines.map(decodeRecord).filter((record) => record !== undefined)
  const uploads = new Map<string, MutableUpload>()
  const uploadOf = (uploadId: string): MutableUpload => {
    const known = uploads.get(uploadId)
    if (known !== undefined) return known
    const fresh: MutableUpload = {
      opened: false,
      parts: new Map(),
      committed: false,
      adopted: false,
      ours: false,
    }
    uploads.set(uploadId, fresh)
    return fresh
  }
  const intents: IntentRecord[] = []
  let lastOpened: OpenedRecord | undefined
  for (const record of records) {
    if (record.kind === 'intent') {
      intents.push(record)
      continue
    }
    if (record.kind === 'refused') {
      answerLast(intents)
      continue
    }
    const upload = uploadOf(record.uploadId)
    switch (record.kind) {
      case 'opened':
        // Lines may be doubled; only the first one of an id answers an intent, and an adopted one answers none.
        if (!upload.opened && record.adopted !== true) answerLast(intents)
        // An upload that was put aside may be adopted later, and is then the one to go on with.
        if (record.adopted === true && upload.end !== 'aborting') delete upload.end
        if (record.adopted === true) upload.adopted = true
        upload.opened = true
        lastOpened = record
        break
      case 'stored':
        upload.parts.set(record.partNumber, { stored: record })
        if (record.adopted === true) upload.adopted = true
        break
      case 'verified':
        upload.parts.set(record.partNumber, { ...upload.parts.get(record.partNumber), verified: record })
        if (record.adopted === true) upload.adopted = true
        break
      case 'completing':
        upload.completing = record
        break
      case 'committed':
        upload.committed = true
        break
      case 'seen':
        upload.end ??= 'left'
        upload.ours = true
        break
      case 'aborting':
        if (upload.end !== 'closed') upload.end = 'aborting'
        break
      case 'closed':
        upload.end = 'closed'
        break
    }
  }
  const current = lastOpened === undefined ? undefined : asOpen(lastOpened, uploadOf(lastOpened.uploadId))
  const others = [...uploads].filter(([id]) => id !== current?.opened.uploadId)
  const othersThat = (fits: (upload: MutableUpload) => boolean): string[] =>
    others.filter(([, upload]) => fits(upload)).map(([id]) => id)
  return {
    ...(current === undefined ? {} : { current }),
    intents,
    pendingAborts: othersThat(({ end }) => end === 'aborting'),
    leftovers: othersThat(({ end, opened }) => end === 'left' || (opened && end === undefined)),
    knownIds: new Set(uploads.keys()),
    unopenedIds: othersThat(({ end, opened }) => !opened && end === undefined),
    adoptedIds: new Set([...uploads].filter(([, { adopted, ours }]) => adopted && !ours).map(([id]) => id)),
  }
}

function answerLast(intents: IntentRecord[]): void {
  const answered = intents.findLastIndex((intent) => intent.operation === 'initiate')
  if (answered >= 0) intents.splice(answered, 1)
}

interface MutableUpload {
  opened: boolean
  readonly parts: Map<number, PartHistory>
  completing?: CompletingRecord
  committed: boolean
  adopted: boolean
  /** Known to be ours before it was adopted. */
  ours: boolean
  end?: 'left' | 'aborting' | 'closed'
}

function asOpen(opened: OpenedRecord, upload: MutableUpload): OpenUpload | undefined {
  const { parts, completing, committed, end } = upload
  if (end === 'closed') return undefined
  // A run that died while it tidied up after success has not been heard: the next one finds the object and says so.
  if (end !== undefined && !committed) return undefined
  return { opened, parts, committed, ...(completing === undefined ? {} : { completing }) }
}

/** A time as records have it, a whole number from 0 on, whatever fraction or clock it comes from. Never later. */
export function recordedTime(ms: number): number {
  return Math.max(0, Math.floor(ms))
}

/** Two states of one file between which the file system reports no change. */
export function sameIdentity(a: SourceIdentity | null, b: SourceIdentity | null): boolean {
  return a !== null && b !== null && sameFile(a, b) && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs
}

/** The same file with the same number of bytes, though they may be other bytes. */
export function sameFile(a: SourceIdentity, b: SourceIdentity): boolean {
  return a.size === b.size && a.device === b.device && a.inode === b.inode
}
