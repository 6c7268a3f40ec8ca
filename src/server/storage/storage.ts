/**
 * What the server asks of the place where buckets, objects and unfinished uploads live. The one fact to know: when a
 * promise that changes something resolves, the change is as lasting as the storage can make it.
 */

import type { BucketReferer } from '../../protocol/operations/bucket-referer.js'
import type { CorsConfiguration } from '../../protocol/operations/cors.js'
import type { BucketEncryption } from '../../protocol/operations/encryption-rule.js'
import type { LifecycleConfiguration } from '../../protocol/operations/lifecycle-rules.js'
import type { Tag } from '../../protocol/operations/tagging.js'

/** What was asked of the storage that it can't grant. `failed` means the storage itself is at fault. */
export type StorageErrorCode =
  | 'no-such-bucket'
  | 'bucket-not-empty'
  | 'no-such-upload'
  | 'object-exists'
  | 'no-such-object'
  | 'part-exists'
  | 'part-not-next'
  | 'failed'

export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly code: StorageErrorCode

  constructor(code: StorageErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

export interface BucketRecord {
  readonly name: string
  /** Milliseconds since the epoch, as every time here. */
  readonly created: number
  readonly acl: string
  readonly storageClass: string
  /** Absent: `LRS`. */
  readonly dataRedundancyType?: string
  /** Absent: none. */
  readonly tags?: readonly Tag[]
  readonly cors?: CorsConfiguration
  readonly lifecycle?: LifecycleConfiguration
  /** Absent: false. */
  readonly blockPublicAccess?: boolean
  /** Absent: objects say for themselves. */
  readonly encryption?: BucketEncryption
  /** Absent: anybody may refer to its objects. */
  readonly referer?: BucketReferer
  /** Absent: `BucketOwner`. */
  readonly payer?: string
  /** Absent: it was never set. */
  readonly transferAcceleration?: boolean
  /** JSON, as it was put. Absent: none. */
  readonly policy?: string
  /** Objects of the class Archive can be read without being restored. Absent: false. */
  readonly archiveDirectRead?: boolean
}

/** Headers kept with an object and given back on reading: lower-case names, values as they stood on the wire. */
export type StoredHeaders = Readonly<Record<string, string>>

export interface ObjectRecord {
  readonly key: string
  readonly size: number
  /** Upper-case, without quotes. */
  readonly etag: string
  /** Unsigned decimal. */
  readonly crc64: string
  /** Base64 of the MD5 of the whole; absent where only parts were hashed. */
  readonly md5?: string
  readonly type: 'Normal' | 'Multipart' | 'Appendable' | 'Symlink'
  /** The key that a Symlink leads to; only of that type. */
  readonly symlinkTarget?: string
  readonly modified: number
  readonly headers: StoredHeaders
  /** Of an archive class: from when until when it can be read, and the milliseconds from asking to that. Absent: never. */
  readonly thaw?: { readonly from: number; readonly until: number; readonly takes: number }
}

export interface UploadRef {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
}

export interface UploadRecord {
  readonly key: string
  readonly uploadId: string
  readonly initiated: number
  readonly headers: StoredHeaders
  /** Parts come one after the other, each once. Absent: in any order. */
  readonly sequential?: true
}

export interface PartRecord {
  readonly partNumber: number
  readonly size: number
  readonly etag: string
  readonly crc64: string
  readonly modified: number
}

/** Bytes on their way in. Nobody sees them until they are handed to `putObject` or `putPart`. */
export interface Incoming {
  /** The chunk is the storage's from here on. */
  write(chunk: Uint8Array): Promise<void>
  /** No more will come. They may still not be wanted, but are made lasting meanwhile. */
  end(): void
  /** The bytes will not be wanted. Never rejects; harmless after a put. */
  discard(): Promise<void>
}

/**
 * Bytes of an object that is open, to be put somewhere else without copying them. Good until that object is closed,
 * whatever happens to its name: they may be put when it has been replaced or deleted meanwhile.
 */
export interface StoredBytes {
  readonly size: number
}

/** Bytes opened for reading. They stay readable until `close`, whatever happens to what they belong to. */
export interface OpenBytes {
  /** The bytes from `start` up to, not including, `end`. */
  read(start: number, end: number): AsyncIterable<Uint8Array>
  /** The same bytes, for `putObject` and `putPart`. */
  bytes(start: number, end: number): StoredBytes
  close(): void
}

export interface OpenObject extends OpenBytes {
  readonly record: ObjectRecord
}

export interface ListQuery {
  readonly prefix: string
  readonly delimiter: string
  /** Most entries, groups included. */
  readonly limit: number
}

/** A page in order of the keys' UTF-8 bytes. A group stands where its first key would. */
export interface Page<Entry> {
  readonly entries: readonly Entry[]
  readonly truncated: boolean
}

export type ObjectEntry =
  | { readonly kind: 'object'; readonly object: ObjectRecord }
  | { readonly kind: 'group'; readonly prefix: string }

export type UploadEntry =
  | { readonly kind: 'upload'; readonly upload: UploadRecord }
  | { readonly kind: 'group'; readonly prefix: string }

/** Which parts become the object, and how it is described. */
export interface Assembly {
  /** Ascending; each of them among the parts given. */
  readonly partNumbers: readonly number[]
  readonly object: Omit<ObjectRecord, 'key'>
}

export interface Storage {
  /** Creates the bucket; one that is there stays as it is. Resolves with the one that is there now. */
  putBucket(bucket: BucketRecord): Promise<BucketRecord>
  getBucket(name: string): Promise<BucketRecord | undefined>
  /**
   * Replaces what is known about a bucket by what `change` makes of it, with no other change in between; resolves with
   * what is known now. If `change` throws, all stays. Rejects with `no-such-bucket`.
   */
  updateBucket(name: string, change: (bucket: BucketRecord) => BucketRecord): Promise<BucketRecord>
  /** Rejects with `no-such-bucket`, or with `bucket-not-empty` while objects or unfinished uploads are in it. */
  deleteBucket(name: string): Promise<void>
  listBuckets(query: { prefix: string; after: string; limit: number }): Promise<Page<BucketRecord>>

  receive(): Incoming
  /** Rejects with `no-such-bucket`; with `object-exists` when `ifAbsent`. Either way incoming bytes are used up. */
  putObject(
    bucket: string,
    object: ObjectRecord,
    bytes: Incoming | StoredBytes,
    options: { ifAbsent: boolean },
  ): Promise<void>
  /**
   * Puts bytes behind those of an object, or makes one of them. `describe` sees the object as it is and says what it
   * becomes, under the same key; if it throws, nothing is changed. Of several at once, each sees what the ones before
   * made of it. Rejects with `no-such-bucket`. Either way the incoming bytes are used up.
   */
  appendObject(
    bucket: string,
    key: string,
    incoming: Incoming,
    describe: (object: ObjectRecord | undefined) => ObjectRecord,
  ): Promise<ObjectRecord>
  /**
   * Changes what is known of an object, not its key, size or bytes, one change after the other. If `change` throws,
   * nothing is changed. Resolves with the new record; rejects with `no-such-bucket` or `no-such-object`.
   */
  updateObject(
    bucket: string,
    key: string,
    change: (object: ObjectRecord) => ObjectRecord,
  ): Promise<ObjectRecord>
  getObject(bucket: string, key: string): Promise<ObjectRecord | undefined>
  openObject(bucket: string, key: string): Promise<OpenObject | undefined>
  /** Without effect when there is no such object, or `isMeant` says no of the one there is. */
  deleteObject(bucket: string, key: string, isMeant?: (object: ObjectRecord) => boolean): Promise<void>
  listObjects(bucket: string, query: ListQuery & { after: string }): Promise<Page<ObjectEntry>>

  createUpload(bucket: string, upload: UploadRecord): Promise<void>
  getUpload(ref: UploadRef): Promise<UploadRecord | undefined>
  /**
   * Takes the place of an earlier part of that number. Rejects with `no-such-upload`. With a sequential upload, rejects
   * with `part-exists` for a number that is there, and with `part-not-next` when the one before it is not.
   */
  putPart(ref: UploadRef, part: PartRecord, bytes: Incoming | StoredBytes): Promise<void>
  /** The bytes of these parts, one after another. Rejects with `no-such-upload`; parts that are not there are left out. */
  openParts(ref: UploadRef, partNumbers: readonly number[]): Promise<OpenBytes>
  /** In order of part numbers, those above `after`. */
  listParts(ref: UploadRef, query: { after: number; limit: number }): Promise<Page<PartRecord>>
  /**
   * Turns an upload into an object in one step: `assemble` sees all parts and says which are wanted. If it throws, or
   * the object exists and `ifAbsent`, the upload is left as it was. Other parts are dropped. No bytes are copied.
   */
  completeUpload(
    ref: UploadRef,
    assemble: (upload: UploadRecord, parts: readonly PartRecord[]) => Assembly,
    options: { ifAbsent: boolean },
  ): Promise<ObjectRecord>
  /** Rejects with `no-such-upload`. Without effect when `isMeant` says no. */
  abortUpload(
    ref: UploadRef,
    isMeant?: (upload: UploadRecord, parts: readonly PartRecord[]) => boolean,
  ): Promise<void>
  /** Ordered by key, then by upload id. `afterId` counts only together with a key; without it, all of that key are past. */
  listUploads(
    bucket: string,
    query: ListQuery & { after: { key: string; uploadId?: string } | undefined },
  ): Promise<Page<UploadEntry>>

  /** Resolves when the storage is at rest: what was let go of is gone from it, as far as it can go now. */
  settled(): Promise<void>
  /** Waits for changes under way, then lets go of everything. */
  close(): Promise<void>
}
