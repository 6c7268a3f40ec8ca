/**
 * `npm run docs:operations`: writes the table of all operations into docs/compatibility.md. Run it after a row was marked as
 * done; a test holds the page to the rows.
 */
import { pathToFileURL } from 'node:url'
import type { OperationRow } from '../../src/server/operation-row.js'
import { OPERATION_ROWS } from '../../src/server/routes.js'
import { readCommand } from '../support/command.js'
import { markdownTable, writeFigures } from '../support/figures.js'

export const PLACE = { page: 'compatibility', name: 'operations' } as const

const PATHS = { service: '/', bucket: '/bucket', object: '/bucket/key' }

/** What is done first; an operation with several rows once, with all its forms. */
export function operationsTable(rows: readonly OperationRow[] = OPERATION_ROWS): string {
  const names = [...new Set(rows.map(({ name }) => name))]
  const cells = names.map((name) => {
    const forms = rows.filter((row) => row.name === name)
    return {
      name,
      forms: [...new Set(forms.map(formOf))].join(', '),
      isDone: forms.every(({ done }) => done),
    }
  })
  const sorted = [...cells.filter(({ isDone }) => isDone), ...cells.filter(({ isDone }) => !isDone)]
  return markdownTable(
    [{ title: 'operation' }, { title: 'asked by' }, { title: 'answer' }],
    sorted.map(({ name, forms, isDone }) => [name, forms, isDone ? '*done*' : 'NotImplemented']),
  )
}

function formOf({ method, on, needs = [], header }: OperationRow): string {
  const query = needs.length === 0 ? '' : `?${needs.join('&')}`
  return `\`${method} ${PATHS[on]}${query}\`${header === undefined ? '' : ` with \`${header}\``}`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  readCommand('npm run docs:operations\n  writes the table of all operations into docs/compatibility.md', {})
  writeFigures(PLACE, operationsTable())
}
