/** One question on the terminal whose answer is not shown. */
import { HiddenLine } from './hidden-line.js'

/** Rejects with the signal's reason; Ctrl-C stops as it does elsewhere. */
export async function askHiddenOnTerminal(question: string, signal: AbortSignal): Promise<string> {
  const { stdin, stderr } = process
  const line = new HiddenLine()
  stderr.write(question)
  // In raw mode nothing is echoed, and Ctrl-C comes as a character.
  stdin.setRawMode(true).setEncoding('utf8').resume()
  let take: (typed: string) => void = () => {}
  let stop: () => void = () => {}
  try {
    return await new Promise<string>((resolve, reject) => {
      stop = () => reject(signal.reason)
      signal.addEventListener('abort', stop)
      if (signal.aborted) stop()
      take = (typed) => {
        const state = line.take(typed)
        if (state === 'interrupted') process.kill(process.pid, 'SIGINT')
        if (state === 'done') resolve(line.text)
      }
      stdin.on('data', take)
      stdin.once('end', () => resolve(line.text))
    })
  } finally {
    signal.removeEventListener('abort', stop)
    stdin.off('data', take)
    stdin.setRawMode(false).pause()
    stderr.write('\n')
  }
}
