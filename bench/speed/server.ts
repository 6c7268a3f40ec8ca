/** The discarding server as a process, told what the files have. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Knowledge } from './answers.js'
import type { FromServer, ToServer } from './discard.js'

export interface DiscardServer {
  readonly http: string
  readonly https: string
  /** Replaces what it knew. */
  know(knowledge: readonly Knowledge[]): Promise<void>
  end(): void
}

export async function startDiscardServer(): Promise<DiscardServer> {
  const child = fork(fileURLToPath(new URL('./discard.js', import.meta.url)))
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
    http: `http://127.0.0.1:${first.ports.http}`,
    https: `https://127.0.0.1:${first.ports.https}`,
    async know(knowledge) {
      const message: ToServer = { know: knowledge }
      child.send(message)
      await said()
    },
    end: () => child.disconnect(),
  }
}
