/**
 * The command line's beginning and end: signals, errors as one line, the exit code. The first signal stops what runs and
 * keeps what was sent; the second ends the process at once.
 */
import { fileURLToPath } from 'node:url'
import { CommanderError } from 'commander'
import { exitCodeOfError, exitCodeOfSignal, failed, type StopSignal, success } from './exit-codes.js'
import { CommandError, type Failure, failureLine, failureOf } from './failure.js'
import { programName } from './invocation.js'
import { writeFailure, writeJson } from './json.js'
import { valuesOfTheirOwn } from './options.js'
import { createProgram } from './program.js'
import { createScreen } from './screen.js'
import { createStopSignals } from './stop-signals.js'
import type { World } from './world.js'

async function run(world: World): Promise<number> {
  const { screen } = world
  try {
    return await runCommand(world)
  } catch (error) {
    screen.clearStatus()
    if (error instanceof CommanderError && error.exitCode === 0) return success
    // Help in answer to a call without a command was printed already.
    if (error instanceof CommanderError && error.code === 'commander.help') return 2
    const failure = error instanceof CommanderError ? usageFailure(error, world) : failureOf(error)
    const exitCode = exitCodeOfError(failure.code, world.stoppedBy())
    tellEnd(failure, { exitCode, error }, world)
    return exitCode
  }
}

function tellEnd(
  failure: Failure,
  { exitCode, error }: { readonly exitCode: number; readonly error: unknown },
  { screen, args, environment }: World,
): void {
  // After `--` there are only names.
  const end = args.indexOf('--')
  if ((end === -1 ? args : args.slice(0, end)).includes('--json')) {
    writeFailure(screen, failure)
    writeJson(screen, 'summary', { exitCode, code: failure.code })
  }
  screen.err(failureLine(failure))
  if (environment['LONGHAUL_DEBUG'] === '1' && error instanceof Error)
    screen.err(withoutSecretValue(error.stack ?? ''))
}

async function runCommand(world: World): Promise<number> {
  let exitCode: number = success
  const program = createProgram(world, (code) => {
    exitCode = code
  })
  program.on('option:version', () => {
    throw new VersionAsked()
  })
  try {
    await program.parseAsync(valuesOfTheirOwn(world.args), { from: 'user' })
  } catch (error) {
    if (!(error instanceof VersionAsked)) throw error
    world.screen.out(`longhaul ${(await import('../index.js')).version}`)
  }
  return exitCode
}

class VersionAsked extends Error {}

function usageFailure({ message }: CommanderError, { program, args }: World): Failure {
  const text = withoutSecretValue(message)
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/, '. Did you mean $1?')
  const command = /^[a-z]+$/.test(args[0] ?? '') && !text.startsWith('unknown command') ? ` ${args[0]}` : ''
  const advice = /[.?]$/.test(text) ? '' : `. See: ${program}${command} --help`
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}${advice}`
  return failureOf(Object.assign(new Error(sentence), { code: 'invalid-argument' }))
}

/** A secret given as a flag that there is not would be repeated as the name of it. */
function withoutSecretValue(message: string): string {
  return message.replace(/(--?[a-z-]*(?:secret|token|password|key)[a-z-]*=)[^']*/gi, '$1...')
}

function createWorld(): World {
  const stop = new AbortController()
  const signals = createStopSignals()
  const onSignal = (signal: StopSignal): void => {
    const wish = signals.heard(signal, performance.now())
    if (wish === 'stop') stop.abort(new CommandError('cancelled', `Stopped by ${signal}.`))
    if (wish === 'insist') process.exit(exitCodeOfSignal(signal))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  // A program that started this one over a channel and ended without a word wants no more of it.
  process.once('disconnect', () => onSignal('SIGTERM'))
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true
  return {
    ...(isTerminal
      ? {
          ask: (question: string) => ask(question, stop.signal),
          askHidden: (question: string) => askHidden(question, stop.signal),
        }
      : {}),
    readInput,
    input: () => process.stdin,
    screen: createScreen(process.stdout, process.stderr, process.env),
    environment: process.env,
    script: fileURLToPath(import.meta.url),
    program: programName(process.argv[1], process.cwd()),
    args: process.argv.slice(2),
    signal: stop.signal,
    stoppedBy: () => signals.stoppedBy,
    atSuddenEnd(tidy) {
      process.once('exit', tidy)
      return () => void process.off('exit', tidy)
    },
  }
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  return (await import('./ask.js')).askOnTerminal(question, signal)
}

async function askHidden(question: string, signal: AbortSignal): Promise<string> {
  return (await import('./ask-hidden.js')).askHiddenOnTerminal(question, signal)
}

const mostInputBytes = 64 * 1024

async function readInput(): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of process.stdin) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes > mostInputBytes)
      throw new CommandError('invalid-argument', 'Standard input holds more than one value.')
  }
  return Buffer.concat(pieces).toString('utf8')
}

const world = createWorld()
process.on('uncaughtException', (error) => {
  world.screen.clearStatus()
  tellEnd(failureOf(error), { exitCode: failed, error }, world)
  process.exit(failed)
})
const exitCode = run(world).then(async (code) => {
  await world.screen.flush()
  return code
})
// Nothing that is left open, such as a connection, may keep a finished command from ending.
exitCode.then((code) => process.exit(code))
