/** `longhaul doctor`: what is in the way of uploads from here, a line per check, the worst of them as the exit code. */
import { diagnose, type Finding } from '../../index.js'
import { exitCodeOfError, exitCodeOfMany, exitCodeOfSignal, success } from '../exit-codes.js'
import { failureLine, failureOf, oneLine, printable } from '../failure.js'
import { writeJson } from '../json.js'
import { parseObjectUrl } from '../object-url.js'
import {
  type ConnectionFlags,
  openBucket,
  openService,
  resolveWithOrigins,
  storeFolder,
} from '../settings.js'
import { countOf } from '../sizes.js'
import type { World } from '../world.js'

export interface DoctorFlags extends ConnectionFlags {
  readonly store?: string
  readonly json?: boolean
  /** False for `--no-measure`. */
  readonly measure?: boolean
}

/** What Longhaul is made for, as in package.json. */
const leastNode = [20, 19] as const

export async function doctor(url: string | undefined, flags: DoctorFlags, world: World): Promise<number> {
  const { screen } = world
  const found: Finding[] = []
  const tell = (finding: Finding): void => {
    found.push(finding)
    if (flags.json === true) writeJson(screen, 'check', finding)
    else screen.out(lineOf(finding))
  }
  tell(nodeFinding(process.versions.node))
  const stopCode = await examine(url, flags, world, tell)
  const codes = found.flatMap(({ code }) => (code === undefined ? [] : [exitCodeOfError(code, undefined)]))
  const exitCode = stopCode ?? worstOf(codes)
  const count = (state: Finding['state']): number => found.filter((finding) => finding.state === state).length
  const counts = {
    ok: count('ok'),
    warnings: count('warning'),
    failed: count('failed'),
    skipped: count('skipped'),
  }
  if (flags.json === true) writeJson(screen, 'summary', { exitCode, ...counts })
  else if (stopCode === undefined) screen.out(sentenceOf(counts))
  return exitCode
}

/** Returns the exit code of a stop. */
async function examine(
  url: string | undefined,
  flags: DoctorFlags,
  world: World,
  tell: (finding: Finding) => void,
): Promise<number | undefined> {
  const { screen, environment, signal } = world
  try {
    const target = url === undefined ? undefined : parseObjectUrl(url)
    const store = storeFolder(flags, environment)
    const where = await settingsFinding(flags, world, target?.bucket, tell)
    const options = { store, measure: flags.measure !== false, signal, prefix: target?.key }
    for await (const finding of diagnose(where, options)) tell(finding)
    return undefined
  } catch (error) {
    const failure = failureOf(error)
    if (failure.code === 'cancelled') {
      screen.err(failureLine(failure))
      return exitCodeOfSignal(world.stoppedBy() ?? 'SIGINT')
    }
    if (failure.code === 'internal') throw error
    tell({
      check: 'settings',
      state: 'failed',
      code: failure.code,
      message: failure.message.replace(/\.$/, ''),
    })
    return undefined
  }
}

async function settingsFinding(
  flags: DoctorFlags,
  world: World,
  bucket: string | undefined,
  tell: (finding: Finding) => void,
) {
  const { connection, settings } = await resolveWithOrigins(flags, world)
  const where = bucket === undefined ? openService(connection) : openBucket(connection, bucket)
  if (settings === undefined) {
    tell({
      check: 'settings',
      state: 'ok',
      message: `${where.endpoint}, and its key, from the server of this machine`,
    })
    return where
  }
  const { texts, keys } = settings
  const told = [
    `endpoint from ${texts.endpoint?.from}`,
    ...(texts.proxy === undefined ? [] : [`proxy from ${texts.proxy.from}`]),
    `access key from ${keys?.from}`,
  ]
  tell({ check: 'settings', state: 'ok', message: told.join(', ') })
  return where
}

function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isOld = major < leastNode[0] || (major === leastNode[0] && minor < leastNode[1])
  return isOld
    ? {
        check: 'Node',
        state: 'failed',
        code: 'unsupported',
        message: `version ${version} is older than ${leastNode.join('.')}`,
        advice: 'Install a newer Node.',
      }
    : { check: 'Node', state: 'ok', message: `version ${version}` }
}

const checkColumns = 18

function lineOf({ check, state, message, advice }: Finding): string {
  const text = oneLine(`${message}${advice === undefined ? '' : `. ${advice}`}`)
  return printable(`${state.padEnd(7)}  ${check.padEnd(checkColumns)}  ${text}`)
}

/** That of all failures where they agree, else 1; warnings are no failure. */
function worstOf(codes: readonly number[]): number {
  return codes.length === 0 ? success : exitCodeOfMany(codes)
}

function sentenceOf({ warnings, failed }: { readonly warnings: number; readonly failed: number }): string {
  if (failed > 0) return `Uploads will not work: ${countOf(failed, 'check')} failed.`
  if (warnings > 0) return `Uploads will work; ${countOf(warnings, 'warning')}.`
  return 'Uploads will work.'
}
