/**
 * The smallest world an upload can live in: memory for the service and the checkpoints, a file of a few dozen bytes, and
 * time that passes at once. Every run is a new life over the same service and store.
 */
import assert from 'node:assert/strict'
import { memoryStore } from '../../src/checkpoints/memory.js'
import { crc64, crc64ToDecimal } from '../../src/checksum/crc64.js'
import { createScope } from '../../src/engine/cancel.js'
import { type Discarded, discardUpload } from '../../src/engine/discard.js'
import { ServiceError, UploadError } from '../../src/engine/errors.js'
import type { UploadEvent } from '../../src/engine/events.js'
import type { UploadRequest } from '../../src/engine/life.js'
import type {
  CheckpointLine,
  CheckpointStore,
  Digester,
  ObjectService,
  ServiceLimits,
} from '../../src/engine/ports.js'
import { runUpload, type UploadResult } from '../../src/engine/upload.js'
import { createDigester } from '../../src/services/digester.js'
import { createMemoryService, type MemoryService, type StoredObject } from '../../src/services/memory.js'
import { createClock, type VirtualClock } from './clock.js'
import { createFile, type FileHooks, someBytes, type TestFile } from './file.js'
import { type Call, type Operation, type Tap, type TappedService, tapService } from './tapped-service.js'
import { type StoreTap, tapStore } from './tapped-store.js'

export const key = 'dir/object.dat'
/** Not a whole second: what the service tells in whole ones lies before it. */
export const epoch = 1_700_000_000_750
export const partSize = 32

export const limits: ServiceLimits = {
  minPartSize: 8,
  maxPartSize: 1024,
  maxParts: 100,
  maxObjectSize: 100 * 1024,
  maxPutSize: 4096,
}

export interface TestWorld {
  readonly memory: MemoryService
  readonly store: CheckpointStore
  readonly file: TestFile
  readonly clock: VirtualClock
  /** Of the last run. */
  readonly events: readonly UploadEvent[]
  /** Of the last run. */
  readonly progress: readonly (readonly [consumedBytes: number, totalBytes: number])[]
  run(how?: Life): Promise<UploadResult>
  discard(how?: Life): Promise<Discarded>
  /** How often an operation was asked for in the last run. */
  asked(operation: Operation): number
  readonly calls: readonly Call[]
  readonly tapped: TappedService
  eventsOf<T extends UploadEvent['type']>(type: T): readonly Extract<UploadEvent, { type: T }>[]
  object(): StoredObject | undefined
  uploadIds(): readonly string[]
  lines(): Promise<readonly CheckpointLine[]>
}

/** One run: what it is asked, and what befalls it. */
export interface Life extends Partial<Omit<UploadRequest, 'key'>> {
  readonly tap?: Tap
  readonly storeTap?: StoreTap
  readonly fileHooks?: FileHooks
  readonly digester?: Digester
  /** Changes the service of this run. */
  readonly dress?: (service: ObjectService) => ObjectService
  readonly onSleep?: () => void
}

