/** One question on the terminal. The answer to a closed input is the empty one. */
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'

/** Rejects with the signal's reason, so that Ctrl-C at a question stops as it does elsewhere. */
export async function askOnTerminal(question: string, signal: AbortSignal): Promise<string> {
  // The terminal stays in its own line mode: so Ctrl-C comes as the signal it is.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
  try {
    const closed = once(lines, 'close').then(() => '')
    return await Promise.race([lines.question(question, { signal }), closed])
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw error
  } finally {
    lines.close()
  }
}
