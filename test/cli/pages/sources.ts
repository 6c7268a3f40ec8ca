/** What the pages of the command line are made from: the program itself, its examples, and the variables it reads. */
import { createProgram, examplesOf } from '../../../src/cli/program.js'
import { type CommandFacts, everyCommand, factsOf } from '../../../src/cli/program-facts.js'
import { worldOf } from '../in-process.js'

const program = createProgram(worldOf([], {}), () => {})

export const facts: CommandFacts = factsOf(program)

export const commands: readonly CommandFacts[] = everyCommand(facts)

/** Of all commands, without the program's name. */
export const examples: readonly string[] = examplesOf(program)

/** The examples of one command: those that begin with its words. */
export function examplesFor({ path, aliases }: CommandFacts): readonly string[] {
  const names = [path.join(' '), ...aliases]
  return examples.filter((line) => names.some((name) => line === name || line.startsWith(`${name} `)))
}

/** Variables of the environment that a person may set. A test holds this to the sources. */
export const variables: readonly (readonly [name: string, meaning: string])[] = [
  ['OSS_ENDPOINT', 'where the service is, such as https://oss-cn-hangzhou.aliyuncs.com'],
  ['OSS_REGION', 'the region, such as cn-hangzhou; alone it also tells the endpoint'],
  ['OSS_ACCESS_KEY_ID', 'the access key id'],
  ['OSS_ACCESS_KEY_SECRET', 'its secret'],
  ['OSS_SESSION_TOKEN', 'the security token of temporary keys'],
  ['LONGHAUL_PROFILE', 'the profile whose settings hold where no variable or flag says otherwise'],
  ['LONGHAUL_STORE', 'the folder of checkpoints (default: .longhaul/uploads in the home directory)'],
  ['LONGHAUL_HOME', 'the folder of everything else of Longhaul (default: .longhaul in the home directory)'],
  ['LONGHAUL_DEBUG', '1: failures are told with the places in the program that they come from'],
]
