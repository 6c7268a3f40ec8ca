/**
 * This process's presence in a store folder, shared by all that it holds there: one durable record of who it is, and one
 * listening socket as its sign of life. A flag is then one more name of that record, made by one system call: with a
 * record, a sync and a socket per flag, a thousand small files spent ten times longer on their locks than on the network.
 */
import { randomBytes } from 'node:crypto'
import { open, readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileCalls } from '../files/calls.js'
import { inFolder } from './folder.js'
import { decodeLock, encodeLock, judgeLock, type LockRecord, type LockVerdict } from './lock-record.js'
import { giveLifeSign, type LifeSign, lookForLifeSign } from './lock-socket.js'
import { type ProcessIdentity, processState } from './process-identity.js'

export interface Presence {
  /** What every flag of this process says in this folder. */
  readonly record: LockRecord
  /** A name for one more flag; never used again. */
  nextToken(): string
  /** Gives the record one more name. False where the file system can't, or where somebody has cleaned it away. */
  raise(path: string, calls: Pick<FileCalls, 'link'>): Promise<boolean>
  /** The last one to leave takes it all away. */
  leave(): Promise<void>
}

interface Shared {
  readonly made: Promise<Made>
  holds: number
}

interface Made {
  readonly record: LockRecord
  readonly lifeSign: LifeSign | undefined
}

/** By folder. */
const here = new Map<string, Shared>()
let flags = 0

/** Rejects with what the file system says. */
export async function enter(folder: string, me: ProcessIdentity): Promise<Presence> {
  const shared = here.get(folder) ?? { made: make(folder, me), holds: 0 }
  here.set(folder, shared)
  shared.holds += 1
  const leave = async (): Promise<void> => {
    shared.holds -= 1
    if (shared.holds > 0) return
    if (here.get(folder) === shared) here.delete(folder)
    await shared.made.then(
      (made) => unmake(folder, made),
      () => {}, // nothing was made
    )
  }
  try {
    const { record } = await shared.made
    const recordPath = inFolder(folder, recordName(record.token))
    return {
      record,
      nextToken() {
        flags += 1
        return `${record.token}-${Date.now().toString(36)}-${flags.toString(36)}`
      },
      async raise(path, calls) {
        try {
          await calls.link(recordPath, path)
          return true
        } catch {
          return false
        }
      },
      leave,
    }
  } catch (error) {
    await leave()
    throw error
  }
}

async function make(folder: string, me: ProcessIdentity): Promise<Made> {
  const token = randomBytes(8).toString('hex')
  const socket = socketName(token)
  // First: a record whose writer died over it is known by its socket, which refuses.
  const lifeSign = await giveLifeSign(folder, socket)
  const since = new Date().toISOString()
  const record: LockRecord = { v: 1, token, ...me, socket: lifeSign === undefined ? null : socket, since }
  try {
    const handle = await open(join(folder, recordName(token)), 'wx', 0o600)
    try {
      await handle.writeFile(encodeLock(record))
      // After a power cut, a flag must still say whose it was: one that says nothing can't be proved dead.
      await handle.datasync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    await unmake(folder, { record, lifeSign })
    throw error
  }
  await sweep(folder, me)
  return { record, lifeSign }
}

/** What can't be removed any more is at least without its life sign, so the next one will see that it is dead. */
async function unmake(folder: string, { record, lifeSign }: Made): Promise<void> {
  await lifeSign?.close()
  await unlink(join(folder, socketName(record.token))).catch(() => {})
  await unlink(join(folder, recordName(record.token))).catch(() => {})
}

/** The socket that speaks for a flag: of its process, or its own where a flag was written whole. */
export function socketOf(id: string, token: string): string {
  const [process = '', since] = token.split('-')
  return since === undefined ? `${id}.${token}.sock` : socketName(process)
}

/** When a flag was raised, if its name says so. */
export function sinceOf(token: string): string | undefined {
  const ms = Number.parseInt(token.split('-')[1] ?? '', 36)
  return ms < 8.64e15 ? new Date(ms).toISOString() : undefined
}

/**
 * Removes what processes left that were killed: a record that no flag is a name of. A refusing socket may also be a
 * newcomer's that is not listening yet; that one is judged by its process from then on.
 */
export async function sweep(folder: string, me: ProcessIdentity): Promise<void> {
  try {
    const names = await readdir(folder)
    const tokens = new Set(names.flatMap((name) => PRESENCE.exec(name)?.[1] ?? []))
    for (const token of tokens) {
      if (names.some((name) => name.includes(`.${token}-`))) continue
      const { socket, verdict } = await judge(folder, token, me)
      if (socket !== 'refuses' && verdict !== 'dead') continue
      await unlink(join(folder, socketName(token))).catch(() => {})
      await unlink(join(folder, recordName(token))).catch(() => {})
    }
  } catch (error) {
    // Only tidying: what can't be removed now stays for the next one, and holds nobody up.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
  }
}

async function judge(
  folder: string,
  token: string,
  me: ProcessIdentity,
): Promise<{ socket: Awaited<ReturnType<typeof lookForLifeSign>>; verdict: LockVerdict }> {
  const text = await readFile(join(folder, recordName(token)), 'utf8').catch(() => '')
  const record = decodeLock(text)
  const socket = await lookForLifeSign(folder, socketName(token))
  const process = record === undefined ? 'unsure' : await processState(record)
  return { socket, verdict: judgeLock(record, me, { socket, process }) }
}

const PRESENCE = /^([0-9a-f]{16})\.(?:alive|sock)$/

function recordName(token: string): string {
  return `${token}.alive`
}

function socketName(token: string): string {
  return `${token}.sock`
}
