/** Files of sections and settings, as people edit them: read whole, changed line by line, so that comments stay. Pure. */

export interface IniSection {
  readonly name: string
  readonly entries: readonly IniEntry[]
}

export interface IniEntry {
  readonly key: string
  readonly value: string
  /** From 1. */
  readonly lineNumber: number
}

type Line =
  | { readonly kind: 'section'; readonly name: string }
  | { readonly kind: 'entry'; readonly key: string; readonly value: string }
  | { readonly kind: 'blank' }
  | { readonly kind: 'odd' }

/** A comment has a line of its own: a value may hold any character. */
function readLine(line: string): Line {
  const text = line.trim()
  if (text === '' || text.startsWith('#') || text.startsWith(';')) return { kind: 'blank' }
  const section = /^\[\s*(.*?)\s*\]$/.exec(text)
  if (section !== null) return { kind: 'section', name: section[1] ?? '' }
  const equals = text.indexOf('=')
  if (equals < 1) return { kind: 'odd' }
  return { kind: 'entry', key: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim() }
}

/** Lines that mean nothing are passed over where `strict` is not wanted. @throws RangeError, naming the line */
export function parseIni(text: string, { strict }: { readonly strict: boolean }): readonly IniSection[] {
  const sections: { readonly name: string; readonly entries: IniEntry[] }[] = []
  let current: (typeof sections)[number] | undefined
  for (const [index, line] of linesOf(text).entries()) {
    const read = readLine(line)
    if (read.kind === 'section') {
      // A section that comes again goes on with the first.
      const known = sections.find(({ name }) => name === read.name)
      current = known ?? { name: read.name, entries: [] }
      if (known === undefined) sections.push(current)
    } else if (read.kind === 'entry') {
      const { key, value } = read
      if (current !== undefined) current.entries.push({ key, value, lineNumber: index + 1 })
      else if (strict) throw new RangeError(`line ${index + 1} stands before the first [section]`)
    } else if (read.kind === 'odd' && strict) {
      throw new RangeError(`line ${index + 1} is no setting: write it as name = value`)
    }
  }
  return sections
}

export interface IniChange {
  readonly section: string
  readonly key: string
  /** `undefined` takes the setting away. */
  readonly value: string | undefined
}

/** The text with one setting changed, and everything else as it was. */
export function changeIni(text: string, { section, key, value }: IniChange): string {
  const lines = [...linesOf(text)]
  while (lines.at(-1) === '') lines.pop()
  const at = placesIn(lines, section, key)
  const [first, ...others] = at.entries
  for (const index of [...others].reverse()) lines.splice(index, 1)
  const setting = `${key} = ${value}`
  if (value === undefined) {
    if (first !== undefined) lines.splice(first, 1)
  } else if (first !== undefined) lines[first] = setting
  else if (at.end !== undefined) lines.splice(at.end, 0, setting)
  else lines.push(...(lines.length === 0 ? [] : ['']), `[${section}]`, setting)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

/** Lines of the setting, and after which line of the section another would stand. */
function placesIn(
  lines: readonly string[],
  section: string,
  key: string,
): { readonly entries: readonly number[]; readonly end: number | undefined } {
  const entries: number[] = []
  let end: number | undefined
  let here = false
  for (const [index, line] of lines.entries()) {
    const read = readLine(line)
    if (read.kind === 'section') {
      here = read.name === section
      if (here) end = index + 1
    } else if (here && read.kind !== 'blank') {
      end = index + 1
      if (read.kind === 'entry' && read.key === key) entries.push(index)
    }
  }
  return { entries, end }
}

function linesOf(text: string): readonly string[] {
  return text.replace(/^\ufeff/, '').split(/\r?\n/)
}
