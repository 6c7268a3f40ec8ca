/** An upload with a past: given up and begun anew, stopped, gone on with, refused at Complete. Its journal has lines of every such kind. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  resumableUpload,
  type Target,
  UploadError,
  type UploadEvent,
  type UploadResult,
} from '../../src/index.js'
import { bytesFrom, PART, type Scope, temporaryFolder } from '../library/world.js'
import { createRewindableServer, type RewindableServer } from './rewindable.js'

export const KEY = 'dir/object.dat'
export const PARTS = 12
export const fileBytes = bytesFrom(1, PARTS * PART - 7)

export interface WornJournal {
  readonly server: RewindableServer
  readonly target: Target
  readonly store: string
  readonly path: string
  /** The journal's lines, the header first, each with its end. */
  readonly lines: readonly string[]
  /** The documented call, once more. */
  upload(options?: { readonly restart?: boolean }): Promise<{
    readonly result: UploadResult
    readonly events: readonly UploadEvent[]
  }>
}

export async function createWornJournal(scope: Scope): Promise<WornJournal> {
  const server = await createRewindableServer(scope)
  const folder = await temporaryFolder(scope)
  const store = join(folder, 'store')
  const filename = join(folder, 'local.dat')
  await writeFile(filename, fileBytes)
  const upload: WornJournal['upload'] = async (options = {}) => {
    const events: UploadEvent[] = []
    const result = await resumableUpload(server.bucket, KEY, filename, {
      store,
      multipartThreshold: 0,
      partSize: PART,
      onEvent: (event) => void events.push(event),
      ...options,
    })
    return { result, events }
  }
  const refused = { effect: 'error', code: 'AccessDenied', status: 403 } as const
  const failing = async (options?: { readonly restart: boolean }): Promise<void> => {
    const ended = await upload(options).catch((error: unknown) => error)
    assert.ok(ended instanceof UploadError && ended.code === 'denied', String(ended))
  }
  server.faults.add({ operation: 'UploadPart', partNumber: 5, ...refused })
  await failing()
  server.faults.add({ operation: 'AbortMultipartUpload', times: null, ...refused })
  server.faults.add({ operation: 'UploadPart', partNumber: 7, ...refused })
  await failing({ restart: true })
  server.faults.add({ operation: 'CompleteMultipartUpload', ...refused })
  await failing()
  server.faults.clear()
  await server.keep()

  const [name = ''] = readdirSync(store)
  const path = join(store, name)
  const lines = (await readFile(path, 'utf8')).match(/[^\n]*\n/g) ?? []
  const countOf = (kind: string): number => lines.filter((line) => line.includes(`"kind":"${kind}"`)).length
  const counted = ['intent', 'opened', 'stored', 'verified', 'aborting', 'completing'].map(countOf)
  assert.deepEqual(counted, [2, 2, 4 + PARTS, 6, 2, 1], lines.join(''))
  const target = { service: server.bucket.service, bucket: server.bucket.name, key: KEY }
  return { server, target, store, path, lines, upload }
}
