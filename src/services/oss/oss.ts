/** One bucket of OSS as the engine's `ObjectService`. Each method is one request; only the cause of a reset takes a second. */
import { ServiceError } from '../../engine/errors.js'
import type {
  HeaderKind,
  Headers,
  ListedUpload,
  ObjectReceipt,
  ObjectService,
  PartReceipt,
  RequestOptions,
  SendOptions,
  Slice,
  UploadRef,
} from '../../engine/ports.js'
import { fromWire } from '../../protocol/encode.js'
import {
  abortMultipartUpload,
  completeMultipartUpload,
  initiateMultipartUpload,
  uploadPart,
} from '../../protocol/operations/multipart.js'
import { listMultipartUploads, listParts } from '../../protocol/operations/multipart-lists.js'
import { headObject } from '../../protocol/operations/object-reads.js'
import { putObject, type StoredAnswer } from '../../protocol/operations/objects.js'
import { BodySender } from './body-sender.js'
import { differingHeaders } from './differing-headers.js'
import { checkHeaders, forbidsOverwrite, headerKind, headersFor, type RequestKind } from './headers.js'
import { ossLimits } from './limits.js'
import { measured } from './measured.js'
import { type CallOptions, type OssOptions, Requests } from './requests.js'

/** Pages of a thousand unfinished uploads of one key: beyond them the list can only be one that never ends. */
const mostUploadPages = 1000

/** @throws UploadError `invalid-argument` for a wrong endpoint, region or bucket name */
export function createOssService(options: OssOptions): ObjectService {
  return new OssService(options)
}

class OssService implements ObjectService {
  readonly name: string
  readonly bucket: string
  readonly limits = ossLimits
  readonly integrity = 'crc64'
  readonly #requests: Requests
  readonly #bodies = new BodySender()

  constructor(options: OssOptions) {
    this.#requests = new Requests(options)
    this.name = this.#requests.endpoint.service
    this.bucket = options.bucket
  }

  headerKind(name: string): HeaderKind {
    return headerKind(name)
  }

  forbidsOverwrite(headers: Headers): boolean {
    return forbidsOverwrite(headers)
  }

  differingHeaders(asked: Headers, found: Headers): readonly string[] {
    return differingHeaders(asked, found)
  }

  now(): number | undefined {
    return this.#requests.clock.now()
  }

