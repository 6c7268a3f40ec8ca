/** The discarding server as a process, told what the files have. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endsWithUs } from '../../test/support/command.js'
import type { Knowledge } from './answers.js'
import type { FromServer, ToServer } from './discard.js'

export interface DiscardServer {
  readonly http: string
  readonly https: string
  /** Replaces what it knew. */
  know(knowledge: readonly Knowledge[]): Promise<void>
  end(): void
}

/**
 * @param options.host the address it listens on; this machine's own by default
 * @param options.within the words to put before its command, where it is to run somewhere else
 */
export async function startDiscardServer(
  options: { readonly host?: string; readonly within?: readonly string[] } = {},
): Promise<DiscardServer> {
  const { host = '127.0.0.1', within = [] } = options
  const [execPath = process.execPath, ...execArgv] = [...within, process.execPath]
  const program = fileURLToPath(new URL('./discard.js', import.meta.url))
  const child = endsWithUs(fork(program, [host], { execPath, execArgv }))
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The discarding server ended')))
  // It ends when it is told to, too, and then nobody waits for it.
  ended.catch(() => {})
  const said = async (): Promise<FromServer> => {
    const [message] = await Promise.race([once(child, 'message'), ended])
    return message as FromServer
  }
  const first = await said()
  if (!('ports' in first)) throw new Error('The discarding server did not say where it listens')
  return {
    http: `http://${host}:${first.ports.http}`,
    https: `https://${host}:${first.ports.https}`,
    async know(knowledge) {
      const message: ToServer = { know: knowledge }
      child.send(message)
      await said()
    },
    end: () => child.disconnect(),
  }
}
