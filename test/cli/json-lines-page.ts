/** `npm run docs:json-lines`: writes the types of JSON lines from their schema into docs/json-lines.md; a test holds the page to it. */
import { pathToFileURL } from 'node:url'
import { readCommand } from '../support/command.js'
import { writeFigures } from '../support/figures.js'
import { type LineSchema, readSchema } from './json-lines.js'

export const PLACE = { page: 'json-lines', name: 'types' } as const

export function typesText(): string {
  return Object.entries(readSchema().$defs)
    .map(([type, line]) => `### ${type}\n\n${line.description}\n\n${fieldsText(line)}`.trimEnd())
    .join('\n\n')
}

function fieldsText({ properties, required }: LineSchema): string {
  return Object.entries(properties)
    .filter(([name]) => name !== 'type' && name !== 'v')
    .map(([name, { description = '' }]) => {
      const shown = required.includes(name) ? `\`${name}\`` : `[\`${name}\`]`
      return `- ${shown}${description === '' ? '' : `: ${description}`}`
    })
    .join('\n')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  readCommand(
    'npm run docs:json-lines\n  writes the types of JSON lines from their schema into docs/json-lines.md',
    {},
  )
  writeFigures(PLACE, typesText())
}
