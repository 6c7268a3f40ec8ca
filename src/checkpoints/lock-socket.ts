/**
 * A listening local socket as a sign of life: the kernel takes it away with the process, however that ends, and answers
 * for a process that is busy or stopped. It serves nothing: whoever connects is let go at once.
 */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { connect, createServer, type ListenOptions } from 'node:net'
import { join } from 'node:path'
import type { SocketState } from './lock-record.js'

export interface LifeSign {
  close(): Promise<void>
}

/** `undefined` where no socket can be made, such as on some network file systems. Never keeps the process alive. */
export async function giveLifeSign(folder: string, name: string): Promise<LifeSign | undefined> {
  const way = await wayTo(folder, name)
  if (way === undefined) return undefined
  const server = createServer((connection) => connection.destroy())
  // `exclusive`: a cluster's worker would else hand the socket to its primary, which outlives it.
  const options: ListenOptions = { path: way.path, exclusive: true }
  const listening = await new Promise<boolean>((resolve) => {
    // Later errors are of single connections (too many open files), which concern nobody.
    server.on('error', () => resolve(false))
    server.listen(options, () => resolve(true))
  })
  if (!listening) {
    await way.close()
    return undefined
  }
  server.unref()
  return {
    async close() {
      await new Promise((resolve) => server.close(resolve))
      await way.close()
    },
  }
}

export async function lookForLifeSign(folder: string, name: string): Promise<SocketState> {
  const way = await wayTo(folder, name)
  if (way === undefined) return 'unsure'
  const state = await new Promise<SocketState>((resolve) => {
    const socket = connect(way.path)
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(REFUSALS[error.code ?? ''] ?? 'unsure'))
    socket.on('connect', () => {
      socket.destroy()
      resolve('answers')
    })
  })
  await way.close()
  return state
}

const REFUSALS: Readonly<Record<string, SocketState>> = {
  ECONNREFUSED: 'refuses',
  ENOENT: 'missing',
  // Its queue of connections is full, so there is a listener, though a stopped one.
  EAGAIN: 'answers',
}

/** Longest socket path that every platform takes, in bytes. */
const LONGEST_PATH = 103

/** A path by which a socket in the folder can be reached, as long as the way is not closed. */
async function wayTo(
  folder: string,
  name: string,
): Promise<{ path: string; close(): Promise<void> } | undefined> {
  if (process.platform === 'win32') return { path: `\\\\.\\pipe\\longhaul-${name}`, close: async () => {} }
  const path = join(folder, name)
  if (Buffer.byteLength(path) <= LONGEST_PATH) return { path, close: async () => {} }
  if (process.platform !== 'linux') return undefined
  // Through an open folder, any depth becomes a short path.
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY).catch(() => undefined)
  if (handle === undefined) return undefined
  return { path: `/proc/self/fd/${handle.fd}/${name}`, close: () => handle.close() }
}
