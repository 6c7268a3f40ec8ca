/** The memory service with a tap on every call: a test may fail it before it takes effect, or lose its answer after. */
import type { CancelSignal, ObjectService } from '../../src/engine/ports.js'

export type Operation =
  | 'PutObject'
  | 'InitiateMultipartUpload'
  | 'UploadPart'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'HeadObject'
  | 'ListMultipartUploads'

export interface Call {
  readonly operation: Operation
  /** Counts calls of this operation from 1. */
  readonly number: number
  readonly partNumber?: number
  readonly uploadId?: string
}

export interface Tap {
  /** What it throws is the failure of a request that did nothing. */
  before?: (call: Call) => void | Promise<void>
  /** What it throws is the failure of a request that took effect. */
  after?: (call: Call) => void | Promise<void>
}

export interface TappedService {
  readonly service: ObjectService
  readonly calls: Call[]
  /** Calls that have begun and not ended. */
  inFlight(): number
  /** The most calls of UploadPart that ever ran at once. */
  mostPartsAtOnce(): number
}

export function tapService(inner: ObjectService, tap: Tap): TappedService {
  const calls: Call[] = []
  let inFlight = 0
  let parts = 0
  let mostParts = 0

  async function tapped<T>(
    what: Omit<Call, 'number'>,
    signal: CancelSignal,
    effect: () => Promise<T>,
  ): Promise<T> {
    const { operation } = what
    const number = calls.filter((earlier) => earlier.operation === operation).length + 1
    const call: Call = { ...what, number }
    calls.push(call)
    inFlight += 1
    if (operation === 'UploadPart') mostParts = Math.max(mostParts, ++parts)
    try {
      if (signal.aborted) throw signal.reason
      await tap.before?.(call)
      if (signal.aborted) throw signal.reason
      const answer = await effect()
      await tap.after?.(call)
      // What was on its way back when the caller stopped is never heard.
      if (signal.aborted) throw signal.reason
      return answer
    } finally {
      inFlight -= 1
      if (operation === 'UploadPart') parts -= 1
    }
  }

  const service: ObjectService = {
    ...inner,
    putObject: (key, slice, options) =>
      tapped({ operation: 'PutObject' }, options.signal, () => inner.putObject(key, slice, options)),
    createMultipartUpload: (key, options) =>
      tapped({ operation: 'InitiateMultipartUpload' }, options.signal, () =>
        inner.createMultipartUpload(key, options),
      ),
    uploadPart: (upload, partNumber, slice, options) =>
      tapped({ operation: 'UploadPart', partNumber, uploadId: upload.uploadId }, options.signal, () =>
        inner.uploadPart(upload, partNumber, slice, options),
      ),
    listParts: (upload, marker, options) =>
      tapped({ operation: 'ListParts', uploadId: upload.uploadId }, options.signal, () =>
        inner.listParts(upload, marker, options),
      ),
    completeMultipartUpload: (upload, listed, options) =>
      tapped({ operation: 'CompleteMultipartUpload', uploadId: upload.uploadId }, options.signal, () =>
        inner.completeMultipartUpload(upload, listed, options),
      ),
    abortMultipartUpload: (upload, options) =>
      tapped({ operation: 'AbortMultipartUpload', uploadId: upload.uploadId }, options.signal, () =>
        inner.abortMultipartUpload(upload, options),
      ),
    headObject: (key, options) =>
      tapped({ operation: 'HeadObject' }, options.signal, () => inner.headObject(key, options)),
    listMultipartUploads: (key, options) =>
      tapped(
        { operation: 'ListMultipartUploads' },
        options.signal,
        async () => (await inner.listMultipartUploads?.(key, options)) ?? [],
      ),
  }
  return { service, calls, inFlight: () => inFlight, mostPartsAtOnce: () => mostParts }
}
