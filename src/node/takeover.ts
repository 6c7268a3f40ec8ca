/**
 * Uploads that other tools began and did not finish: found where those tools keep their checkpoints, looked up at the
 * service, and gone on with. The tool's own checkpoint is only ever read, and removed when that is asked for.
 */
import { homedir, tmpdir } from 'node:os'
import { resolve } from 'node:path'
import type { ForeignTool } from '../checkpoints/foreign/checkpoint.js'
import { foreignToolNames } from '../checkpoints/foreign/checkpoint.js'
import { findForeignFiles, placesIn, usualPlaces } from '../checkpoints/foreign/places.js'
import {
  type ForeignCheckpoint,
  fileOfCheckpoint,
  isOfOtherBucket,
  readForeignFile,
  removeForeignFile,
} from '../checkpoints/foreign/read.js'
import { ServiceError, UploadError } from '../engine/errors.js'
import type { UploadResult } from '../engine/upload.js'
import type { Bucket } from './bucket.js'
import { type DeskOptions, withDesk } from './desk.js'
import type { UploadOptions } from './options.js'
import { storedOf } from './remote.js'
import { bucketOf, resumableUpload } from './upload.js'

/**
 * Reads the checkpoint of an unfinished upload by oss2, an OSS SDK for Go or Python, ossutil or ali-oss. Whatever the form
 * has to prove itself by is checked (a magic, an MD5), and every field that is needed has to be there.
 *
 * ```ts
 * const { tool, bucket, key, uploadId } = await readForeignCheckpoint('/home/me/.py-oss-upload/4f…--9a…')
 * ```
 *
 * @throws UploadError `source-missing` when there is no such file or it can't be read; `invalid-argument` when it is a
 *   symbolic link, larger than 16 MiB, damaged, of a download, or no such checkpoint. The message says which.
 */
export async function readForeignCheckpoint(path: string): Promise<ForeignCheckpoint> {
  return (await readForeignFile(path)).checkpoint
}

export type FoundCheckpoint =
  | {
      readonly kind: 'checkpoint'
      readonly checkpoint: ForeignCheckpoint
      /** Why it should not be believed unseen: another user wrote it, or could have. */
      readonly doubt?: string
    }
  /** It is named like a checkpoint, and can't be gone on with. */
  | { readonly kind: 'refused'; readonly path: string; readonly why: string }

/**
 * Looks for checkpoints of other tools: in the folder given, or where those tools keep them by themselves
 * (`.py-oss-upload` in the home directory, the system's folder of temporary files, `.ossutil_checkpoint` in the working
 * folder and in the home directory). Folders in them are not entered. ali-oss leaves the keeping to its user, so what it
 * handed out is found only in a folder that is named, in a file that ends in `.json`.
 *
 * @throws UploadError `source-missing` when a folder can't be read, or the one given is not there
 */
export async function findForeignCheckpoints(
  options: { readonly folder?: string | undefined } = {},
): Promise<readonly FoundCheckpoint[]> {
  const { folder } = options
  const places = { home: homedir(), temporary: tmpdir(), workingFolder: process.cwd() }
  const folders = folder === undefined ? usualPlaces(places) : placesIn(folder)
  const found = await findForeignFiles(folders, { named: folder })
  return found.map((each): FoundCheckpoint => {
    if (each.kind === 'refused') return each
    const { checkpoint, doubt } = each
    return { kind: 'checkpoint', checkpoint, ...(doubt === undefined ? {} : { doubt }) }
  })
}

/** What is at the service of an upload. `unknown`: its parts may not be listed. */
export type ForeignState =
  | {
      readonly kind: 'open'
      readonly parts: number
      readonly bytes: number
      /** When the newest part arrived, by the service's clock, milliseconds since the epoch. Absent when there is none. */
      readonly newestPart?: number
      /** The service's clock now. */
      readonly now: number
    }
  | { readonly kind: 'gone' | 'unknown' }

/** Asks the service what is left of an upload. Rejects with an `UploadError`; touches nothing. */
export async function statForeignUpload(
  bucket: Bucket | string,
  { key, uploadId }: Pick<ForeignCheckpoint, 'key' | 'uploadId'>,
  options: DeskOptions = {},
): Promise<ForeignState> {
  return withDesk(bucket, options, async (desk) => {
    const stored = await storedOf(desk, { key, uploadId })
    if (stored === 'gone') return { kind: 'gone' }
    const now = desk.client.now()
    return stored === undefined || now === undefined ? { kind: 'unknown' } : { kind: 'open', ...stored, now }
  })
}

export interface TakeOverOptions
  extends Omit<UploadOptions, 'adopt' | 'restart' | 'partSize' | 'multipartThreshold'> {
  /** The file. Default: the one that the checkpoint names. */
  readonly filename?: string | undefined
  /** The key, where it is to be proved that the checkpoint is of it. Default: the one that the checkpoint names. */
  readonly key?: string | undefined
  /** Remove the tool's checkpoint when the object is there, if nobody has written it anew meanwhile. Default false. */
  readonly remove?: boolean | undefined
}

