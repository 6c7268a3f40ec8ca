/**
 * Reads TypeScript as far as the tidiness tests need it: which text is code, and what a file imports. It knows strings,
 * templates, comments and regular expressions of code that Biome has formatted, and no grammar beyond them.
 */

export interface SourceText {
  /** The code with comments blanked out. */
  readonly code: string
  /** The code with comments, strings, template texts and regular expressions blanked out. */
  readonly bare: string
}

/** After these a slash begins a regular expression; after anything else it divides. */
const BEFORE_REGEX = /(?:^|[=(,:;!&|?{}[+\-*%<>~^]|\b(?:return|typeof|case|in|of|await|yield))\s*$/

/** Blanks keep their length and line ends, so that positions stay true. */
export function readSource(text: string): SourceText {
  let code = ''
  let bare = ''
  let at = 0
  /** For each open `${`: how many braces are open inside it. */
  const templates: number[] = []
  const take = (end: number, isCode: boolean, isBare: boolean): void => {
    const piece = text.slice(at, end)
    const blank = piece.replace(/[^\n]/g, ' ')
    code += isCode ? piece : blank
    bare += isBare ? piece : blank
    at = end
  }
  while (at < text.length) {
    const char = text.charAt(at)
    const pair = text.slice(at, at + 2)
    const depth = templates.at(-1)
    if (pair === '//') take(endOf(text, '\n', at), false, false)
    else if (pair === '/*') take(Math.min(endOf(text, '*/', at + 2) + 2, text.length), false, false)
    else if (char === "'" || char === '"') take(endOfString(text, at), true, false)
    else if (char === '/' && BEFORE_REGEX.test(bare.slice(-40))) take(endOfRegex(text, at), true, false)
    else if (char === '`' || (char === '}' && depth === 0)) {
      if (char === '}') templates.pop()
      const end = endOfTemplateText(text, at + 1)
      if (text.charAt(end - 1) === '{') templates.push(0)
      take(end, true, false)
    } else {
      if (depth !== undefined && char === '{') templates[templates.length - 1] = depth + 1
      if (depth !== undefined && char === '}') templates[templates.length - 1] = depth - 1
      take(at + 1, true, true)
    }
  }
  return { code, bare }
}

/** What a file names in `import`, `export … from`, `import()`, `import x = require()` and `new URL('…', import.meta.url)`. */
export function specifiersOf(source: SourceText): readonly string[] {
  const patterns = [
    /\b(?:import|export)\b[^'"`;=()]*?\bfrom\s*(['"])([^'"\n]+)\1/g,
    /\bimport\s*(['"])([^'"\n]+)\1/g,
    /\bimport\s*\(\s*(['"])([^'"\n]+)\1/g,
    /\brequire\s*\(\s*(['"])([^'"\n]+)\1/g,
    /\bnew URL\s*\(\s*(['"])(\.[^'"\n]+)\1\s*,\s*import\.meta\.url/g,
  ]
  const found = new Set<string>()
  for (const pattern of patterns) {
    for (const match of source.code.matchAll(pattern)) {
      const isCode = source.bare.charAt(match.index) !== ' '
      if (isCode && match[2] !== undefined) found.add(match[2])
    }
  }
  return [...found]
}

function endOf(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from)
  return end === -1 ? text.length : end
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charAt(at) !== text.charAt(start)) at += text.charAt(at) === '\\' ? 2 : 1
  return at + 1
}

/** The position after the closing backtick, or after the `${` that interrupts the text. */
function endOfTemplateText(text: string, start: number): number {
  let at = start
  while (at < text.length && text.charAt(at) !== '`') {
    if (text.slice(at, at + 2) === '${') return at + 2
    at += text.charAt(at) === '\\' ? 2 : 1
  }
  return at + 1
}

function endOfRegex(text: string, start: number): number {
  let at = start + 1
  let inClass = false
  while (at < text.length && (inClass || text.charAt(at) !== '/')) {
    if (text.charAt(at) === '[') inClass = true
    if (text.charAt(at) === ']') inClass = false
    at += text.charAt(at) === '\\' ? 2 : 1
  }
  return at + 1
}
