/**
 * Which process this is, in terms that a later reader on any machine can judge. A pid alone says little: pids repeat,
 * and containers that share a folder each have their own pid 1.
 */
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

/** Empty texts where the platform does not tell. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks from boot to the start of the process. */
  readonly startTime: string
  readonly host: string
  /** Stays over reboots. */
  readonly machineId: string
  /** New with every boot; the same for all containers of one kernel. */
  readonly bootId: string
  /** Within which the pid means something. */
  readonly pidNamespace: string
}

let known: Promise<ProcessIdentity> | undefined

/** Looked up once: none of it changes while the process lives. */
export function whoAmI(): Promise<ProcessIdentity> {
  known ??= lookUp()
  return known
}

async function lookUp(): Promise<ProcessIdentity> {
  return {
    pid: process.pid,
    startTime: (await readStat('self'))?.startTime ?? '',
    host: hostname(),
    machineId: (await readText('/etc/machine-id')) || (await readText('/var/lib/dbus/machine-id')),
    bootId: await readText('/proc/sys/kernel/random/boot_id'),
    pidNamespace: await readlink('/proc/self/ns/pid').catch(() => ''),
  }
}

export type ProcessState = 'running' | 'gone' | 'unsure'

/** Does the process that started at `startTime` still run? Its pid must be of our own namespace. */
export async function processState({
  pid,
  startTime,
}: Pick<ProcessIdentity, 'pid' | 'startTime'>): Promise<ProcessState> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Any other refusal (EPERM) is about a process that is there.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'gone'
  }
  const stat = await readStat(String(pid))
  if (stat === undefined || startTime === '') return 'unsure'
  // A zombie has ended; only its parent has not looked yet.
  const ended = stat.state === 'Z' || stat.state === 'X'
  return stat.startTime === startTime && !ended ? 'running' : 'gone'
}

async function readStat(pid: string): Promise<{ state: string; startTime: string } | undefined> {
  const text = await readText(`/proc/${pid}/stat`)
  // The second field is the program's name in parentheses and may hold anything, so count from its end.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  const startTime = fields[19]
  return state === undefined || startTime === undefined ? undefined : { state, startTime }
}

async function readText(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.trim()
}
