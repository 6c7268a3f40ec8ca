/** Reads names from a file or from stdin as they come: a name per line, or with a NUL after each, which no name can have. */
import { createReadStream } from 'node:fs'
import { CommandError } from './failure.js'

/** More than any path can have; a list of something else ends here instead of filling the memory. */
const longestName = 64 * 1024

/**
 * @param list a path, or `-` for the input. Rejects with a CommandError `source-missing` when it can't be read.
 */
export async function* namesOf(
  list: string,
  {
    from0,
    input,
  }: { readonly from0: boolean; readonly input?: (() => AsyncIterable<Uint8Array>) | undefined },
): AsyncGenerator<string> {
  const shown = list === '-' ? 'standard input' : list
  if (list === '-' && input === undefined) {
    throw new CommandError('source-missing', 'There is no standard input.')
  }
  const stream = list === '-' && input !== undefined ? input() : createReadStream(list)
  try {
    yield* split(texts(stream), { end: from0 ? '\0' : '\n', shown })
  } catch (cause) {
    if (cause instanceof CommandError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CommandError('source-missing', `The list of files in ${shown} can't be read: ${why}`, { cause })
  }
}

async function* texts(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  for await (const piece of pieces) yield decoder.decode(piece, { stream: true })
  yield decoder.decode()
}

/** Exported for its laws alone. */
export async function* split(
  pieces: AsyncIterable<string> | Iterable<string>,
  { end, shown }: { readonly end: '\n' | '\0'; readonly shown: string },
): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of pieces) {
    const names = (rest + piece).split(end)
    rest = names.pop() ?? ''
    if (rest.length > longestName) {
      throw new CommandError('source-missing', `The list of files in ${shown} has a name that can be none.`)
    }
    yield* names.map((name) => nameOf(name, end)).filter((name) => name !== '')
  }
  const last = nameOf(rest, end)
  if (last !== '') yield last
}

/** Lines may end as on Windows. */
function nameOf(text: string, end: '\n' | '\0'): string {
  return end === '\n' ? text.replace(/\r$/, '') : text
}