  async putObject(key: string, slice: Slice, options: SendOptions) {
    checkHeaders(options.headers)
    const body = measured(slice)
    const headers = headersFor('put', options.headers)
    const { output, requestId } = await this.#bodies.send({
      name: JSON.stringify([key]),
      body,
      options,
      send: (callOptions) =>
        this.#requests.call(putObject, { bucket: this.bucket, key, headers }, callOptions),
      lookBack: () => this.headObject(key, options),
    })
    return { receipt: objectReceipt(output, requestId), computed: body.computed() }
  }

  async createMultipartUpload(key: string, options: RequestOptions) {
    checkHeaders(options.headers)
    const { output, date, requestId } = await this.#requests.call(
      initiateMultipartUpload,
      {
        bucket: this.bucket,
        key,
        encodingType: 'url',
        sequential: false,
        headers: headersFor('initiate', options.headers),
      },
      { signal: options.signal },
    )
    const initiated = date ?? this.now() ?? this.#requests.clock.signingTime()
    return { uploadId: output.uploadId, initiated, ...(requestId ? { requestId } : {}) }
  }

  async uploadPart(upload: UploadRef, partNumber: number, slice: Slice, options: SendOptions) {
    const body = measured(slice)
    const headers = headersFor('part', options.headers)
    const input = { bucket: this.bucket, ...namesOf(upload), partNumber, headers }
    const { output } = await this.#bodies.send({
      name: JSON.stringify([upload.key, upload.uploadId, partNumber]),
      body,
      options,
      send: (callOptions) => this.#requests.call(uploadPart, input, callOptions),
      lookBack: () => this.#listParts(upload, { marker: 0, maxParts: 1 }, options),
    })
    const { etag, crc64 } = output
    return {
      receipt: { partNumber, etag, ...(crc64 === undefined ? {} : { crc64 }) },
      computed: body.computed(),
    }
  }

  async listParts(upload: UploadRef, marker: number, options: RequestOptions) {
    const output = await this.#listParts(upload, { marker, maxParts: 1000 }, options)
    const parts = output.parts.map(({ partNumber, etag, crc64, size }) => ({
      partNumber,
      etag,
      size,
      ...(crc64 === undefined ? {} : { crc64 }),
    }))
    return { parts, ...(output.isTruncated ? { nextMarker: output.nextPartNumberMarker } : {}) }
  }

  async completeMultipartUpload(
    upload: UploadRef,
    parts: readonly PartReceipt[],
    options: RequestOptions,
  ): Promise<ObjectReceipt> {
    const { output, requestId } = await this.#requests.call(
      completeMultipartUpload,
      {
        bucket: this.bucket,
        ...namesOf(upload),
        encodingType: 'url',
        completion: { kind: 'parts', parts: parts.map(({ partNumber, etag }) => ({ partNumber, etag })) },
        headers: headersFor('complete', options.headers),
      },
      { signal: options.signal },
    )
    return objectReceipt(output, requestId)
  }

  async abortMultipartUpload(upload: UploadRef, options: RequestOptions): Promise<void> {
    const input = { bucket: this.bucket, ...namesOf(upload) }
    await this.#requests.call(abortMultipartUpload, input, bodiless('other', options))
  }

  async headObject(key: string, options: RequestOptions) {
    const { output, requestId } = await this.#requests.call(
      headObject,
      { bucket: this.bucket, key },
      bodiless('head', options),
    )
    const { size, etag, crc64, versionId, lastModified, storageClass } = output
    const shown = Object.entries(output.headers).map(([name, value]) => [name, fromWire(value)])
    return {
      size,
      etag,
      lastModified,
      headers: {
        ...Object.fromEntries(shown),
        ...(storageClass === undefined ? {} : { 'x-oss-storage-class': storageClass }),
      },
      ...(crc64 === undefined ? {} : { crc64 }),
      ...(versionId === undefined ? {} : { versionId }),
      ...(requestId === undefined ? {} : { requestId }),
    }
  }

  async listMultipartUploads(key: string, options: RequestOptions): Promise<readonly ListedUpload[]> {
    const found: ListedUpload[] = []
    let after: { keyMarker?: string; uploadIdMarker?: string } = {}
    for (let pages = 1; ; pages += 1) {
      const { output } = await this.#requests.call(
        listMultipartUploads,
        { bucket: this.bucket, prefix: key, maxUploads: 1000, encodingType: 'url', ...after },
        bodiless('other', options),
      )
      for (const { uploadId, initiated, ...entry } of output.uploads) {
        if (entry.key === key) found.push({ key, uploadId, initiated })
      }
      // The key itself comes before all longer ones.
      if (!output.isTruncated || output.nextKeyMarker !== key) return found
      if (output.nextUploadIdMarker === after.uploadIdMarker || pages === mostUploadPages) {
        throw new ServiceError('odd-answer', 'The list of unfinished uploads goes round in a circle.')
      }
      after = { keyMarker: output.nextKeyMarker, uploadIdMarker: output.nextUploadIdMarker }
    }
  }

  async #listParts(
    upload: UploadRef,
    page: { readonly marker: number; readonly maxParts: number },
    options: RequestOptions,
  ) {
    const { output } = await this.#requests.call(
      listParts,
      {
        bucket: this.bucket,
        ...namesOf(upload),
        maxParts: page.maxParts,
        partNumberMarker: page.marker,
        encodingType: 'url',
      },
      bodiless('other', options),
    )
    return output
  }
}

function bodiless(kind: RequestKind, options: RequestOptions): CallOptions {
  return { signal: options.signal, headers: headersFor(kind, options.headers) }
}

function namesOf({ key, uploadId }: UploadRef): { key: string; uploadId: string } {
  return { key, uploadId }
}

function objectReceipt(output: StoredAnswer, requestId: string | undefined): ObjectReceipt {
  const { etag, crc64, versionId, callback } = output
  return {
    etag,
    ...(crc64 === undefined ? {} : { crc64 }),
    ...(versionId === undefined ? {} : { versionId }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(callback === undefined ? {} : { callback }),
  }
}