export function createWorld(
  options: { readonly bytes?: Uint8Array; readonly pageSize?: number } = {},
): TestWorld {
  const clock = createClock()
  const memory = createMemoryService({
    clock: () => epoch + clock.now(),
    limits,
    ...(options.pageSize === undefined ? {} : { pageSize: options.pageSize }),
  })
  const store = memoryStore({ runtime: clock.runtime })
  const file = createFile(options.bytes ?? someBytes(5 * partSize))
  let events: UploadEvent[] = []
  let progress: [number, number][] = []
  let tapped = tapService(memory.service, {})

  const prepare = (life: Life) => {
    const heard: UploadEvent[] = []
    const told: [number, number][] = []
    events = heard
    progress = told
    tapped = tapService(memory.service, life.tap ?? {})
    const { onEvent, progressCallback } = life
    return {
      service: life.dress?.(tapped.service) ?? tapped.service,
      checkpoints: tapStore(store, life.storeTap ?? {}),
      onEvent: (event: UploadEvent) => {
        heard.push(event)
        return onEvent?.(event)
      },
      progressCallback: (consumed: number, total: number) => {
        told.push([consumed, total])
        return progressCallback?.(consumed, total)
      },
      runtime: {
        ...clock.runtime,
        sleep: async (...args: Parameters<typeof clock.runtime.sleep>) => {
          life.onSleep?.()
          await clock.runtime.sleep(...args)
        },
      },
    }
  }
  return {
    memory,
    store,
    file,
    clock,
    get events() {
      return events
    },
    get progress() {
      return progress
    },
    get calls() {
      return tapped.calls
    },
    get tapped() {
      return tapped
    },
    async run(life = {}) {
      const { service, checkpoints, onEvent, progressCallback, runtime } = prepare(life)
      const { tap, storeTap, fileHooks, digester, dress, onSleep, ...request } = life
      return runUpload(
        {
          service,
          checkpoints,
          runtime,
          source: file.open(fileHooks),
          digester: digester ?? createDigester(),
        },
        { ...defaults, ...request, key, onEvent, progressCallback },
      )
    },
    async discard(life = {}) {
      const { service, checkpoints, onEvent, runtime } = prepare(life)
      const { headers, steal, noProgressForMs, signal } = { ...defaults, ...life }
      return discardUpload(
        { service, checkpoints, runtime },
        { key, headers, signal, steal, noProgressForMs, onEvent },
      )
    },
    asked: (operation) => tapped.calls.filter((call) => call.operation === operation).length,
    eventsOf: <T extends UploadEvent['type']>(type: T) =>
      events.filter((event): event is Extract<UploadEvent, { type: T }> => event.type === type),
    object: () => memory.objects.get(key),
    uploadIds: () => [...memory.uploads.keys()],
    async lines() {
      const [summary] = await store.list()
      return summary?.lines ?? []
    },
  }
}

const defaults: Omit<UploadRequest, 'key'> = {
  headers: {},
  multipartThreshold: partSize,
  partSize,
  numThreads: 1,
  verify: 'always',
  restart: false,
  steal: false,
  noProgressForMs: 60_000,
  signal: createScope().signal,
}

export function crcOf(bytes: Uint8Array): string {
  return crc64ToDecimal(crc64(bytes))
}

/** The object is the file's present bytes, and neither the service nor the store holds anything else of ours. */
export async function assertDone(world: TestWorld, result: UploadResult): Promise<void> {
  assertStored(world, result)
  assert.deepEqual(world.uploadIds(), [], 'an upload was left at the service')
  assert.deepEqual(await world.store.list(), [], 'a checkpoint was left in the store')
}

export function assertStored(world: TestWorld, result: UploadResult): void {
  const { bytes } = world.file
  assert.deepEqual(world.object()?.bytes, bytes, 'the object is not the file')
  assert.equal(result.crc64, crcOf(bytes))
  assert.equal(result.size, bytes.length)
  assert.equal(result.bytes.kept + result.bytes.sent, bytes.length)
}

/** The failure of an upload: it has to be an UploadError of this code. */
export async function failure(code: UploadError['code'], run: Promise<unknown>): Promise<UploadError> {
  const error = await run.then(
    (value) => assert.fail(`it succeeded: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof UploadError, `not an UploadError: ${String(error)}`)
  assert.equal(error.code, code, error.message)
  return error
}

export function lostAnswer(): ServiceError {
  return new ServiceError('network', 'The connection was reset.')
}

/** Fails the `number`th call of an operation, in the way given. */
export function failing(
  operation: Operation,
  error: () => Error = lostAnswer,
  number = 1,
): (call: Call) => void {
  return (call) => {
    if (call.operation === operation && call.number === number) throw error()
  }
}

/** Fails every call of an operation. */
export function alwaysFailing(operation: Operation, error: () => Error): (call: Call) => void {
  return (call) => {
    if (call.operation === operation) throw error()
  }
}

/** Stops a run when one part is about to be sent, so that parts before it are at the service. */
export function stoppingAtPart(partNumber: number): { readonly tap: Tap; readonly signal: AbortSignal } {
  const controller = new AbortController()
  const tap: Tap = {
    before: (call) => {
      if (call.partNumber === partNumber) controller.abort(new Error('stopped by the test'))
    },
  }
  return { tap, signal: controller.signal }
}
