/**
 * A bucket's operations for calls that are many requests: each is tried again as those of uploads are, so that one bad
 * moment does not cost the whole.
 */
import { ServiceError, UploadError } from '../engine/errors.js'
import { createLiveness, type Persisting, persist } from '../engine/life.js'
import type { CancelSignal } from '../engine/ports.js'
import { asUploadError } from '../engine/retry.js'
import type { Transport } from '../protocol/message.js'
import type { BucketClient } from '../services/bucket-client.js'
import type { Bucket } from './bucket.js'
import { openTransport } from './connection.js'
import type { Network } from './network.js'
import { createNodeRuntime } from './runtime.js'
import { bucketOf } from './upload.js'

export interface DeskOptions {
  readonly signal?: AbortSignal | undefined
  readonly retry?: { readonly noProgressForMs?: number | undefined } | undefined
}

/** Requests at once. */
const numThreads = 4

export interface Desk<Client = BucketClient> {
  readonly client: Client
  readonly signal: CancelSignal
  ask<T>(operation: string, once: () => Promise<T>, passOn?: readonly ServiceError['meaning'][]): Promise<T>
}

/** A desk that stays open until it is closed, for what is given out piece by piece. */
export interface OpenDesk<Client> {
  readonly desk: Desk<Client>
  /** What a caller is told of a failure: an `UploadError`. */
  told(error: unknown): unknown
  close(): Promise<void>
}

export function openDesk<Client>(
  service: { readonly network: Network; clientOver(transport: Transport): Client },
  { signal = new AbortController().signal, retry }: DeskOptions,
): OpenDesk<Client> {
  const runtime = createNodeRuntime()
  const { transport, close } = openTransport({ numThreads, network: service.network })
  const desk: Desk<Client> = {
    client: service.clientOver(transport),
    signal,
    ask: (operation, once, passOn) => {
      const liveness = createLiveness(runtime, retry?.noProgressForMs ?? 60_000)
      const persisting: Persisting = { ports: { runtime }, signal, liveness, emit: () => {} }
      return persist(persisting, { operation }, once, passOn)
    },
  }
  return {
    desk,
    told(error) {
      if (error instanceof UploadError) return error
      if (signal.aborted) return new UploadError('cancelled', 'Stopped.', { cause: signal.reason })
      return error instanceof ServiceError ? asUploadError(error) : error
    },
    close,
  }
}

/** Works with requests that are tried again as those of uploads are. Rejects with an `UploadError`. */
export async function withDesk<T>(
  bucket: Bucket | string,
  options: DeskOptions,
  work: (desk: Desk) => Promise<T>,
): Promise<T> {
  const opened = bucketOf(bucket)
  const { desk, told, close } = openDesk(opened, options)
  try {
    return await work(desk)
  } catch (error) {
    throw told(error)
  } finally {
    await close()
  }
}

/** The results in the order of the items, a few at work at once. */
export async function inParallel<In, Out>(
  items: readonly In[],
  work: (item: In) => Promise<Out>,
): Promise<readonly Out[]> {
  const results: Out[] = []
  const queue = [...items.entries()]
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, item] = next
      results[index] = await work(item)
    }
  }
  const ends = await Promise.allSettled(
    Array.from({ length: numThreads }, () =>
      worker().catch((error: unknown) => {
        queue.length = 0
        throw error
      }),
    ),
  )
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return results
}
