/** Completion for fish, from 3.0 on. Pure. */
import { type CommandFacts, everyCommand, type OptionFacts, type ValueFacts } from '../program-facts.js'

export function fishCompletion(program: CommandFacts): string {
  const commands = everyCommand(program)
  const lines = [
    'complete -c longhaul -e',
    'complete -c longhaul -f',
    ...program.options.map((option) => optionLine('__fish_use_subcommand', option)),
    ...program.commands.flatMap((command) => nameLines('__fish_use_subcommand', command)),
    ...commands.flatMap(commandLines),
  ]
  return `# Completion of longhaul for fish. Use it with: longhaul completion fish | source\n${lines.join('\n')}\n`
}

function commandLines(command: CommandFacts): readonly string[] {
  const condition = conditionOf(command)
  return [
    ...command.options.map((option) => optionLine(condition, option)),
    ...command.commands.flatMap((sub) => nameLines(condition, sub)),
    ...command.arguments.flatMap(({ value }) => {
      const what = values(value)
      return what === '' ? [] : [`complete -c longhaul -n ${quoted(condition)}${what}`]
    }),
  ]
}

function nameLines(condition: string, { path, aliases, description }: CommandFacts): readonly string[] {
  return [path.at(-1) ?? '', ...aliases].map(
    (name) => `complete -c longhaul -n ${quoted(condition)} -a ${quoted(name)} -d ${quoted(description)}`,
  )
}

/** A command within another is meant when the words of both were typed. */
function conditionOf({ path, aliases }: CommandFacts): string {
  const outer = path.slice(0, -1).map((word) => `__fish_seen_subcommand_from ${word}; and `)
  return `${outer.join('')}__fish_seen_subcommand_from ${[path.at(-1), ...aliases].join(' ')}`
}

function optionLine(condition: string, { short, long, description, value }: OptionFacts): string {
  const names = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.replace(/^--/, '')}`
  const needs = value === undefined || value.isOptional ? '' : ` -r${values(value) || ' -f'}`
  return `complete -c longhaul -n ${quoted(condition)}${names}${needs} -d ${quoted(description)}`
}

function values(value: ValueFacts): string {
  if (value.kind === 'choice') return ` -f -a ${quoted(value.choices.join(' '))}`
  if (value.kind === 'known') return ` -f -a '(command longhaul words ${value.list} 2>/dev/null)'`
  if (value.kind === 'file') return ' -F'
  return value.kind === 'folder' ? ` -f -a '(__fish_complete_directories)'` : ''
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
