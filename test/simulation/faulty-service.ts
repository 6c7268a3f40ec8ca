/** The memory service as one life sees it through a bad network: requests and answers get lost, late, wrong or refused. */

import { Crc64, crc64ToDecimal } from '../../src/checksum/crc64.js'
import { ServiceError } from '../../src/engine/errors.js'
import type { CancelSignal, Computed, ObjectService, Slice } from '../../src/engine/ports.js'
import type { MemoryService } from '../../src/services/memory.js'
import { concat } from '../../src/services/memory.js'
import type { SimulatedLife, World } from './world.js'

/** Chances, per request. */
export interface NetworkTrouble {
  readonly lostBefore: number
  readonly lostAfter: number
  readonly late: number
  readonly odd: number
  readonly unavailable: number
  readonly unavailableAfter: number
  readonly throttled: number
  readonly rejected: number
  readonly skewed: number
  readonly corruptBody: number
  readonly corruptAnswer: number
  readonly resetInBody: number
  /** For the whole life: these operations are not allowed to it. */
  readonly mayNotList: boolean
  readonly mayNotHead: boolean
  crashPoint(where: string): Promise<void>
}

export interface Access {
  readonly world: World
  readonly life: SimulatedLife
  readonly memory: MemoryService
  readonly trouble: NetworkTrouble
  /** The service's own clock, milliseconds since the epoch. */
  readonly serviceClock: () => number
  /** Uploads that this engine asked for. */
  readonly initiated: Set<string>
  /** Aborts that this engine asked for. */
  readonly aborted: string[]
  /** When parts of this engine's took effect, as `uploadId/partNumber`. */
  readonly arrivals: { readonly part: string; readonly at: number }[]
}

