/** What one needs beside uploading: compare a file with an object, fetch one, look around in a bucket. */
import { randomBytes } from 'node:crypto'
import { lstat, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Crc64, crc64ToDecimal } from '../checksum/crc64.js'
import { ServiceError, UploadError } from '../engine/errors.js'
import type { CancelSignal } from '../engine/ports.js'
import type { ProgressCallback } from '../engine/progress.js'
import { asUploadError } from '../engine/retry.js'
import type { BucketClient } from '../services/bucket-client.js'
import { createDigester } from '../services/digester.js'
import { readingHeaders } from '../services/oss/headers.js'
import { checkKey } from '../services/oss/names.js'
import { openFileSource } from '../sources/file.js'
import { createBlockPool } from '../sources/pool.js'
import type { Bucket } from './bucket.js'
import { withTransport } from './connection.js'
import { curedClient } from './cured-client.js'
import { bucketOf } from './upload.js'

export interface Verification {
  readonly equal: boolean
  readonly size: { readonly file: number; readonly object: number }
  /** Unsigned decimal; the object's is absent when the service does not tell it, and then nothing is called equal. */
  readonly crc64: { readonly file: string; readonly object: string | undefined }
}

export interface ReadOptions {
  /** Stop now: rejects with `cancelled`. Default: never. */
  readonly signal?: AbortSignal
  readonly progressCallback?: ProgressCallback
  /**
   * Of the requests: the three `x-oss-server-side-encryption-customer-*` for an object that is encrypted with a key of the
   * customer's, `x-oss-request-payer`. Others are refused with `invalid-argument`. Default none.
   */
  readonly headers?: Readonly<Record<string, string>>
}

/** Compares a file with an object by size and CRC-64, without downloading. Rejects with `not-found` when there is none. */
export async function verifyObject(
  bucket: Bucket | string,
  key: string,
  filename: string,
  options: ReadOptions = {},
): Promise<Verification> {
  checkKey(key)
  const headers = readingHeaders(options.headers ?? {})
  const signal = options.signal ?? new AbortController().signal
  const source = await openFileSource(filename, { pool: createBlockPool({ blocks: 2 }) })
  try {
    const head = await withClient(bucket, (client) => client.headObject(key, { signal, headers }))
    const { size } = await source.identity()
    const slice = source.slice(0, size)
    let done = 0
    const counted: typeof slice = {
      ...slice,
      pump: (sink, cancel) =>
        slice.pump(async (block) => {
          await sink(block)
          done += block.length
          options.progressCallback?.(done, size)
        }, cancel),
    }
    const { crc64 } = await createDigester().digest(counted, { md5: false }, signal)
    const equal = head.size === size && head.crc64 === crc64
    return { equal, size: { file: size, object: head.size }, crc64: { file: crc64, object: head.crc64 } }
  } catch (error) {
    throw told(error, signal)
  } finally {
    await source.close()
  }
}

export interface Downloaded {
  readonly size: number
  readonly etag: string
  /** Of the bytes that arrived, compared with the service's. */
  readonly crc64: string
}

/** Where the bytes of an object go; `write` resolves when more may come. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>
}

/**
 * Fetches an object into a sink and proves it by CRC-64. Rejects with `integrity` when the bytes that arrived are not the
 * object's.
 */
export async function readObject(
  bucket: Bucket | string,
  key: string,
  sink: ByteSink,
  options: ReadOptions = {},
): Promise<Downloaded> {
  checkKey(key)
  const headers = readingHeaders(options.headers ?? {})
  const signal = options.signal ?? new AbortController().signal
  try {
    return await withClient(bucket, async (client) => {
      const { info, chunks } = await client.getObject(key, { signal, headers })
      const crc = new Crc64()
      let size = 0
      for await (const chunk of chunks) {
        crc.update(chunk)
        size += chunk.length
        await sink.write(chunk)
        options.progressCallback?.(size, info.size)
      }
      const crc64 = crc64ToDecimal(crc.value())
      if (size !== info.size || (info.crc64 !== undefined && info.crc64 !== crc64)) {
        throw new UploadError(
          'integrity',
          `What arrived of ${key} is not the object: ${size} of ${info.size} bytes with the CRC-64 ${crc64}, not ${info.crc64 ?? 'told'}. Try again.`,
          { retryable: true },
        )
      }
      return { size, etag: info.etag, crc64 }
    })
  } catch (error) {
    throw told(error, signal)
  }
}

/**
 * Fetches an object into a file: first beside it under another name, and in its place only when it is whole and proved.
 * Rejects with `conflict` when the file exists and `overwrite` is not given, with `invalid-argument` where no file can be,
 * and with `store-unusable` when the disk does not take it. A symbolic link to a file stays, and the file is replaced.
 */
export async function downloadObject(
  bucket: Bucket | string,
  key: string,
  filename: string,
  options: ReadOptions & { readonly overwrite?: boolean } = {},
): Promise<Downloaded> {
  const place = await placeFor(filename, options.overwrite === true)
  // Not made of the file's own name, which may be as long as names can be.
  const temporary = join(dirname(place), `.longhaul-${randomBytes(8).toString('hex')}.part`)
  const file = await open(temporary, 'wx').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw new UploadError('invalid-argument', `${filename} can't be written: ${why}`, { cause: error })
  })
  try {
    const sink: ByteSink = {
      async write(bytes) {
        await onDisk(filename, () => file.writeFile(bytes))
      },
    }
    const downloaded = await readObject(bucket, key, sink, options)
    await onDisk(filename, async () => {
      await file.sync()
      await file.close()
      await rename(temporary, place)
    })
    return downloaded
  } catch (error) {
    await file.close().catch(() => {})
    await rm(temporary, { force: true })
    throw error
  }
}

/** Works with a bucket's other operations. Failures are `UploadError`s. */
export async function useBucket<T>(
  bucket: Bucket | string,
  work: (client: BucketClient) => Promise<T>,
): Promise<T> {
  try {
    return await withClient(bucket, work)
  } catch (error) {
    throw told(error, undefined)
  }
}

function withClient<T>(bucket: Bucket | string, work: (client: BucketClient) => Promise<T>): Promise<T> {
  const opened = bucketOf(bucket)
  return withTransport({ numThreads: 1, network: opened.network }, (transport) =>
    work(curedClient(opened.clientOver(transport))),
  )
}

function told(error: unknown, signal: CancelSignal | undefined): unknown {
  if (signal?.aborted && !(error instanceof UploadError)) {
    return new UploadError('cancelled', 'Stopped.', { cause: signal.reason })
  }
  return error instanceof ServiceError ? asUploadError(error) : error
}

/** Where the file really goes. Only what is a file may be replaced: a device or a pipe is somebody's. */
async function placeFor(filename: string, overwrite: boolean): Promise<string> {
  const there = await lstat(filename).catch(() => undefined)
  if (there === undefined) return filename
  if (!overwrite) {
    throw new UploadError(
      'conflict',
      `${filename} exists. Choose another name, or say that it may be overwritten.`,
    )
  }
  const place = await realpath(filename).catch(() => filename)
  if (!(await lstat(place).catch(() => undefined))?.isFile()) {
    throw new UploadError('invalid-argument', `${filename} is no regular file. Choose another name.`)
  }
  return place
}

async function onDisk(filename: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const why = code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : message
    throw new UploadError('store-unusable', `${filename} can't be written: ${why}. Nothing of it is left.`, {
      cause,
    })
  }
}
