/**
 * An embedded server that can be put back to where it was, with the same upload ids: so that one interrupted upload can be
 * gone on with thousands of times.
 */
import { Bucket } from '../../src/index.js'
import {
  createFaults,
  createHandler,
  type Faults,
  type Handler,
  type Storage,
} from '../../src/server/index.js'
import { listen } from '../../src/server/listen.js'
import type { Contents, Entry, Ledger } from '../../src/server/storage/ledger.js'
import { createMemoryContents, createMemoryLedger } from '../../src/server/storage/memory.js'
import { createStore } from '../../src/server/storage/store.js'
import type { Scope } from '../library/world.js'

const BUCKET = 'examplebucket'
const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' }

export interface RewindableServer {
  readonly bucket: Bucket
  readonly faults: Faults
  /** What `rewind` goes back to from now on. */
  keep(): Promise<void>
  rewind(): Promise<void>
  /** Ids of unfinished uploads. */
  unfinished(): Promise<readonly string[]>
  objectBytes(key: string): Promise<Buffer>
}

export async function createRewindableServer(scope: Scope): Promise<RewindableServer> {
  const faults = createFaults()
  const contents = createMemoryContents()
  let ledger: Ledger = createMemoryLedger()
  let kept: { readonly entries: readonly Entry[]; readonly ids: ReadonlySet<string> } | undefined
  let storage: Storage = createStore({ ledger, contents })
  const handlerOf = (over: Storage): Handler =>
    createHandler({
      storage: over,
      credentials: [credentials],
      clock: { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
      random: Math.random,
      faults,
    })
  let handler = handlerOf(storage)
  await storage.putBucket({ name: BUCKET, created: Date.now(), acl: 'private', storageClass: 'Standard' })
  const listener = await listen({ handler: (request) => handler(request), host: '127.0.0.1', port: 0 })
  scope.after(() => listener.close(0))

  return {
    bucket: new Bucket({ endpoint: `http://127.0.0.1:${listener.port}`, name: BUCKET, credentials }),
    faults,
    async keep() {
      kept = { entries: await entriesOf(ledger), ids: new Set(await idsOf(contents)) }
    },
    async rewind() {
      if (kept === undefined) throw new Error('There is nothing to go back to.')
      const { entries, ids } = kept
      for (const id of await idsOf(contents)) if (!ids.has(id)) await contents.remove(id)
      ledger = createMemoryLedger()
      await ledger.commit(entries.map((entry) => ({ type: 'put', ...entry })))
      const remove = async (id: string): Promise<void> => {
        if (!ids.has(id)) await contents.remove(id)
      }
      storage = createStore({ ledger, contents: { ...contents, remove } })
      handler = handlerOf(storage)
    },
    async unfinished() {
      const query = { prefix: '', delimiter: '', limit: 1000, after: undefined }
      const { entries } = await storage.listUploads(BUCKET, query)
      return entries.flatMap((entry) => (entry.kind === 'upload' ? [entry.upload.uploadId] : []))
    },
    async objectBytes(key) {
      const object = await storage.openObject(BUCKET, key)
      if (object === undefined) throw new Error('There is no object.')
      const chunks: Uint8Array[] = []
      for await (const chunk of object.read(0, object.record.size)) chunks.push(chunk)
      object.close()
      return Buffer.concat(chunks)
    },
  }
}

async function entriesOf(ledger: Ledger): Promise<readonly Entry[]> {
  const cursor = ledger.scan('', '\uffff')
  const entries: Entry[] = []
  for (let entry = await cursor.next(); entry !== undefined; entry = await cursor.next()) entries.push(entry)
  await cursor.close()
  return entries
}

async function idsOf(contents: Contents): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const id of contents.ids()) ids.push(id)
  return ids
}
