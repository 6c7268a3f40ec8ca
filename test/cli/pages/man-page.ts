/** docs/longhaul.1: the manual, in the language of man pages. */
import { exitCodes } from '../../../src/cli/explanations/own-codes.js'
import type { CommandFacts, OptionFacts } from '../../../src/cli/program-facts.js'
import { version } from '../../../src/index.js'
import { commands, examplesFor, facts, variables } from './sources.js'

export function manPage(): string {
  return `${[
    '.\\" Made from the program by npm run docs:cli.',
    `.TH LONGHAUL 1 "" "longhaul ${version}" "User Commands"`,
    '.SH NAME',
    'longhaul \\- resumable upload to Alibaba Cloud OSS and servers that speak like it',
    '.SH SYNOPSIS',
    '.B longhaul',
    '.I command',
    '.RI [ options ]',
    '.RI [ arguments ]',
    '.SH DESCRIPTION',
    words(facts.description),
    'An upload that was interrupted, by anything, goes on where it stopped when the same command is given again, and what',
    'arrives is proved to be the file. An object is named',
    '.IR oss://bucket/key .',
    'Sizes are 8MiB, 10MB, 512k or bytes; durations 90s, 15m, 2h, 1w or forever.',
    '.SH OPTIONS',
    ...facts.options.flatMap(optionLines),
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH ENVIRONMENT',
    ...variables.flatMap(([name, meaning]) => tagged(bold(name), meaning)),
    '.SH EXIT STATUS',
    ...Object.entries(exitCodes).flatMap(([code, { meaning }]) => tagged(bold(code), meaning)),
    '.PP',
    'A code that is not here counts as a failure.',
    '.B longhaul help',
    '.I code',
    'says what to do.',
    '.SH FILES',
    ...tagged(bold('~/.longhaul/uploads'), 'the checkpoints of unfinished uploads'),
    ...tagged(bold('~/.longhaul/data'), 'what serve keeps, unless --data names another folder'),
  ].join('\n')}\n`
}

function commandLines(command: CommandFacts): readonly string[] {
  const { path, aliases, description, usage, options } = command
  const also = aliases.length === 0 ? '' : ` Also called ${aliases.join(', ')}.`
  const shown = examplesFor(command)
  return [
    `.SS ${words(`longhaul ${path.join(' ')} ${usage}`)}`,
    words(`${description.charAt(0).toUpperCase()}${description.slice(1)}.${also}`),
    ...command.arguments.flatMap(({ name, description: told }) => tagged(`.I ${words(name)}`, told)),
    ...options.filter(({ long }) => long !== '--help').flatMap(optionLines),
    ...(shown.length === 0
      ? []
      : ['.PP', 'Examples:', '.PP', '.nf', ...shown.map((line) => words(`    longhaul ${line}`)), '.fi']),
  ]
}

function optionLines({ flags, description, value }: OptionFacts): readonly string[] {
  const choices = value?.kind === 'choice' ? `; one of ${value.choices.join(', ')}` : ''
  return tagged(bold(flags), `${description}${choices}`)
}

/** A paragraph with a tag before it. */
function tagged(tag: string, text: string): readonly string[] {
  return ['.TP', tag, words(text)]
}

function bold(text: string): string {
  return `.B ${words(text).replaceAll('"', '""')}`
}

/** Text in which nothing is a command: backslashes, hyphens, and points and quotes that begin a line. */
function words(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&')
}
