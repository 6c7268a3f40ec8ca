/** What the engine asks of the world. Everything it cannot compute comes in through one of these. */

/** The part of an AbortSignal that the engine reads; a real AbortSignal is one. */
export interface CancelSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** Time and luck. Two clocks: `monotonic` for durations, `wallClock` for dates people read. */
export interface Runtime {
  /** Milliseconds since some start; never goes back. */
  monotonic(): number
  /** Milliseconds since the Unix epoch, as far as this machine knows. */
  wallClock(): number
  /** Resolves after `ms`; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal?: CancelSignal): Promise<void>
  /** Uniform in [0, 1). */
  random(): number
}

/** Where an object is to be. One checkpoint and one lock belong to one target. */
export interface Target {
  /** Names the service: a region for aliyuncs.com, else an origin. Endpoint aliases share it. */
  readonly service: string
  readonly bucket: string
  readonly key: string
}

// ---------------------------------------------------------------- the source

/**
 * Which state of a file bytes were read under. Decimal strings, since inode and nanosecond values exceed 2^53.
 * Two equal identities mean: the file system reported no change in between.
 */
export interface SourceIdentity {
  readonly size: number
  readonly mtimeNs: string
  readonly ctimeNs: string
  readonly device: string
  readonly inode: string
}

/** Receives blocks in order. The block is the sink's until the promise settles; only then may it be written to again. */
export type BlockSink = (block: Uint8Array) => Promise<void>

/** A range of the source that can be read any number of times, so that a retry never sends half. */
export interface Slice {
  /** Offset of the first byte in the source. */
  readonly start: number
  /** Bytes in the range. */
  readonly size: number
  /**
   * Reads the whole range once and hands it to the sink, block by block, reading ahead while the sink is busy.
   * Resolves when the sink has released every block. Rejects with `UploadError` `source-changed` when the
   * source ends before the range does, `source-missing` when it can't be read; with the sink's error when that fails;
   * with the signal's reason on abort. Whatever happens, no block is reused before the sink settled its promise.
   * `onLastBlock` is told when the last block goes to the sink, and so nothing more of the range is to be read.
   */
  pump(sink: BlockSink, signal?: CancelSignal, onLastBlock?: () => void): Promise<void>
}

/** A slice whose first block is read before anybody pumps it. */
export interface EarlySlice extends Slice {
  /** Gives the block back when nobody pumped the slice; otherwise does nothing. */
  drop(): void
}

/** An opened source. All reads go to what was opened, not to what its name means later. */
export interface Source {
  /** For messages: a path or a name. */
  readonly name: string
  /** The state of what was opened, now. */
  identity(): Promise<SourceIdentity>
  /**
   * The state of what the name means now: `undefined` when there is nothing any more. For a source without a name,
   * the same as `identity()`.
   */
  identityByName(): Promise<SourceIdentity | undefined>
  slice(start: number, end: number): Slice
  /**
   * The same, and its first block is read from now on, for the first pump of it. `undefined` where no block is to spare.
   * It is as much of the past as the read: whoever uses it knows the source's state from before.
   */
  earlySlice?(start: number, end: number): EarlySlice | undefined
  close(): Promise<void>
}

// ---------------------------------------------------------------- checksums

export interface RangeDigest {
  readonly size: number
  /** Unsigned decimal, as OSS writes it. */
  readonly crc64: string
  /** Lower-case hex; present when it was asked for. */
  readonly md5?: string
}

/** Computes over a source range without sending it. A port, so that another thread may do it. */
export interface Digester {
  digest(slice: Slice, want: { readonly md5: boolean }, signal?: CancelSignal): Promise<RangeDigest>
  /** CRC-64 of parts one after another, from those of each; decimal strings. */
  combineCrc64(parts: readonly { readonly crc64: string; readonly size: number }[]): string
  /** A one-way digest of a secret, for comparing it later without keeping it. */
  secretDigest(salt: string, secret: string): string
}

// ---------------------------------------------------------------- the service

export interface ServiceLimits {
  /** Bytes; every part but the last has at least this. */
  readonly minPartSize: number
  readonly maxPartSize: number
  readonly maxParts: number
  readonly maxObjectSize: number
  /** Largest object that one PutObject may carry. */
  readonly maxPutSize: number
}

/**
 * How the service proves what it has: by CRC-64 in its answers, by an ETag that is the MD5 of what it got, or not.
 */
export type Integrity = 'crc64' | 'etag-md5' | 'none'

/** The service's word on a part it has just stored. */
export interface PartReceipt {
  readonly partNumber: number
  /** Without quotes, in the service's own case. */
  readonly etag: string
  /** Unsigned decimal; absent when the service does not say. */
  readonly crc64?: string
}

/** A part as ListParts tells it. */
export interface ListedPart extends PartReceipt {
  readonly size: number
}

/** What we computed over the bytes we handed to the socket. */
export interface Computed {
  readonly size: number
  readonly crc64: string
  /** Lower-case hex; present where the service's integrity needs it. */
  readonly md5?: string
}

/** The service's word on an object it has just stored. */
export interface ObjectReceipt {
  readonly etag: string
  readonly crc64?: string
  readonly versionId?: string
  readonly requestId?: string
  /** The body that a callback answered, when one was asked for. */
  readonly callback?: string
}

export interface ObjectInfo {
  readonly size: number
  readonly etag: string
  readonly crc64?: string
  readonly versionId?: string
  readonly requestId?: string
  /** Milliseconds since the epoch, by the service's clock, in whole seconds. */
  readonly lastModified: number
  /** What is stored with the object and can be seen, in the form in which it is given: lower-case names, text. */
  readonly headers?: Headers
}

