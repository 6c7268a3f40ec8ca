/**
 * A small terminal: what a person sees after something was written to it. It knows what our screen writes, wraps long
 * lines, scrolls, and lays its lines out anew when it is resized, as most terminals do.
 */
import { textColumns } from '../../src/cli/text-width.js'

export interface Terminal {
  write(text: string): void
  resize(columns: number): void
  /** Without what is empty at the end. */
  lines(): readonly string[]
}

/** A control sequence, or a character. */
const written = new RegExp(String.raw`${'\x1b'}\[([?0-9]*)([A-Za-z])|([\s\S])`, 'gu')

interface Row {
  characters: string[]
  /** Goes on in the next row. */
  wrapped: boolean
}

export function createTerminal(size: { readonly columns: number }): Terminal {
  let { columns } = size
  let rows: Row[] = [{ characters: [], wrapped: false }]
  let row = 0
  let column = 0
  let wraps = true

  const rowAt = (index: number): Row => {
    while (rows.length <= index) rows.push({ characters: [], wrapped: false })
    return rows[index] as Row
  }
  const put = (character: string): void => {
    const width = textColumns(character)
    if (column + width > columns) {
      if (wraps) {
        rowAt(row).wrapped = true
        row += 1
        column = 0
      } else column = Math.max(0, columns - width)
    }
    const { characters } = rowAt(row)
    while (characters.length < column) characters.push(' ')
    characters[column] = character
    for (let more = 1; more < width; more += 1) characters[column + more] = ''
    column += width
  }
  const control = (parameter: string, command: string): void => {
    const count = Number(parameter || '1')
    if (command === 'A') row = Math.max(0, row - count)
    else if (command === 'K') {
      rowAt(row).characters.length = Math.min(rowAt(row).characters.length, column)
      rowAt(row).wrapped = false
    } else if (command === 'J') {
      rowAt(row).characters.length = Math.min(rowAt(row).characters.length, column)
      rows = rows.slice(0, row + 1)
    } else if (parameter === '?7') wraps = command === 'h'
    else throw new Error(`this terminal does not know ESC[${parameter}${command}`)
  }
  return {
    write(text) {
      for (const [, parameter, command, other] of text.matchAll(written)) {
        if (command !== undefined) control(parameter ?? '', command)
        else if (other === '\r') column = 0
        else if (other === '\n') {
          row += 1
          column = 0
        } else if (other !== undefined) put(other)
      }
    },
    resize(newColumns) {
      const old = rows
      const cursorRow = row
      columns = newColumns
      rows = []
      row = 0
      let text: string[] = []
      let newRow = 0
      for (const [index, { characters, wrapped }] of old.entries()) {
        text = [...text, ...characters]
        if (wrapped) continue
        const pieces = Math.max(1, Math.ceil(text.length / columns))
        for (let piece = 0; piece < pieces; piece += 1) {
          rows.push({
            characters: text.slice(piece * columns, (piece + 1) * columns),
            wrapped: piece < pieces - 1,
          })
        }
        // The cursor stands behind the text of its line.
        if (index === cursorRow) newRow = rows.length - 1
        text = []
      }
      row = newRow
      column = Math.min(column, columns)
    },
    lines() {
      const texts = rows.map(({ characters }) =>
        Array.from(characters, (each) => each ?? ' ')
          .join('')
          .trimEnd(),
      )
      while (texts.at(-1) === '') texts.pop()
      return texts
    },
  }
}
