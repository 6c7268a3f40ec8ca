/** Names and values: `key=value` as people type it, and headers as a map with names in small letters. */

export type HeaderMap = Readonly<Record<string, string>>

/** Without an equals sign the key is empty. */
export function pairOf(text: string): readonly [key: string, value: string] {
  const equals = text.indexOf('=')
  return [text.slice(0, Math.max(equals, 0)).trim(), text.slice(equals + 1).trim()]
}
