/** Ring 1: the memory service behind a simulated network. Faults come as the `ServiceError`s that an adapter makes of them. */
import { Crc64, crc64ToDecimal } from '../../src/checksum/crc64.js'
import { type FailureMeaning, ServiceError } from '../../src/engine/errors.js'
import type { CancelSignal, Computed, ObjectService, ServiceLimits, Slice } from '../../src/engine/ports.js'
import { createMemoryService, type StoredObject } from '../../src/services/memory.js'
import type { Arrival, Cloud, CloudObject, CloudUpload, Others } from './cloud.js'
import type { Fault, RequestFault } from './faults.js'
import { BrokenBody, carry, drawBodyFault, drawRequestFault, type Trouble, travel } from './trouble.js'
import type { SimulatedLife, World } from './world.js'

export interface CloudOptions {
  readonly key: string
  /** The service's clock, milliseconds since the epoch. */
  readonly clock: () => number
  readonly limits: ServiceLimits
  /** Parts in one page of ListParts. */
  readonly pageSize: number
  /** Chance that a part rots at the service before it becomes part of an object. */
  readonly rotAtService: () => number
}

const meanings: Readonly<Record<RequestFault, FailureMeaning>> = {
  'request lost': 'network',
  'request late': 'stalled',
  'request repeated': 'network',
  'answer lost': 'network',
  'answer late': 'stalled',
  '500': 'unavailable',
  '500 after it was done': 'unavailable',
  '503': 'unavailable',
  '429': 'throttled',
  '408': 'unavailable',
  'token expired': 'credentials-rejected',
  'token rejected again': 'denied',
  'clock refused': 'clock-skew',
  '200 with an error, nothing done': 'unavailable',
  '200 with an error, and done': 'unavailable',
  'garbage for an answer': 'odd-answer',
}

