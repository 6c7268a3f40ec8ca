/** Puts figures where they are read: a command that measured something writes its table into a page, between two marks. */
import { readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { fixture } from './paths.js'

/**
 * Replaces what stands between `<!-- figures: NAME -->` and `<!-- /figures -->` in `docs/PAGE.md`.
 *
 * @throws Error when the page has no such place: figures that nobody reads must not be lost silently
 */
export function writeFigures(
  place: { readonly page: string; readonly name: string },
  markdown: string,
): void {
  const path = fixture(`docs/${place.page}.md`)
  writeFileSync(path, withFigures(readFileSync(path, 'utf8'), place.name, markdown))
}

/** The page's text with the new figures in their place. */
export function withFigures(text: string, name: string, markdown: string): string {
  const opening = `<!-- figures: ${name} -->`
  const closing = '<!-- /figures -->'
  const from = text.indexOf(opening)
  const to = text.indexOf(closing, from)
  if (from < 0 || to < 0) throw new Error(`The page has no place for the figures called ${name}.`)
  return `${text.slice(0, from + opening.length)}\n${markdown.trim()}\n${text.slice(to)}`
}

/** Where and when, for the line under a table: `Node 20.20.2, linux x64, 2 cores, 24 GiB; 2026-11-25`. */
export function measuredOn(): string {
  const memoryGiB = Math.ceil(os.totalmem() / 2 ** 30)
  const date = new Date().toISOString().slice(0, 10)
  return `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${os.availableParallelism()} cores, ${memoryGiB} GiB; ${date}`
}

export interface Column {
  readonly title: string
  readonly align?: 'right'
}

/** A column of numbers. */
export const right = (title: string): Column => ({ title, align: 'right' })

/** A table in Markdown. Cells must not have line breaks. */
export function markdownTable(
  columns: readonly Column[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map((row) =>
      line(row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell))),
    ),
  ].join('\n')
}
