/** A trial at the service under a key of its own: what was begun is known, and goes again whatever happens. */
import { randomBytes } from 'node:crypto'
import { mayHaveTakenEffect } from '../engine/begin.js'
import { ServiceError } from '../engine/errors.js'
import type { ObjectService, UploadRef } from '../engine/ports.js'
import type { Transport } from '../protocol/message.js'
import type { BucketClient } from '../services/bucket-client.js'
import type { Bucket } from './bucket.js'
import { cured } from './diagnosis-keys.js'

/** For tidying up after a stop, in milliseconds. */
const tidyMs = 10_000

export type Attempt<T> = { readonly value: T } | { readonly error: ServiceError }

export class Trial {
  readonly key: string
  readonly service: ObjectService
  readonly client: BucketClient
  readonly signal: AbortSignal
  readonly #uploads = new Map<string, UploadRef>()
  /** A beginning got no answer that tells whether there is an upload now. */
  #unsure = false
  #put = false

  constructor(
    bucket: Bucket,
    {
      transport,
      signal,
      prefix,
    }: { readonly transport: Transport; readonly signal: AbortSignal; readonly prefix: string },
  ) {
    this.key = `${prefix}.longhaul-doctor-${randomBytes(8).toString('hex')}`
    this.service = bucket.serviceOver(transport)
    this.client = bucket.clientOver(transport)
    this.signal = signal
  }

  /** What the service refused is an answer like another; a stop is not. */
  async attempt<T>(call: () => Promise<T>): Promise<Attempt<T>> {
    try {
      return { value: await cured(call) }
    } catch (error) {
      if (this.signal.aborted || !(error instanceof ServiceError)) throw error
      return { error }
    }
  }

  get asked(): { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal } {
    return { headers: {}, signal: this.signal }
  }

  async begin(): Promise<Attempt<UploadRef>> {
    const wasUnsure = this.#unsure
    this.#unsure = true
    const begun = await this.attempt(() => this.service.createMultipartUpload(this.key, this.asked))
    this.#unsure = wasUnsure || ('error' in begun && mayHaveTakenEffect(begun.error))
    if ('error' in begun) return begun
    const upload = { key: this.key, uploadId: begun.value.uploadId }
    this.#uploads.set(upload.uploadId, upload)
    return { value: upload }
  }

  async abort(upload: UploadRef): Promise<Attempt<void>> {
    const aborted = await this.attempt(() => this.service.abortMultipartUpload(upload, this.asked))
    if (!('error' in aborted) || aborted.error.meaning === 'upload-gone') this.completed(upload)
    return aborted
  }

  /** It is no upload any more. */
  completed(upload: UploadRef): void {
    this.#uploads.delete(upload.uploadId)
  }

  /** An object of this key may be there from now on. */
  putting(): void {
    this.#put = true
  }

  async remove(): Promise<Attempt<void>> {
    const removed = await this.attempt(() => this.client.deleteObject(this.key, { signal: this.signal }))
    if (!('error' in removed)) this.#put = false
    return removed
  }

  /** After a stop or a failure. Returns what could not be taken away, in words. */
  async tidy(): Promise<readonly string[]> {
    const signal = AbortSignal.timeout(tidyMs)
    const left: string[] = []
    if (this.#unsure) await this.#lookForUploads(signal, left)
    for (const upload of this.#uploads.values()) {
      await this.client.abortMultipartUpload(upload, { signal }).catch((error: unknown) => {
        const isGone = error instanceof ServiceError && error.meaning === 'upload-gone'
        if (!isGone) left.push(`the multipart upload ${upload.uploadId} of ${upload.key}`)
      })
    }
    if (this.#put) {
      await this.client.deleteObject(this.key, { signal }).catch(() => left.push(`the object ${this.key}`))
    }
    return left
  }

  /** Nobody else has this key. */
  async #lookForUploads(signal: AbortSignal, left: string[]): Promise<void> {
    try {
      const { uploads } = await this.client.listMultipartUploads({ signal, prefix: this.key })
      for (const { key, uploadId } of uploads) this.#uploads.set(uploadId, { key, uploadId })
    } catch {
      left.push(`perhaps an upload of ${this.key}`)
    }
  }
}
