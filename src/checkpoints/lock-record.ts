/**
 * What a lock file says, and the judgement whether who wrote it still lives. Pure. Only proof makes a lock `dead`: what
 * can't be known counts as held, since two uploads at work on one target are worse than one that asks.
 */
import type { ProcessIdentity, ProcessState } from './process-identity.js'

export interface LockRecord extends ProcessIdentity {
  readonly v: 1
  /** Names this hold; never used again. */
  readonly token: string
  /** The socket's file name, by which people can find it; `null` where none could be made. */
  readonly socket: string | null
  /** When it was taken, ISO 8601. */
  readonly since: string
}

/** What came of connecting to the socket that belongs to the lock. */
export type SocketState = 'answers' | 'refuses' | 'missing' | 'unsure'

export type LockVerdict = 'alive' | 'dead' | 'unknown'

export function encodeLock(record: LockRecord): string {
  return `${JSON.stringify(record)}\n`
}

/** `undefined` for anything that is no whole lock record. */
export function decodeLock(text: string): LockRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const record = value as Record<string, unknown>
  const texts = ['token', 'since', 'startTime', 'host', 'machineId', 'bootId', 'pidNamespace']
  const whole =
    record['v'] === 1 &&
    Number.isSafeInteger(record['pid']) &&
    Number(record['pid']) > 0 &&
    (record['socket'] === null || typeof record['socket'] === 'string') &&
    texts.every((name) => typeof record[name] === 'string')
  return whole ? (value as LockRecord) : undefined
}

/**
 * @param evidence.process the state of the pid here; it only counts when the pid is of our namespace
 */
export function judgeLock(
  record: LockRecord | undefined,
  me: ProcessIdentity,
  evidence: { readonly socket: SocketState; readonly process: ProcessState },
): LockVerdict {
  if (evidence.socket === 'answers') return 'alive'
  if (record === undefined || record.host !== me.host) return 'unknown'
  if (record.bootId !== me.bootId) return rebooted(record, me) ? 'dead' : 'unknown'
  // The kernel that holds the socket is ours, so its refusal is proof. A missing file is none: cleaners remove such.
  if (record.socket !== null && evidence.socket === 'refuses') return 'dead'
  if (record.pidNamespace !== me.pidNamespace) return 'unknown'
  return ({ running: 'alive', gone: 'dead', unsure: 'unknown' } as const)[evidence.process]
}

function rebooted(record: ProcessIdentity, me: ProcessIdentity): boolean {
  return (
    record.machineId !== '' && record.machineId === me.machineId && record.bootId !== '' && me.bootId !== ''
  )
}

/** In words, for messages. */
export function describeHolder(record: LockRecord | undefined): string {
  if (record === undefined) return 'an unknown process'
  return `process ${record.pid} on host ${shown(record.host)}, since ${shown(record.since)}`
}

/** The file may have been written by anything: what is told of it stays one line. */
function shown(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, '?').slice(0, 255)
}
