/**
 * What a run of many sources writes down, and what its lines add up to. A file that is `done` is passed over by later
 * runs for as long as its state, its key and its headers stay what they were. Pure.
 */
import type { CheckpointLine, SourceIdentity } from '../engine/ports.js'
import { createKeyTable, type KeyTable } from './key-table.js'
import { createLastFailures, type FailedFile, type RunError, type StoppedRun } from './last-failures.js'
import type { TextDigest } from './ports.js'

/** A run began. */
export interface BegunRecord {
  readonly kind: 'begun'
  /** By this machine's clock, milliseconds since the epoch. */
  readonly at: number
  /** What the digests of headers are salted with; that of the first `begun` counts. */
  readonly salt: string
  /** What was asked for, in the caller's own terms, so that the run can be taken up again. */
  readonly definition?: unknown
}

/** The file became its object. */
export interface DoneRecord {
  readonly kind: 'done'
  readonly key: string
  readonly identity: SourceIdentity
  /** A salted digest of the headers that the object was given. */
  readonly headers: string
  readonly crc64: string
}

/** The file did not become its object. */
export interface FailedRecord extends FailedFile {
  readonly kind: 'failed'
}

/** A run ended before all sources were tried, by a failure that concerns all of them. */
export interface StoppedRecord extends StoppedRun {
  readonly kind: 'stopped'
}

/** A run came to its end, with or without failures. */
export interface EndedRecord {
  readonly kind: 'ended'
  readonly at: number
}

export type ManifestRecord = BegunRecord | DoneRecord | FailedRecord | StoppedRecord | EndedRecord

export interface ManifestState {
  /** When the oldest run began that later ones went on with; absent when there was none. */
  readonly begunAt?: number
  readonly salt?: string
  /** Of the last run that told it. */
  readonly definition?: unknown
  /** Did the last run come to its end? */
  readonly ended: boolean
  readonly keys: KeyTable
  /** What failed last and was not made good since. */
  readonly lastError: RunError | undefined
  /** Lines that mean something. */
  readonly lines: number
}

export function encodeManifest(record: ManifestRecord): CheckpointLine {
  return { ...record }
}

/** `undefined` for kinds that this version does not know, and for lines that lack what their kind must have. */
export function decodeManifest(line: CheckpointLine): ManifestRecord | undefined {
  const { kind, at, key } = line
  if (kind === 'begun' && isTime(at) && typeof line['salt'] === 'string') {
    const { definition } = line
    return { kind, at, salt: line['salt'], ...(definition === undefined ? {} : { definition }) }
  }
  if (kind === 'ended' && isTime(at)) return { kind, at }
  const { identity, headers, crc64, source, code, message } = line
  if (kind === 'stopped' && isTime(at) && typeof code === 'string' && typeof message === 'string') {
    return { kind, at, code, message }
  }
  if (typeof key !== 'string') return undefined
  if (kind === 'done' && isIdentity(identity) && typeof headers === 'string' && typeof crc64 === 'string') {
    return { kind, key, identity, headers, crc64 }
  }
  if (kind !== 'failed' || typeof source !== 'string' || typeof code !== 'string') return undefined
  const told = typeof message === 'string' ? message : ''
  return { kind, key, source, code, message: told, ...(isTime(at) ? { at } : {}) }
}

/** Adds lines up one by one, so that no more than the table of keys is ever held. */
export function createManifestFold(digest: TextDigest): {
  add(line: CheckpointLine): void
  state(): ManifestState
} {
  const keys = createKeyTable(digest)
  const failures = createLastFailures()
  let lines = 0
  let begun: BegunRecord | undefined
  let definition: unknown
  let ended = false
  return {
    add(line) {
      const record = decodeManifest(line)
      if (record === undefined) return
      lines += 1
      switch (record.kind) {
        case 'begun':
          begun ??= record
          definition = record.definition ?? definition
          ended = false
          break
        case 'done':
          keys.done(record.key, fingerprintOf(record.identity, record.headers))
          failures.done(record.key)
          break
        case 'failed':
          keys.failed(record.key)
          failures.failed(record)
          break
        case 'stopped':
          failures.stopped(record)
          break
        case 'ended':
          ended = true
          failures.ended()
      }
    },
    state: () => ({
      ...(begun === undefined ? {} : { begunAt: begun.at, salt: begun.salt }),
      ...(definition === undefined ? {} : { definition }),
      ended,
      keys,
      lastError: failures.last(),
      lines,
    }),
  }
}

/** Equal for equal states of a file under equal headers, and for no others. */
export function fingerprintOf(identity: SourceIdentity, headers: string): string {
  const { size, mtimeNs, ctimeNs, device, inode } = identity
  return JSON.stringify([size, mtimeNs, ctimeNs, device, inode, headers])
}

/**
 * Chooses the lines that a manifest can do without the others of: one `begun`, and per key that `wanted` wants the last
 * `done`. To be asked of every line, oldest first.
 */
export function createSieve(
  state: ManifestState,
  wanted: (key: string) => boolean,
  digest: TextDigest,
): (line: CheckpointLine) => boolean {
  const kept = createKeyTable(digest)
  let begun = false
  return (line) => {
    const record = decodeManifest(line)
    if (record?.kind === 'begun') {
      const first = !begun
      begun = true
      return first
    }
    if (record?.kind !== 'done' || !wanted(record.key)) return false
    const current = state.keys.isDone(record.key, fingerprintOf(record.identity, record.headers))
    return current && kept.take(record.key)
  }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isIdentity(value: unknown): value is SourceIdentity {
  if (typeof value !== 'object' || value === null) return false
  const { size, mtimeNs, ctimeNs, device, inode } = value as Record<string, unknown>
  return (
    typeof size === 'number' && [mtimeNs, ctimeNs, device, inode].every((each) => typeof each === 'string')
  )
}