export function createMemoryCloud(world: World, options: CloudOptions): Cloud {
  const { key, clock, limits, pageSize, rotAtService } = options
  const memory = createMemoryService({ clock, limits, pageSize })
  const { luck } = world
  /** Which is said first of a second Complete that forbids overwriting: that the object exists, or that the upload does not. */
  const existsFirst = luck.chance(0.5)
  const startOfTime = clock() - world.now()
  const initiated = new Set<string>()
  const aborted: string[] = []
  const arrivals: Arrival[] = []
  const listed = new Map<SimulatedLife, readonly string[]>()
  const ownPuts = new WeakSet<StoredObject>()
  const history: CloudObject[] = []

  /** Notes what a request stored. */
  const noting = <T>(own: boolean, store: () => T): T => {
    const before = memory.history.length
    const value = store()
    for (const { object } of memory.history.slice(before)) {
      if (own) ownPuts.add(object)
      history.push(told(object))
    }
    return value
  }
  const told = (object: StoredObject): CloudObject => ({
    size: object.bytes.length,
    crc64: object.crc64,
    ours: ownPuts.has(object) || initiated.has(object.uploadId ?? ''),
    at: world.now(),
    ...(object.uploadId === undefined ? {} : { uploadId: object.uploadId }),
  })

  const others: Others = {
    storeObject: async (bytes) => {
      noting(false, () => memory.storeObject(key, bytes, {}))
    },
    initiate: async () => memory.initiate(key, {}).uploadId,
    storePart: async (uploadId, partNumber, bytes) => {
      memory.storePart({ key, uploadId }, partNumber, bytes)
    },
    abort: async (uploadId) => {
      memory.uploads.delete(uploadId)
    },
    async complete(uploadId) {
      const parts = [...(memory.uploads.get(uploadId)?.parts.values() ?? [])]
      if (parts.length === 0) return
      parts.sort((a, b) => a.partNumber - b.partNumber)
      await completing(uploadId, () =>
        memory.service.completeMultipartUpload({ key, uploadId }, parts, {
          headers: {},
          signal: neverAborted,
        }),
      ).catch(() => {})
    },
  }

  async function completing<T>(uploadId: string, complete: () => Promise<T>): Promise<T> {
    const [part] = luck.chance(rotAtService())
      ? [...(memory.uploads.get(uploadId)?.parts.values() ?? [])]
      : []
    const rot = (): void => {
      if (part !== undefined && part.bytes.length > 0) part.bytes[0] = (part.bytes[0] ?? 0) ^ 1
    }
    const before = memory.history.length
    rot()
    const value = await complete().catch((error: unknown) => {
      rot()
      throw error
    })
    if (part !== undefined && part.bytes.length > 0) world.strike('object assembled wrong')
    for (const { object } of memory.history.slice(before)) history.push(told(object))
    return value
  }

  function connect(life: SimulatedLife, trouble: Trouble): ObjectService {
    let lastDate: { readonly date: number; readonly at: number } | undefined
    const hear = (): void => {
      lastDate = { date: Math.floor(clock() / 1000) * 1000, at: world.now() }
    }
    const failure = (name: Fault, meaning: FailureMeaning): ServiceError => {
      if (meaning !== 'network' && meaning !== 'stalled') hear()
      return new ServiceError(meaning, `Simulated: ${name}.`)
    }
    const denied = (name: Fault): ServiceError => {
      world.strike(name)
      return failure(name, 'denied')
    }

    async function ask<T>(
      operation: string,
      signal: CancelSignal,
      effect: () => Promise<T>,
      slowMs = 0,
    ): Promise<T> {
      return travel(world, {
        operation,
        life,
        signal,
        slowMs,
        fault: drawRequestFault(world, trouble, operation),
        async effect() {
          if (cloud.bucketGone) {
            throw failure('bucket gone', 'bucket-missing')
          }
          // A refusal is an answer like any other: it tells the time.
          return effect().finally(hear)
        },
        forge(fault) {
          throw failure(fault, meanings[fault])
        },
      })
    }

    /** Reads and hashes what is to be sent; what arrives may be something else. */
    async function readBody(
      slice: Slice,
      options: {
        readonly signal: CancelSignal
        readonly onSent: (n: number) => void
        readonly patience: number
      },
    ): Promise<{ readonly computed: Computed; readonly arriving: Uint8Array; readonly spoiled: boolean }> {
      const crc = new Crc64()
      const fault = drawBodyFault(world, trouble)
      try {
        const arriving = await carry(world, {
          life,
          fault,
          size: slice.size,
          patience: options.patience,
          onSent: options.onSent,
          pump: (sink) =>
            slice.pump((block) => {
              crc.update(block)
              return sink(block)
            }, options.signal),
        })
        const computed = { size: arriving.length, crc64: crc64ToDecimal(crc.value()) }
        return { computed, arriving, spoiled: fault === 'corrupted checksum' }
      } catch (error) {
        if (!(error instanceof BrokenBody)) throw error
        if (error.fault === 'stall') throw failure('stall', 'stalled')
        if (error.fault === 'reset in a body') throw failure('reset in a body', 'network')
        throw failure(
          'early error in a body',
          luck.pick(['unavailable', 'throttled', 'credentials-rejected']),
        )
      }
    }

    const wrong = { crc64: '1234567890' }
    const { service } = memory
    return {
      ...service,
      now: () => (lastDate === undefined ? undefined : lastDate.date + (world.now() - lastDate.at)),
      async putObject(target, slice, options) {
        const { computed, arriving, spoiled } = await readBody(slice, options)
        const receipt = await ask('PutObject', options.signal, async () =>
          noting(true, () => memory.storeObject(target, arriving, options.headers)),
        )
        return { receipt: spoiled ? { ...receipt, ...wrong } : receipt, computed }
      },
      createMultipartUpload: (target, { headers, signal }) =>
        ask('InitiateMultipartUpload', signal, async () => {
          const upload = memory.initiate(target, headers)
          initiated.add(upload.uploadId)
          return { uploadId: upload.uploadId, initiated: Math.floor(upload.initiated / 1000) * 1000 }
        }),
      async uploadPart(upload, partNumber, slice, options) {
        const { computed, arriving, spoiled } = await readBody(slice, options)
        const receipt = await ask('UploadPart', options.signal, async () => {
          const stored = memory.storePart(upload, partNumber, arriving)
          arrivals.push({ part: `${upload.uploadId}/${partNumber}`, at: world.now() })
          return stored
        })
        return { receipt: spoiled ? { ...receipt, ...wrong } : receipt, computed }
      },
      async listParts(ref, marker, options) {
        if (trouble.mayNotListParts) throw denied('ListParts denied')
        const slow = luck.chance(trouble.chance / 4)
        if (slow) world.strike('ListParts slow')
        const page = await ask(
          'ListParts',
          options.signal,
          () => service.listParts(ref, marker, options),
          slow ? 1000 + luck.below(20_000) : 0,
        )
        if (page.parts.length === 0 || !luck.chance(trouble.chance / 4)) return page
        world.strike('ListParts short')
        return { parts: page.parts.slice(0, luck.below(page.parts.length)) }
      },
      completeMultipartUpload: (ref, parts, options) =>
        ask('CompleteMultipartUpload', options.signal, async () => {
          const forbidden = service.forbidsOverwrite(options.headers) && memory.objects.has(key)
          if (existsFirst && forbidden) throw new ServiceError('object-exists', 'It exists already.')
          return completing(ref.uploadId, () => service.completeMultipartUpload(ref, parts, options))
        }),
      async abortMultipartUpload(ref, options) {
        if (trouble.mayNotAbort) throw denied('abort denied')
        return ask('AbortMultipartUpload', options.signal, () => {
          aborted.push(ref.uploadId)
          return service.abortMultipartUpload(ref, options)
        })
      },
      async headObject(target, options) {
        if (trouble.mayNotHead) throw denied('HEAD denied')
        return ask('HeadObject', options.signal, () => service.headObject(target, options))
      },
      async listMultipartUploads(target, options) {
        if (trouble.mayNotListUploads) throw denied('uploads not listed')
        const uploads = await ask(
          'ListMultipartUploads',
          options.signal,
          async () => (await service.listMultipartUploads?.(target, options)) ?? [],
        )
        // Only what is heard counts.
        listed.set(
          life,
          uploads.map(({ uploadId }) => uploadId),
        )
        return uploads
      },
    }
  }

  const cloud: Cloud = {
    connect,
    others,
    object() {
      const object = memory.objects.get(key)
      return object === undefined ? undefined : history.at(-1)
    },
    history,
    uploads: () =>
      [...memory.uploads.values()].map(
        ({ uploadId, parts, initiated: at }): CloudUpload => ({
          uploadId,
          at: at - startOfTime,
          parts: new Set(parts.keys()),
        }),
      ),
    initiated,
    aborted,
    arrivals,
    listedTo: (life) => listed.get(life) ?? [],
    bucketGone: false,
  }
  return cloud
}

const neverAborted: CancelSignal = {
  aborted: false,
  reason: undefined,
  addEventListener() {},
  removeEventListener() {},
}
