/** The program: every command, in the order in which the help lists them. */
import { Command } from 'commander'
import { defineCompletion } from './definitions/completion.js'
import { defineConfig } from './definitions/config.js'
import type { Definition } from './definitions/definition.js'
import { defineDemo } from './definitions/demo.js'
import { defineDiscard } from './definitions/discard.js'
import { defineDoctor } from './definitions/doctor.js'
import { defineGet } from './definitions/get.js'
import { defineHelp } from './definitions/help.js'
import { defineLs } from './definitions/ls.js'
import { defineMb } from './definitions/mb.js'
import { definePut } from './definitions/put.js'
import { defineResume } from './definitions/resume.js'
import { defineRm } from './definitions/rm.js'
import { defineServe } from './definitions/serve.js'
import { defineStat } from './definitions/stat.js'
import { defineTakeover } from './definitions/takeover.js'
import { defineUploads } from './definitions/uploads.js'
import { defineVerify } from './definitions/verify.js'
import { defineWords } from './definitions/words.js'
import type { World } from './world.js'

const commands: readonly ((definition: Definition) => void)[] = [
  definePut,
  defineGet,
  defineUploads,
  defineResume,
  defineDiscard,
  defineTakeover,
  defineVerify,
  defineLs,
  defineStat,
  defineRm,
  defineMb,
  defineConfig,
  defineDoctor,
  defineServe,
  defineDemo,
  defineCompletion,
  defineHelp,
  defineWords,
]

const exitCodes = `
Exit codes: 0 done, 2 wrong usage, 3 some of many failed, 4 the file is missing or changed, 5 interrupted (run the
same again), 6 denied, 7 not found, 8 checksums differ, 9 held or in conflict, 10 the store can't be used, 11 the
callback failed, 129, 130 or 143 stopped by a signal, 1 anything else.`

const examplesByProgram = new WeakMap<Command, readonly string[]>()

/** What the helps show, without the program's name before it. */
export function examplesOf(program: Command): readonly string[] {
  return examplesByProgram.get(program) ?? []
}

/** @param ended told the exit code of the command that ran */
export function createProgram(world: World, ended: (exitCode: number) => void): Command {
  const { screen } = world
  const program = new Command('longhaul')
    .description('Resumable upload to Alibaba Cloud OSS and servers that speak like it.')
    .option('-V, --version', 'the version of longhaul')
    .helpOption('-h, --help', 'this text')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => screen.out(text.trimEnd()),
      writeErr: (text) => screen.err(text.trimEnd()),
      // Errors are said once, by whoever runs the program.
      outputError: () => {},
    })
    .addHelpText('after', exitCodes)
  const examples = (...lines: readonly string[]): string => {
    examplesByProgram.set(program, [...examplesOf(program), ...lines])
    return ['', 'Examples:', ...lines.map((line) => `  ${world.program} ${line}`)].join('\n')
  }
  for (const define of commands) define({ program, world, ended, examples })
  return program
}
