/**
 * The thread's own program: it reads, hashes and sends whole parts with the same adapter and transport as the loop that
 * began it. It opens the file for itself, so that no number of an open file can come to mean another one.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { ServiceError } from '../../engine/errors.js'
import type { CancelSignal } from '../../engine/ports.js'
import type { Credentials } from '../../protocol/signing.js'
import type { CredentialsProvider } from '../../services/credentials.js'
import { createOssService } from '../../services/oss/oss.js'
import { openFileSource } from '../../sources/file.js'
import { createBlockPool } from '../../sources/pool.js'
import { createNodeTransport } from '../../transport/node.js'
import { networkOf } from '../network.js'
import { createNodeRuntime } from '../runtime.js'
import { fromClone, toClone } from './failures.js'
import type { FromWorker, PartTask, ToWorker, WorkerSetting } from './messages.js'

/** Two for each part; beyond so many parts share them. 8.5 MiB a thread. */
const mostBlocks = 17

const port = parentPort
if (port === null) throw new Error('This file is the program of a worker thread.')
const say = (message: FromWorker): void => port.postMessage(message)

/** Whoever holds the keys is asked for each request, since only there they are refreshed once for all. */
function askedKeys(): { readonly provider: CredentialsProvider; hear(message: ToWorker): void } {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  let lastAsk = 0
  const ask = <T>(signal: CancelSignal, message: (ask: number) => FromWorker): Promise<T> => {
    lastAsk += 1
    const own = lastAsk
    let leave: (() => void) | undefined
    return new Promise<T>((resolve, reject) => {
      waiting.set(own, { resolve: resolve as (value: unknown) => void, reject })
      leave = () => reject(signal.reason)
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave)
      say(message(own))
    }).finally(() => {
      waiting.delete(own)
      if (leave !== undefined) signal.removeEventListener('abort', leave)
    })
  }
  return {
    provider: {
      current: (signal) => ask<Credentials>(signal, (own) => ({ type: 'want-keys', ask: own })),
      replace: (refused, signal) =>
        ask<boolean>(signal, (own) => ({ type: 'want-others', ask: own, refused })),
    },
    hear(message) {
      if (message.type === 'keys') waiting.get(message.ask)?.resolve(message.keys)
      if (message.type === 'replaced') waiting.get(message.ask)?.resolve(message.replaced)
      if (message.type === 'no-keys') {
        const stopped = new ServiceError('unavailable', 'The keys were not waited for.')
        waiting.get(message.ask)?.reject(fromClone(message.failure, stopped))
      }
    },
  }
}

async function work({ path, device, inode, service: at, network, parts }: WorkerSetting): Promise<void> {
  const source = await openFileSource(path, {
    pool: createBlockPool({ blocks: Math.min(2 * parts + 1, mostBlocks) }),
  })
  const { transport, close } = createNodeTransport({
    maxSockets: parts + 1,
    ...networkOf({ ...network, endpoint: at.endpoint }),
  })
  const keys = askedKeys()
  const service = createOssService({
    ...at,
    credentials: keys.provider,
    transport,
    clock: createNodeRuntime(),
  })
  const running = new Map<number, AbortController>()

  const send = async (id: number, { upload, partNumber, start, end, ...task }: PartTask): Promise<void> => {
    const controller = new AbortController()
    const { signal } = controller
    running.set(id, controller)
    try {
      const part = await service.uploadPart(upload, partNumber, source.slice(start, end), {
        ...task,
        signal,
        onSent: (bytes) => say({ type: 'sent', id, bytes }),
      })
      say({ type: 'stored', id, part })
    } catch (error) {
      const failure =
        signal.aborted && error === signal.reason ? ({ kind: 'aborted' } as const) : toClone(error)
      say({ type: 'failed', id, failure })
    } finally {
      running.delete(id)
    }
  }

  port?.on('message', (message: ToWorker) => {
    if (message.type === 'part') void send(message.id, message.task)
    else if (message.type === 'abort') running.get(message.id)?.abort()
    else if (message.type === 'close')
      void close()
        .then(() => source.close())
        .then(() => port.close())
    else keys.hear(message)
  })

  const identity = await source.identity()
  const isMeant = identity.device === device && identity.inode === inode
  say(isMeant ? { type: 'ready' } : { type: 'unfit', why: `${path} is another file by now.` })
}

work(workerData as WorkerSetting).catch((error: unknown) => {
  say({ type: 'unfit', why: error instanceof Error ? error.message : String(error) })
})
