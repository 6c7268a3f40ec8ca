/** Columns of text for people, as wide as their widest cell. Pure. */
import { padded, textColumns } from './text-width.js'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** Lines without trailing blanks. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(textColumns(title), ...rows.map((row) => textColumns(row[index] ?? ''))),
  )
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => padded(cells[index] ?? '', widths[index] ?? 0, align))
      .join('  ')
      .trimEnd()
  return [line(columns.map(({ title }) => title)), ...rows.map(line)]
}
