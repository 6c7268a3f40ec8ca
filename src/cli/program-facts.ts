/**
 * The program as data: what its help says, for what is made from it, such as completion, the manual and the page of all
 * options. So none of them can tell of a flag that is not there.
 */
import type { Argument, Command, Option } from 'commander'

export interface CommandFacts {
  /** What is typed after `longhaul`; empty for the program itself. */
  readonly path: readonly string[]
  readonly aliases: readonly string[]
  readonly description: string
  /** What follows the name, such as `[options] FILE oss://bucket/key`. */
  readonly usage: string
  readonly arguments: readonly ArgumentFacts[]
  readonly options: readonly OptionFacts[]
  readonly commands: readonly CommandFacts[]
}

export interface ArgumentFacts {
  readonly name: string
  readonly description: string
  readonly isVariadic: boolean
  readonly value: ValueFacts
}

export interface OptionFacts {
  readonly short?: string
  readonly long: string
  /** As the help writes it, such as `-j, --num-threads <count>`. */
  readonly flags: string
  readonly description: string
  /** Absent for a flag that stands alone. */
  readonly value?: ValueFacts & { readonly name: string; readonly isOptional: boolean }
  /** May be given several times. */
  readonly isRepeated: boolean
}

/** What a value can be, as far as completion can help. */
export type ValueFacts =
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** What `longhaul words` tells of this machine. */
  | { readonly kind: 'known'; readonly list: 'uploads' | 'profiles' }
  | { readonly kind: 'file' | 'folder' | 'text' }

export function factsOf(command: Command, path: readonly string[] = []): CommandFacts {
  const help = command.createHelp()
  return {
    path,
    aliases: command.aliases(),
    description: help.commandDescription(command),
    usage: command.usage(),
    arguments: command.registeredArguments.map(argumentFacts),
    options: help.visibleOptions(command).map(optionFacts),
    commands: help.visibleCommands(command).map((each) => factsOf(each, [...path, each.name()])),
  }
}

/** All commands that do something, in the order of the help. */
export function everyCommand(facts: CommandFacts): readonly CommandFacts[] {
  return facts.commands.flatMap((each) => [each, ...everyCommand(each)])
}

function argumentFacts(argument: Argument): ArgumentFacts {
  return {
    name: argument.name(),
    description: argument.description,
    isVariadic: argument.variadic,
    value: valueFacts(argument.name(), argument.argChoices),
  }
}

function optionFacts(option: Option): OptionFacts {
  const { short, flags, required, optional, variadic, argChoices, defaultValue } = option
  // Most descriptions tell the default themselves, in words.
  const told = typeof defaultValue === 'string' ? ` (default: ${defaultValue})` : ''
  const name = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1]?.replace('...', '')
  return {
    ...(short === undefined || short === null ? {} : { short }),
    long: option.long ?? option.name(),
    flags,
    description: `${option.description}${told}`,
    ...(name === undefined || !(required || optional)
      ? {}
      : { value: { name, isOptional: optional, ...valueFacts(name, argChoices) } }),
    isRepeated: variadic || option.parseArg?.name === 'collect',
  }
}

/** Names of values that `longhaul words` lists. */
const known: ReadonlyMap<string, 'uploads' | 'profiles'> = new Map([
  ['ids', 'uploads'],
  ['profile', 'profiles'],
])
/** Names of values that are files or folders; definitions keep to them. */
const files: ReadonlySet<string> = new Set(['file', 'files', 'path', 'paths', 'sources', 'json', 'source'])
const folders: ReadonlySet<string> = new Set(['folder'])

function valueFacts(name: string, choices: readonly string[] | undefined): ValueFacts {
  if (choices !== undefined && choices.length > 0) return { kind: 'choice', choices }
  const list = known.get(name)
  if (list !== undefined) return { kind: 'known', list }
  if (files.has(name)) return { kind: 'file' }
  return { kind: folders.has(name) ? 'folder' : 'text' }
}
