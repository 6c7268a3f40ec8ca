/**
 * The exclusive hold on one target, between processes. Everyone who wants it raises a flag under a name of their own and
 * then looks for others': of any two, the later one to raise sees the earlier. No name is ever shared or used again, so
 * that clearing away a dead process's flag can never hit a newcomer's.
 */
import { readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { UploadError } from '../engine/errors.js'
import type { FileCalls } from '../files/calls.js'
import { inFolder, usingStore } from './folder.js'
import { createFlag, type Flag, type FlagFile, fileName, ignoreMissing } from './lock-flag.js'
import { decodeLock, describeHolder, judgeLock, type LockRecord, type LockVerdict } from './lock-record.js'
import { lookForLifeSign } from './lock-socket.js'
import type { Look } from './look.js'
import { enter, sinceOf, socketOf, sweep } from './presence.js'
import { type ProcessIdentity, processState, whoAmI } from './process-identity.js'

/** What is locked. */
export interface LockPlace {
  readonly folder: string
  /** A file name's beginning, without dots; of one target alone. */
  readonly id: string
  /** What it is, for messages. */
  readonly what: string
}

export interface LockOptions {
  /** Take it from whoever seems to hold it; they learn by `held()`. */
  readonly steal: boolean
  readonly calls: FileCalls
  /** At the folder. */
  readonly look: Look
}

export interface Lock {
  /** Is it sure that nothing of this name has been in the folder since the hold was taken, but by our own doing? */
  isAbsent(name: string): boolean
  /** Is it still ours? Somebody may have taken it by force. It stays ours when the whole folder has vanished. */
  held(): Promise<boolean>
  /** Leaves nothing behind. More than one call does no harm. */
  release(): Promise<void>
}

/** Somebody else's flag, not proved dead. */
interface Rival {
  readonly token: string
  readonly record: LockRecord | undefined
}

/** A hold older than this, in milliseconds, is no longer contending: there is no use in waiting for it to step back. */
const CONTENDING_MS = 2000
const ROUNDS = 24
const PAUSE_MS = { least: 20, most: 60 }

/** Holds of this process, by place: they need no looking. */
const holdsHere = new Map<string, object>()

/** @throws UploadError `locked`, naming who holds it; `store-unusable` */
export async function acquireLock(place: LockPlace, { steal, calls, look }: LockOptions): Promise<Lock> {
  const { folder, id } = place
  const here = inFolder(folder, id)
  if (holdsHere.has(here) && !steal) throw heldHere(place)
  const mine = {}
  holdsHere.set(here, mine)
  const giveUp = (): void => {
    if (holdsHere.get(here) === mine) holdsHere.delete(here)
  }
  const me = await whoAmI()
  const presence = await usingStore(folder, () => enter(folder, me)).catch((error: unknown) => {
    giveUp()
    throw error
  })
  const token = presence.nextToken()
  const flag = createFlag(place, token, { presence, calls })
  let released = false
  let seen: readonly string[] | undefined
  const release = async (): Promise<void> => {
    if (released) return
    released = true
    giveUp()
    await flag.destroy()
    if (seen === undefined) await clearOrphans(place, me)
    await presence.leave()
  }
  try {
    seen = await usingStore(folder, () => contend(place, { me, token, flag, steal, look }))
  } catch (error) {
    await release()
    throw error
  }
  let vanished = false
  const held = async (): Promise<boolean> => {
    if (released) return false
    if (await flag.isUp()) return true
    // Who takes over by force leaves the folder where it is. When that is gone, it is nobody's doing that holds the place.
    vanished ||= !(await isThere(folder, calls))
    return vanished && (await rivalsIn(place, { me, token })).length === 0
  }
  return { isAbsent: (name) => seen !== undefined && !seen.includes(name), held, release }
}

/** Where it can be told at once, who has lost the hold sends nothing more: a request leaves only in the next turn of the event loop. */
async function isThere(folder: string, calls: FileCalls): Promise<boolean> {
  return usingStore(folder, async () => {
    try {
      await calls.lstat(folder)
      return true
    } catch (error) {
      ignoreMissing(error as NodeJS.ErrnoException)
      return false
    }
  })
}

async function rivalsIn(
  place: LockPlace,
  self: { readonly me: ProcessIdentity; readonly token: string },
): Promise<readonly Rival[]> {
  return usingStore(place.folder, async () => {
    const names = (await readdir(place.folder).catch(ignoreMissing)) ?? []
    return (await lookAround(place, names, self)).rivals
  })
}

/** Who holds the place, in words; `undefined` when nobody does. Changes nothing. */
export async function findHolder(
  place: Pick<LockPlace, 'folder' | 'id'>,
  names: readonly string[],
): Promise<string | undefined> {
  const { rivals } = await lookAround(place, names, { me: await whoAmI(), token: '' })
  const [rival] = rivals
  return rival === undefined ? undefined : describeHolder(rival.record)
}

/**
 * Returns once our flag is up and a look around, begun after it was raised, found no other. Of several contenders the one
 * with the lowest token stays and the others step back, so somebody always gets it. Returns the names it saw where there
 * was no trace of anybody else; where there was, who left meanwhile may have changed something after the look.
 */
async function contend(
  place: LockPlace,
  {
    me,
    token,
    flag,
    steal,
    look,
  }: Omit<LockOptions, 'calls'> & {
    readonly me: ProcessIdentity
    readonly token: string
    readonly flag: Flag
  },
): Promise<readonly string[] | undefined> {
  const prefix = `${place.id}.`
  let mayForce = steal
  await flag.raise()
  for (let round = 1; ; round += 1) {
    const names = await look()
    const ours = names.filter((name) => name.startsWith(prefix))
    const isUp = ours.includes(fileName(place.id, token, 'lock'))
    if (isUp && ours.length === 1) return names
    const { rivals, dead } = await lookAround(place, ours, { me, token })
    await clear(place, dead)
    if (dead.length > 0) await sweep(place.folder, me)
    if (mayForce) await clear(place, rivals)
    if (rivals.length === 0 || mayForce) {
      mayForce = false
      if (await flag.isUp()) return undefined
      if (round >= ROUNDS) throw heldBy(place, undefined)
      await flag.raise()
      continue
    }
    const settled = rivals.find(({ record }) => isSettled(record, me))
    if (settled !== undefined || round >= ROUNDS) throw heldBy(place, (settled ?? rivals[0])?.record)
    if (rivals.some((rival) => rival.token < token)) await flag.lower()
    await sleep(PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least))
  }
}

