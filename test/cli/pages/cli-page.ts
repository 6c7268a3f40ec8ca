/** docs/cli.md: every command with every argument and flag, in Markdown. */
import { exitCodes } from '../../../src/cli/explanations/own-codes.js'
import type { CommandFacts, OptionFacts } from '../../../src/cli/program-facts.js'
import { markdownTable } from '../../support/figures.js'
import { commands, examplesFor, variables } from './sources.js'

export function cliPage(): string {
  return `# The command line

Every command and every flag, as \`longhaul COMMAND --help\` tells them. This page is made from the program by \`npm run docs:cli\`, and a
test holds it to that. [recipes.md](recipes.md) shows them at work; [errors.md](errors.md) explains what can go wrong;
[concepts.md](concepts.md) has the words.

\`oss://bucket/key\` names an object; the key is taken as it stands, nothing is decoded. Sizes are \`8MiB\` (1024), \`10MB\` (1000), \`512k\`
(1024) or plain bytes, rates the same with or without \`/s\`, durations \`90s\`, \`15m\`, \`1h30m\`, \`2d\`, \`1w\` or \`forever\`. After \`--\` everything is a name.

${commands.map(section).join('\n\n')}

## Variables

Flags come first, then these.

${markdownTable(
  [{ title: 'variable' }, { title: 'meaning' }],
  variables.map(([name, meaning]) => [`\`${name}\``, meaning]),
)}

## Exit codes

${markdownTable(
  [{ title: 'code' }, { title: 'meaning' }],
  Object.entries(exitCodes).map(([code, { meaning }]) => [code, meaning]),
)}

A code that is not here counts as a failure.
`
}

function section(command: CommandFacts): string {
  const { path, aliases, description, usage, arguments: given, options } = command
  const shown = examplesFor(command)
  return [
    `## ${path.join(' ')}`,
    `${capital(description)}.${aliases.length > 0 ? ` Also called \`${aliases.join('`, `')}\`.` : ''}`,
    `\`\`\`text\nlonghaul ${path.join(' ')} ${usage}\n\`\`\``,
    ...(given.length === 0
      ? []
      : [
          markdownTable(
            [{ title: 'argument' }, { title: 'meaning' }],
            given.map(({ name, description: told }) => [`\`${name}\``, cell(told)]),
          ),
        ]),
    markdownTable([{ title: 'flag' }, { title: 'meaning' }], options.map(row)),
    ...(shown.length === 0
      ? []
      : [`\`\`\`text\n${shown.map((line) => `longhaul ${line}`).join('\n')}\n\`\`\``]),
  ].join('\n\n')
}

function row({ flags, description, value }: OptionFacts): readonly string[] {
  const choices = value?.kind === 'choice' ? `; one of \`${value.choices.join('`, `')}\`` : ''
  return [`\`${flags.replaceAll('|', '\\|')}\``, `${cell(description)}${choices}`]
}

/** What would end a cell or be taken for a tag. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/<(?=[a-z])/g, '&lt;')
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
