/** `longhaul help`: the help of a command, or what a code means and what to do. */
import type { Command } from 'commander'
import { success } from '../exit-codes.js'
import { allCodes, type Explained, explain, nearest } from '../explanations/explain.js'
import { UsageError } from '../failure.js'
import type { World } from '../world.js'

export async function help(topic: readonly string[], program: Command, world: World): Promise<number> {
  const command = commandOf(topic, program)
  if (command !== undefined) {
    command.outputHelp()
    return success
  }
  const typed = topic.join(' ')
  const explained = explain(typed)
  if (explained === undefined) {
    const names = [...program.commands.flatMap((each) => [each.name(), ...each.aliases()]), ...allCodes()]
    const near = nearest(typed, names)
    const advice = near === undefined ? ` See: ${world.program} --help` : ` Did you mean ${near}?`
    throw new UsageError(`There is no command and no code ${JSON.stringify(typed)}.${advice}`)
  }
  for (const line of linesOf(explained)) world.screen.out(line)
  return success
}

/** Without a topic the program itself. */
function commandOf(topic: readonly string[], program: Command): Command | undefined {
  let found: Command | undefined = program
  for (const word of topic) {
    found = found?.commands.find((each) => each.name() === word || each.aliases().includes(word))
  }
  return found
}

function linesOf({ code, kind, meaning, advice, exitCode }: Explained): readonly string[] {
  return [
    `${code}: ${kind}${exitCode === undefined ? '' : `, exit code ${exitCode}`}`,
    '',
    `  ${meaning}`,
    `  What to do: ${advice}`,
  ]
}