export function accessService(access: Access): ObjectService {
  const { world, life, memory, trouble, serviceClock } = access
  const { luck } = world
  let lastDate: { readonly date: number; readonly at: number } | undefined
  const hear = (): void => {
    lastDate = { date: Math.floor(serviceClock() / 1000) * 1000, at: world.now() }
  }
  const fault = (name: string, meaning: ServiceError['meaning']): ServiceError => {
    world.count(`fault: ${name}`)
    return new ServiceError(meaning, `Simulated: ${name}.`)
  }

  /** One request: travels, takes effect or not, and is answered or not. The effect outlives the life that asked. */
  function request<T>(operation: string, signal: CancelSignal, effect: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let over = false
      const end = (finish: () => void): void => {
        if (over) return
        over = true
        signal.removeEventListener('abort', onAbort)
        finish()
      }
      const onAbort = (): void => end(() => reject(signal.reason))
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort)
      const fail = (error: unknown, delayMs: number): void =>
        world.schedule(delayMs, () => end(() => reject(error)), life)

      const travelMs = 1 + luck.below(20)
      const outcome = draw(operation)
      if (outcome instanceof ServiceError) {
        world.note(`${life.name} ${operation}: ${outcome.message}`)
        fail(outcome, travelMs)
        return
      }
      const effectMs = outcome === 'late' ? travelMs + luck.below(5000) : travelMs
      if (outcome === 'late') fail(fault('late effect', 'stalled'), travelMs + 50)
      world.schedule(effectMs, () => {
        effect().then(
          (value) => {
            world.note(`${life.name} ${operation} took effect${outcome === 'answered' ? '' : `, ${outcome}`}`)
            if (outcome === 'answered') {
              world.schedule(
                1 + luck.below(20),
                () => {
                  hear()
                  end(() => resolve(value))
                },
                life,
              )
            } else if (outcome === 'lost-after') fail(fault('answer lost', 'network'), 10)
            else if (outcome === 'odd') fail(fault('odd answer', 'odd-answer'), 10)
            else if (outcome === 'unavailable-after') fail(fault('5xx after effect', 'unavailable'), 10)
          },
          (error: unknown) => {
            world.note(`${life.name} ${operation}: ${error instanceof Error ? error.message : String(error)}`)
            if (outcome === 'answered') {
              world.schedule(
                1 + luck.below(20),
                () => {
                  hear()
                  end(() => reject(error))
                },
                life,
              )
            } else if (outcome !== 'late') fail(fault('refusal lost', 'network'), 10)
          },
        )
      })
    })
  }

  /** An answer like any other: it tells the time. */
  function denied(name: string): ServiceError {
    hear()
    return fault(name, 'denied')
  }

  type Outcome = 'answered' | 'late' | 'lost-after' | 'odd' | 'unavailable-after'

  function draw(operation: string): Outcome | ServiceError {
    if (trouble.mayNotList && operation.startsWith('List')) return denied('listing denied')
    if (trouble.mayNotHead && operation === 'HeadObject') return denied('head denied')
    if (luck.chance(trouble.lostBefore)) return fault('request lost', 'network')
    if (luck.chance(trouble.unavailable)) return fault('5xx', 'unavailable')
    if (luck.chance(trouble.throttled)) return fault('429', 'throttled')
    if (luck.chance(trouble.rejected)) return fault('credentials rejected', 'credentials-rejected')
    if (luck.chance(trouble.skewed)) return fault('clock skew', 'clock-skew')
    if (luck.chance(trouble.late)) return 'late'
    if (luck.chance(trouble.lostAfter)) return 'lost-after'
    if (luck.chance(trouble.odd)) return 'odd'
    if (luck.chance(trouble.unavailableAfter)) return 'unavailable-after'
    return 'answered'
  }

  async function asked<T>(operation: string, signal: CancelSignal, effect: () => Promise<T>): Promise<T> {
    await trouble.crashPoint(`before ${operation}`)
    const value = await request(operation, signal, effect)
    await trouble.crashPoint(`after ${operation}`)
    return value
  }

  /** Reads and hashes what is to be sent; what arrives may be something else. */
  async function readBody(
    slice: Slice,
    signal: CancelSignal,
    onSent: (bytes: number) => void,
  ): Promise<{ readonly computed: Computed; readonly arriving: Uint8Array }> {
    const crc = new Crc64()
    const blocks: Uint8Array[] = []
    let size = 0
    const resetAt = luck.chance(trouble.resetInBody) ? luck.below(slice.size + 1) : Number.POSITIVE_INFINITY
    await slice.pump(async (block) => {
      if (luck.chance(0.2)) await world.pause(luck.below(5), life)
      crc.update(block)
      blocks.push(block.slice())
      size += block.length
      onSent(size)
      if (size > resetAt) throw fault('reset in body', 'network')
    }, signal)
    const arriving = concat(blocks)
    if (arriving.length > 0 && luck.chance(trouble.corruptBody)) {
      world.count('fault: corrupt body')
      const at = luck.below(arriving.length)
      arriving[at] = (arriving[at] ?? 0) ^ 1
    }
    return { computed: { size, crc64: crc64ToDecimal(crc.value()) }, arriving }
  }

  const spoiled = <T extends { readonly crc64?: string }>(receipt: T): T => {
    if (!luck.chance(trouble.corruptAnswer)) return receipt
    world.count('fault: corrupt answer')
    return { ...receipt, crc64: '1234567890' }
  }

  const { service } = memory
  return {
    ...service,
    now: () => (lastDate === undefined ? undefined : lastDate.date + (world.now() - lastDate.at)),
    async putObject(key, slice, options) {
      const { computed, arriving } = await readBody(slice, options.signal, options.onSent)
      const store = async () => memory.storeObject(key, arriving, options.headers)
      return { receipt: spoiled(await asked('PutObject', options.signal, store)), computed }
    },
    async createMultipartUpload(key, { headers, signal }) {
      return asked('InitiateMultipartUpload', signal, async () => {
        const { uploadId, initiated } = memory.initiate(key, headers)
        access.initiated.add(uploadId)
        return { uploadId, initiated: Math.floor(initiated / 1000) * 1000 }
      })
    },
    async uploadPart(upload, partNumber, slice, options) {
      const { computed, arriving } = await readBody(slice, options.signal, options.onSent)
      const store = async () => {
        access.arrivals.push({ part: `${upload.uploadId}/${partNumber}`, at: world.now() })
        return memory.storePart(upload, partNumber, arriving)
      }
      return { receipt: spoiled(await asked('UploadPart', options.signal, store)), computed }
    },
    listParts: (ref, marker, options) =>
      asked('ListParts', options.signal, () => service.listParts(ref, marker, options)),
    completeMultipartUpload: async (ref, parts, options) =>
      asked('CompleteMultipartUpload', options.signal, () =>
        service.completeMultipartUpload(ref, parts, options),
      ),
    abortMultipartUpload: (ref, options) =>
      asked('AbortMultipartUpload', options.signal, () => {
        access.aborted.push(ref.uploadId)
        return service.abortMultipartUpload(ref, options)
      }),
    headObject: (key, options) => asked('HeadObject', options.signal, () => service.headObject(key, options)),
    listMultipartUploads: (key, options) =>
      asked(
        'ListMultipartUploads',
        options.signal,
        async () => (await service.listMultipartUploads?.(key, options)) ?? [],
      ),
  }
}
