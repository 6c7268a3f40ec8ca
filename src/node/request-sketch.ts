/** The requests of one object as the adapter makes them, taken from the transport in the place of being sent. */
import { type Plan, partLength } from '../engine/plan.js'
import type { Headers, ObjectService, Slice, UploadRef } from '../engine/ports.js'
import type { HttpRequest } from '../protocol/message.js'
import type { Bucket } from './bucket.js'

export interface PlannedRequest {
  /** As OSS names it, such as `UploadPart`. */
  readonly operation: string
  /** How many of them. */
  readonly count: number
  readonly method: string
  /** Of the first of them; `UPLOAD-ID` stands for what the service will say. */
  readonly url: string
  /** What the caller's headers and the operation put on it; without those of signing. Keys are not shown. */
  readonly headers: Readonly<Record<string, string>>
  /** Bytes of all bodies together. */
  readonly bytes: number
}

/** Ends a request that was only to be seen. */
class NotSent extends Error {}

const partsPerPage = 1000
/** As long as the service's: an MD5 in hexadecimal. */
const someEtag = '0'.repeat(32)
const hidden =
  /^(authorization|x-oss-date|date|host|accept-encoding|x-oss-security-token|x-oss-content-sha256)$/
const secret = /customer-key$/

export class RequestSketch {
  readonly key: string
  readonly service: ObjectService
  readonly #headers: Headers
  readonly #kept: HttpRequest[] = []

  constructor(bucket: Bucket, key: string, headers: Headers) {
    this.key = key
    this.#headers = headers
    this.service = bucket.sketchOver(async (request) => {
      this.#kept.push(request)
      throw new NotSent()
    })
  }

  forbidsOverwrite(): boolean {
    return this.service.forbidsOverwrite(this.#headers)
  }

  put(size: number): Promise<PlannedRequest> {
    return this.#one('PutObject', () => this.service.putObject(this.key, sliceOf(0, size), this.#sending()))
  }

  head(): Promise<PlannedRequest> {
    return this.#one('HeadObject', () => this.service.headObject(this.key, this.#asking()))
  }

  initiate(): Promise<PlannedRequest> {
    return this.#one('InitiateMultipartUpload', () =>
      this.service.createMultipartUpload(this.key, this.#asking()),
    )
  }

  async list(upload: UploadRef, parts: number): Promise<PlannedRequest> {
    const count = Math.max(1, Math.ceil(parts / partsPerPage))
    return {
      ...(await this.#one('ListParts', () => this.service.listParts(upload, 0, this.#asking()))),
      count,
    }
  }

  async parts(upload: UploadRef, plan: Plan, numbers: readonly number[]): Promise<PlannedRequest> {
    const [first = 1] = numbers
    const slice = sliceOf((first - 1) * plan.partSize, partLength(plan, first))
    const request = await this.#one('UploadPart', () =>
      this.service.uploadPart(upload, first, slice, this.#sending()),
    )
    const bytes = numbers.reduce((sum, partNumber) => sum + partLength(plan, partNumber), 0)
    return { ...request, count: numbers.length, bytes }
  }

  complete(upload: UploadRef, plan: Plan): Promise<PlannedRequest> {
    const parts = Array.from({ length: plan.partCount }, (_, index) => ({
      partNumber: index + 1,
      etag: someEtag,
    }))
    return this.#one('CompleteMultipartUpload', () =>
      this.service.completeMultipartUpload(upload, parts, this.#asking()),
    )
  }

  async abort(uploadId: string, count: number): Promise<PlannedRequest> {
    const upload = { key: this.key, uploadId }
    const request = await this.#one('AbortMultipartUpload', () =>
      this.service.abortMultipartUpload(upload, this.#asking()),
    )
    return { ...request, count }
  }

  #asking() {
    return { headers: this.#headers, signal: new AbortController().signal }
  }

  #sending() {
    return { ...this.#asking(), onSent() {}, patience: 1 }
  }

  async #one(operation: string, ask: () => Promise<unknown>): Promise<PlannedRequest> {
    const before = this.#kept.length
    try {
      await ask()
    } catch (error) {
      if (!(error instanceof NotSent)) throw error
    }
    const request = this.#kept[before]
    if (request === undefined) throw new Error(`${operation} asked nothing of the transport`)
    const { method, origin, target, headers, body } = request
    const shown = Object.entries(headers)
      .filter(([name]) => !hidden.test(name))
      .map(([name, value]) => [name, secret.test(name) ? '...' : fromWireText(value)])
    const bytes = body === undefined ? 0 : body instanceof Uint8Array ? body.length : body.size
    return { operation, count: 1, method, url: origin + target, headers: Object.fromEntries(shown), bytes }
  }
}

/** Headers travel as bytes; people read text. */
function fromWireText(value: string): string {
  return Buffer.from(value, 'latin1').toString('utf8')
}

/** Nobody reads it: nothing is sent. */
function sliceOf(start: number, size: number): Slice {
  return { start, size, pump: () => Promise.reject(new NotSent()) }
}