export interface UploadRef {
  readonly key: string
  readonly uploadId: string
}

/** An unfinished multipart upload as the service lists it. */
export interface ListedUpload extends UploadRef {
  /** Milliseconds since the epoch, by the service's clock. */
  readonly initiated: number
}

/** Headers as the caller gave them: lower-case names, trimmed values. */
export type Headers = Readonly<Record<string, string>>

export interface RequestOptions {
  readonly headers: Headers
  readonly signal: CancelSignal
}

export interface SendOptions extends RequestOptions {
  /** Bytes of this attempt that the socket has taken so far: only ever grows within an attempt. */
  readonly onSent: (bytes: number) => void
  /** Told of the milliseconds for which an adapter kept the request back, so that others could go first. */
  readonly onHeldBack?: ((ms: number) => void) | undefined
  /** Multiplies the time the adapter waits before it calls a request stalled. 1 at first. */
  readonly patience: number
}

/**
 * What a header is to an upload. `object`: part of what is stored, fixed at Initiate and kept in the checkpoint.
 * `secret`: the same, but kept only as a salted hash. `request`: of one request, may differ from call to call.
 */
export type HeaderKind = 'object' | 'secret' | 'request'

/**
 * One bucket of an object service. Stateless towards uploads: every call names what it works on.
 * Adapters translate, once; they never retry. Every failure is a `ServiceError` (or the signal's reason on abort, or
 * the source's own `UploadError`). Each call gets the caller's whole headers and picks what belongs on its request.
 */
export interface ObjectService {
  /** The service part of the target, see `Target`. */
  readonly name: string
  readonly bucket: string
  readonly limits: ServiceLimits
  readonly integrity: Integrity
  headerKind(name: string): HeaderKind
  /** Do these headers ask that an existing object stays as it is? */
  forbidsOverwrite(headers: Headers): boolean
  /**
   * Names of the headers of an object that are not what a PutObject with `asked` would have given it, as far as can be
   * seen. `found` is of `ObjectInfo`. Absent where nothing can be told.
   */
  differingHeaders?(asked: Headers, found: Headers): readonly string[]
  /** The service's clock: its last Date plus the monotonic time since. `undefined` before the first answer. */
  now(): number | undefined

  putObject(
    key: string,
    slice: Slice,
    options: SendOptions,
  ): Promise<{ receipt: ObjectReceipt; computed: Computed }>
  /** `initiated` is the Date of the answer, in milliseconds. */
  createMultipartUpload(
    key: string,
    options: RequestOptions,
  ): Promise<{ uploadId: string; initiated: number; requestId?: string }>
  /** Reads, hashes and sends the slice. Comparing what was computed with what the service said is the engine's. */
  uploadPart(
    upload: UploadRef,
    partNumber: number,
    slice: Slice,
    options: SendOptions,
  ): Promise<{ receipt: PartReceipt; computed: Computed }>
  /** One page, in the order of part numbers, after `marker` (0 at first). `nextMarker` is absent on the last page. */
  listParts(
    upload: UploadRef,
    marker: number,
    options: RequestOptions,
  ): Promise<{ parts: readonly ListedPart[]; nextMarker?: number }>
  completeMultipartUpload(
    upload: UploadRef,
    parts: readonly PartReceipt[],
    options: RequestOptions,
  ): Promise<ObjectReceipt>
  abortMultipartUpload(upload: UploadRef, options: RequestOptions): Promise<void>
  headObject(key: string, options: RequestOptions): Promise<ObjectInfo>
  /** All unfinished uploads of exactly this key. Absent where the service can't list them. */
  listMultipartUploads?(key: string, options: RequestOptions): Promise<readonly ListedUpload[]>
}

// ---------------------------------------------------------------- the checkpoints

/** One line of a checkpoint, already proved whole by its check. Its meaning is `engine/checkpoint.ts`'s. */
export type CheckpointLine = Readonly<Record<string, unknown>>

export interface CheckpointContents {
  readonly lines: readonly CheckpointLine[]
  /** Complete lines whose check failed, as raw text. They were skipped. */
  readonly damaged: readonly string[]
}

/** The exclusive hold on one target's checkpoint. */
export interface CheckpointLog {
  /** All that is there. A torn last line is dropped here and cut off before the first append. */
  read(): Promise<CheckpointContents>
  /** Durable when it resolves. Rejects with `UploadError` `store-unusable`. */
  append(line: CheckpointLine): Promise<void>
  /** Is the lock still ours? Somebody may have taken it over by force. */
  held(): Promise<boolean>
  /** Puts the whole contents out of the way under another name, for a person to look at; the log is then empty. */
  setAside(): Promise<string>
  /** Removes the contents. The hold stays until `release`. */
  remove(): Promise<void>
  release(): Promise<void>
}

export interface CheckpointSummary {
  /** Names the checkpoint within its store; stable for one target. */
  readonly id: string
  /** Absent when the part of the checkpoint that names it is damaged. */
  readonly target?: Target
  readonly lines: readonly CheckpointLine[]
  /** Milliseconds since the epoch of the last append. */
  readonly modified: number
  /** Who holds it now, in words, when somebody does. */
  readonly heldBy?: string
}

export interface CheckpointStore {
  /**
   * Takes the exclusive hold on the target's checkpoint, which need not exist yet.
   * Rejects with `UploadError` `locked` (says who holds it) or `store-unusable`.
   */
  acquire(target: Target, options?: { readonly steal?: boolean }): Promise<CheckpointLog>
  /** What unfinished uploads are here; takes no hold. */
  list(): Promise<readonly CheckpointSummary[]>
}