export interface TakenOver extends UploadResult {
  readonly tool: ForeignTool
  /** Of the tool's checkpoint. */
  readonly checkpoint: string
  /** Whether it was removed. */
  readonly checkpointRemoved: boolean
}

/**
 * Goes on with an upload that another tool began, and finishes it. Its parts at the service are compared with the file, those
 * that are missing or differ are sent, and it resolves when the object exists and its CRC-64 is the file's. An upload that
 * the tool had completed before it died is found to be the object, and counts as done.
 *
 * The tool must not be running: nothing tells whether it is. An interrupted call goes on by calling it again, or by
 * `resumableUpload`. The upload stays somebody else's: it is aborted only when a discard names it. Headers that belong to
 * the last request (`x-oss-callback`, `x-oss-forbid-overwrite`) are not in those checkpoints: give them again. One that
 * was begun as `sequential` goes on part by part, whatever `numThreads` says; its progress then begins once more.
 *
 * ```ts
 * const bucket = new Bucket({ endpoint, name: 'examplebucket', credentials })
 * const result = await takeOver(bucket, '/tmp/0cc1…-d36f….ucp', { numThreads: 4, remove: true })
 * console.log(result.parts.kept, result.crc64)
 * ```
 *
 * @param bucket the bucket of the upload; one that the checkpoint contradicts is refused
 * @param checkpoint the path of the tool's checkpoint
 * @throws UploadError as `readForeignCheckpoint` and `resumableUpload` do; `invalid-argument` when bucket, key or file are
 *   missing or contradict the checkpoint; `conflict` when the upload is not of this file; `not-found` when it is gone
 */
export async function takeOver(
  bucket: Bucket | string,
  checkpoint: string,
  options: TakeOverOptions = {},
): Promise<TakenOver> {
  const { filename, key: askedKey, remove, ...rest } = options
  const opened = bucketOf(bucket)
  const read = await readForeignFile(checkpoint)
  const { tool, key, uploadId, partSize, size, path, callback } = read.checkpoint
  const { file } = takeoverTarget(read.checkpoint, { bucket: opened.name, key: askedKey, filename })
  assertCallback(callback, rest.headers)
  const goOn = (numThreads: TakeOverOptions['numThreads']): Promise<UploadResult> =>
    resumableUpload(opened, key, file, { ...rest, numThreads, adopt: { uploadId, partSize, size } })
  const result = await goOn(rest.numThreads).catch((error: unknown) => {
    if (!isOutOfOrder(error)) throw error
    return goOn(1)
  })
  const checkpointRemoved = remove === true && (await removeForeignFile(read))
  return { ...result, tool, checkpoint: path, checkpointRemoved }
}

/** No checkpoint tells that an upload was begun as `sequential`; its parts are taken in their order alone. */
function isOutOfOrder(error: unknown): boolean {
  if (error instanceof ServiceError) return error.serviceCode === 'PartNotSequential'
  return error instanceof UploadError && isOutOfOrder(error.cause)
}

/** An object that was to be reported must not be completed in silence. */
function assertCallback(callback: string | undefined, headers: UploadOptions['headers'] = {}): void {
  if (callback === undefined) return
  if (Object.keys(headers).some((name) => name.toLowerCase() === 'x-oss-callback')) return
  throw new UploadError(
    'invalid-argument',
    'The upload was to end with a callback. Give x-oss-callback again, and x-oss-callback-var where there was one.',
  )
}

/**
 * Which object and which file a checkpoint is of, with what it does not tell filled in from `given`.
 *
 * @throws UploadError `invalid-argument` when something is missing, or contradicts the checkpoint
 */
export function takeoverTarget(
  checkpoint: ForeignCheckpoint,
  given: {
    readonly bucket?: string | undefined
    readonly key?: string | undefined
    readonly filename?: string | undefined
  },
): { readonly bucket: string; readonly key: string; readonly file: string } {
  const { path, tool, key } = checkpoint
  const bucket = checkpoint.bucket ?? given.bucket
  if (bucket === undefined) {
    throw refuse(
      `${path} does not tell which bucket it is of: ${foreignToolNames[tool]} does not write it down`,
    )
  }
  if (given.bucket !== undefined && given.bucket !== bucket) {
    throw refuse(`${path} is of the bucket ${bucket}, not of ${given.bucket}`)
  }
  if (isOfOtherBucket(checkpoint, bucket)) {
    throw refuse(`${path} is not of the bucket ${bucket}: the digest in its name is of another one`)
  }
  if (given.key !== undefined && given.key !== key) {
    throw refuse(`${path} is of the key ${JSON.stringify(key)}, not of ${JSON.stringify(given.key)}`)
  }
  const file =
    given.filename === undefined ? fileOfCheckpoint(checkpoint, process.cwd()) : resolve(given.filename)
  if (file !== undefined) return { bucket, key, file }
  const why =
    checkpoint.file === undefined
      ? 'does not tell which file it is of'
      : `names its file by ${JSON.stringify(checkpoint.file)}, which is relative to the folder where ${foreignToolNames[tool]} ran`
  throw refuse(`${path} ${why}: give the file`)
}

function refuse(message: string): UploadError {
  return new UploadError('invalid-argument', `${message}.`)
}
