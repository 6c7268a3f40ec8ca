/**
 * How many columns of a terminal a text takes. Names come from everywhere: Chinese characters and emoji take two columns,
 * combining marks none. Counted by code point, so a sequence that a terminal joins to one picture is never counted too
 * narrow. Pure.
 */

const plain = /^[\x20-\x7e]*$/
const none = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u
/** What Unicode calls wide or fullwidth, in blocks rather than one by one, and pictures. */
const two =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u
/** Asks for the picture of a character that has a plain form, too. */
const asPicture = '\ufe0f'

export function textColumns(text: string): number {
  if (plain.test(text)) return text.length
  let columns = 0
  for (const character of text) columns += columnsOf(character)
  return columns
}

function columnsOf(character: string): number {
  if (character === asPicture) return 1
  if (none.test(character)) return 0
  return two.test(character) ? 2 : 1
}

/** The longest beginning that fits. */
export function cutToColumns(text: string, columns: number): string {
  if (textColumns(text) <= columns) return text
  let used = 0
  let cut = ''
  for (const character of text) {
    used += columnsOf(character)
    if (used > columns) break
    cut += character
  }
  return cut
}

/** The longest end that fits. */
function endOfColumns(text: string, columns: number): string {
  const characters = [...text]
  let used = 0
  let first = characters.length
  while (first > 0 && used + columnsOf(characters[first - 1] ?? '') <= columns) {
    first -= 1
    used += columnsOf(characters[first] ?? '')
  }
  // A mark without what it belongs to would sit on whatever stands before it.
  while (first < characters.length && columnsOf(characters[first] ?? '') === 0) first += 1
  return characters.slice(first).join('')
}

const gap = '...'

/** What is too long loses its middle: of a path the end tells most, and the beginning something. */
export function shortened(text: string, columns: number): string {
  if (textColumns(text) <= columns) return text
  const room = columns - gap.length
  if (room < 2) return cutToColumns(text, Math.max(columns, 0))
  const atEnd = Math.ceil((room * 2) / 3)
  return `${cutToColumns(text, room - atEnd)}${gap}${endOfColumns(text, atEnd)}`
}

export function padded(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, columns - textColumns(text)))
  return align === 'left' ? text + blanks : blanks + text
}