/** Only on our own host do both times come from one clock. */
function isSettled(record: LockRecord | undefined, me: ProcessIdentity): boolean {
  return record?.host === me.host && Date.now() - Date.parse(record.since) > CONTENDING_MS
}

async function lookAround(
  place: Pick<LockPlace, 'folder' | 'id'>,
  names: readonly string[],
  { me, token }: { readonly me: ProcessIdentity; readonly token: string },
): Promise<{ rivals: Rival[]; dead: Rival[] }> {
  const rivals: Rival[] = []
  const dead: Rival[] = []
  for (const other of tokensOf(names, place.id, 'lock')) {
    if (other === token) continue
    const found = await examine(place, other, 'lock', me)
    if (found === undefined) continue
    const side = found.verdict === 'dead' ? dead : rivals
    side.push({ token: other, record: found.record })
  }
  return { rivals, dead }
}

/** `undefined` when the file is gone. */
async function examine(
  { folder, id }: Pick<LockPlace, 'folder' | 'id'>,
  token: string,
  kind: 'lock' | 'tmp',
  me: ProcessIdentity,
): Promise<{ record: LockRecord | undefined; verdict: LockVerdict } | undefined> {
  const text = await readFile(join(folder, fileName(id, token, kind)), 'utf8').catch(ignoreMissing)
  if (text === undefined) return undefined
  const written = decodeLock(text)
  // One record serves all flags of a process; when a flag was raised is told by its name.
  const record = written && { ...written, since: sinceOf(token) ?? written.since }
  const verdict = judgeLock(record, me, {
    socket: await lookForLifeSign(folder, socketOf(id, token)),
    process: record === undefined ? 'unsure' : await processState(record),
  })
  return { record, verdict }
}

/** The lock file goes last: a crash in between must not leave a socket that nothing points at. */
async function clear({ folder, id }: LockPlace, flags: readonly Rival[]): Promise<void> {
  for (const { token } of flags) {
    for (const kind of ['sock', 'tmp', 'lock'] as const) {
      await unlink(join(folder, fileName(id, token, kind))).catch(ignoreMissing)
    }
  }
}

/**
 * Removes what processes left that were killed before their flag was up. A refusing socket may also be a newcomer's that
 * is not listening yet; that one raises its flag all the same, and is judged by its process from then on.
 */
async function clearOrphans(place: LockPlace, me: ProcessIdentity): Promise<void> {
  const { folder, id } = place
  try {
    const names = await readdir(folder)
    const locks = new Set(tokensOf(names, id, 'lock'))
    const orphans = new Set([...tokensOf(names, id, 'sock'), ...tokensOf(names, id, 'tmp')])
    for (const token of orphans) {
      if (locks.has(token)) continue
      const refuses = (await lookForLifeSign(folder, socketOf(id, token))) === 'refuses'
      const dead = (await examine(place, token, 'tmp', me))?.verdict === 'dead'
      if (refuses || dead) await clear(place, [{ token, record: undefined }])
    }
  } catch (error) {
    // Only tidying: what can't be removed now stays for the next one, and holds nobody up.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
  }
}

function tokensOf(names: readonly string[], id: string, kind: FlagFile): string[] {
  const [prefix, suffix] = [`${id}.`, `.${kind}`]
  return names
    .filter((name) => name.startsWith(prefix) && name.endsWith(suffix))
    .map((name) => name.slice(prefix.length, -suffix.length))
}

function heldHere({ what }: LockPlace): UploadError {
  return new UploadError('locked', `This process is already at work on ${what}. Wait until it has finished.`)
}

function heldBy({ what }: LockPlace, record: LockRecord | undefined): UploadError {
  return new UploadError(
    'locked',
    `${what} is held by ${describeHolder(record)}. Wait until it has finished, or end it; ` +
      'if it is surely gone, take over by force (--steal).',
  )
}
