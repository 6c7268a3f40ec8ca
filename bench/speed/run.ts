/** One run of one contestant: a fresh process, what it told, and nothing left behind. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../../test/interop/programs.js'
import type { Contestant } from './contestants.js'
import type { Job, ManyFiles, OneFile, Told } from './job.js'

/** Far beyond the slowest contestant on a slow machine. */
const RUN_MS = 600_000

export type Asked = Omit<OneFile, 'store'> | Omit<ManyFiles, 'store'>

export interface RunPlace {
  /** On a disk as users have it: checkpoints are synced there. */
  readonly folder: string
  /** A file with the certificate of the server, for whoever wants to see it signed. Over plain HTTP nobody does. */
  readonly ca?: string
}

export async function runContestant(
  contestant: Contestant,
  asked: Asked,
  { folder, ca }: RunPlace,
): Promise<Told> {
  const store = mkdtempSync(join(folder, 'store-'))
  try {
    const job: Job = { ...asked, store }
    const [program, ...args] = contestant.command(job)
    // Not without need: reading it costs Node some milliseconds.
    const env = asked.endpoint.startsWith('https') ? { NODE_EXTRA_CA_CERTS: ca } : {}
    const ended = await runProgram(program, args, { limitMs: RUN_MS, env })
    if (ended.code !== 0) {
      throw new Error(
        `${contestant.title} ended with ${ended.code ?? 'a signal'}:\n${ended.output.slice(-2000)}`,
      )
    }
    return contestant.name === 'curl' ? curlTold(ended.output) : told(ended.stdout.toString())
  } finally {
    rmSync(store, { recursive: true, force: true })
  }
}

function told(text: string): Told {
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Told
}

function curlTold(text: string): Told {
  const [seconds, user, system] = text.trim().split(/\s+/).map(Number)
  return { seconds: seconds ?? Number.NaN, cpuSeconds: (user ?? Number.NaN) + (system ?? 0) }
}
