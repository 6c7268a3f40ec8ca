/**
 * Where the members of a JSON object stand in its text. Tools that seal a checkpoint hash the very text that they write,
 * so the text itself is what has to be hashed: written anew by another program it would be other bytes.
 */

export interface JsonMember {
  readonly name: string
  /** Of the value in the text. */
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** @param text valid JSON whose value is an object: `JSON.parse` has taken it */
export function jsonMembers(text: string): readonly JsonMember[] {
  const members: JsonMember[] = []
  let depth = 0
  let name: string | undefined
  let start = 0
  const closeMember = (end: number): void => {
    if (name === undefined) return
    members.push({ name, start, end: start + text.slice(start, end).trimEnd().length })
    name = undefined
  }
  let at = 0
  while (at < text.length) {
    const character = text.charAt(at)
    if (character === '"') {
      const end = endOfString(text, at)
      if (depth === 1 && name === undefined) {
        const colon = text.indexOf(':', end)
        name = String(JSON.parse(text.slice(at, end)))
        start = colon + 1 + leadingBlanks(text, colon + 1)
        at = start
        continue
      }
      at = end
      continue
    }
    if (character === '{' || character === '[') depth += 1
    if (character === '}' || character === ']') {
      if (depth === 1) closeMember(at)
      depth -= 1
    }
    if (character === ',' && depth === 1) closeMember(at)
    at += 1
  }
  return members
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1
  return at + 1
}

function leadingBlanks(text: string, from: number): number {
  let count = 0
  while (/[ \t\r\n]/.test(text.charAt(from + count))) count += 1
  return count
}
