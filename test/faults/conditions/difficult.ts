/** Starts the server with bad manners and talks to it; and the library's composition over limits that end sooner. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Runtime } from '../../../src/engine/ports.js'
import { runUpload, type UploadResult } from '../../../src/engine/upload.js'
import { Bucket, journalStore, type UploadOptions } from '../../../src/index.js'
import { checkOptions } from '../../../src/node/options.js'
import { createNodeRuntime } from '../../../src/node/runtime.js'
import { createDigester } from '../../../src/services/digester.js'
import { openFileSource } from '../../../src/sources/file.js'
import { createBlockPool } from '../../../src/sources/pool.js'
import { createNodeTransport } from '../../../src/transport/node.js'
import type { StallLimits } from '../../../src/transport/stall.js'
import { temporaryFolder } from '../../library/world.js'
import type { Place } from './case.js'
import type { Counts, DifficultServerData, Mistreatment, Wish } from './difficult-server.js'

export interface DifficultServer {
  readonly bucket: Bucket
  readonly folder: string
  readonly store: string
  mistreat(how: Mistreatment | undefined): Promise<Counts>
  drain(): Promise<Counts>
  count(): Promise<Counts>
  /** A file of zeros that takes no space. */
  sparse(size: number): Promise<string>
}

export async function startDifficultServer(place: Place): Promise<DifficultServer> {
  const credentials = { accessKeyId: 'LHDIFFICULT', accessKeySecret: 'difficult' }
  const workerData: DifficultServerData = { credentials }
  const worker = new Worker(new URL('./difficult-server.js', import.meta.url), { workerData })
  place.after(() => worker.terminate())
  const [{ port }] = (await once(worker, 'message')) as [{ port: number }]
  const folder = await temporaryFolder(place)
  let last: Promise<unknown> = Promise.resolve()
  /** One question at a time, so that each gets its own answer. */
  const ask = (wish: Wish): Promise<Counts> => {
    const answer = last.then(async () => {
      worker.postMessage(wish)
      const [counts] = (await once(worker, 'message')) as [Counts]
      return counts
    })
    last = answer
    return answer
  }
  return {
    bucket: new Bucket({ endpoint: `http://127.0.0.1:${port}`, name: 'examplebucket', credentials }),
    folder,
    store: join(folder, 'store'),
    mistreat: (how) => ask({ kind: 'mistreat', how }),
    drain: () => ask({ kind: 'drain' }),
    count: () => ask({ kind: 'count' }),
    async sparse(size) {
      const path = join(folder, `sparse-${size}`)
      writeFileSync(path, '')
      await truncate(path, size)
      return path
    },
  }
}

export interface ComposedOptions extends Omit<UploadOptions, 'store'> {
  readonly store: string
  readonly stallLimits?: Partial<StallLimits>
  readonly runtime?: Runtime
}

/** What `resumableUpload` composes, over other limits of patience or another clock. */
export async function composedUpload(
  bucket: Bucket,
  key: string,
  filename: string,
  options: ComposedOptions,
): Promise<UploadResult> {
  const { store, signal, stallLimits = {}, runtime = createNodeRuntime(), ...rest } = options
  const checked = checkOptions(key, rest)
  const { transport, close } = createNodeTransport({ maxSockets: checked.mostThreads + 2, stallLimits })
  const source = await openFileSource(filename, {
    pool: createBlockPool({ blocks: 2 * checked.mostThreads + 2 }),
  })
  const ports = {
    service: bucket.serviceOver(transport),
    source,
    checkpoints: journalStore(store),
    digester: createDigester(),
    runtime,
  }
  const request = { ...checked, key, signal: signal ?? new AbortController().signal }
  try {
    return await runUpload(ports, { ...request, onEvent: rest.onEvent })
  } finally {
    await close()
    await source.close()
  }
}
