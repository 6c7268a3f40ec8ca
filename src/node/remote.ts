/**
 * The unfinished uploads of a bucket as the service lists them, told apart by what the store here knows; and the one way
 * to abort what no checkpoint names: by its id, and only while nobody adds a part to it.
 */
import { ServiceError, UploadError } from '../engine/errors.js'
import type { CheckpointStore } from '../engine/ports.js'
import type { Bucket } from './bucket.js'
import { type Desk, type DeskOptions, inParallel, withDesk } from './desk.js'
import { isKnown, localLogs, type Whose, whoseUpload } from './local-logs.js'
import { bucketOf } from './upload.js'

export type RemoteOptions = DeskOptions

export interface RemoteUpload {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
  /** By the service's clock, milliseconds since the epoch. */
  readonly initiated: number
  /** What is there of it. Absent when its parts may not be listed. */
  readonly stored?: {
    readonly parts: number
    readonly bytes: number
    /** When the newest part arrived, by the service's clock; absent when there is none. */
    readonly newestPart?: number
  }
  readonly whose: Whose
  /** The id stands in a log of the store here, whatever became of it. */
  readonly known: boolean
}

export interface RemoteUploads {
  readonly uploads: readonly RemoteUpload[]
  /** The service's clock, milliseconds since the epoch. */
  readonly now: number
}

/** Parts in flight may land after an abort, so it is repeated until the service knows the upload no more. */
const maxAborts = 3

/** Everything unfinished below a prefix. Rejects with an `UploadError`; touches nothing. */
export async function remoteUploads(
  bucket: Bucket | string,
  options: RemoteOptions & {
    readonly prefix?: string | undefined
    /** Whose logs tell what is ours; as in `UploadOptions`. */
    readonly store?: string | CheckpointStore | undefined
  } = {},
): Promise<RemoteUploads> {
  const { name, service } = bucketOf(bucket)
  const logs = await localLogs(options.store)
  return withDesk(bucket, options, async (desk) => {
    const listed = await listAll(desk, options.prefix ?? '')
    const uploads = await inParallel(listed, async (upload): Promise<RemoteUpload | undefined> => {
      const stored = await storedOf(desk, upload)
      if (stored === 'gone') return undefined
      const { key, uploadId, initiated } = upload
      return {
        bucket: name,
        key,
        uploadId,
        initiated,
        ...(stored === undefined ? {} : { stored }),
        whose: whoseUpload({ service, bucket: name, key, uploadId }, logs),
        known: isKnown(uploadId, logs),
      }
    })
    return { uploads: uploads.filter((upload) => upload !== undefined), now: timeOf(desk) }
  })
}

/** When something last happened to an upload; `undefined` when that can't be told. */
export function lastTouched({
  initiated,
  stored,
}: Pick<RemoteUpload, 'initiated' | 'stored'>): number | undefined {
  return stored === undefined ? undefined : Math.max(initiated, stored.newestPart ?? 0)
}

/**
 * Aborts an upload whose newest part is at least so old, or which has none and was begun so long ago. It is looked at
 * again right before. `touched`: it has got a part since, and was left alone. `gone`: it was not there any more.
 */
export async function abortIfOlder(
  bucket: Bucket | string,
  upload: Pick<RemoteUpload, 'key' | 'uploadId' | 'initiated'>,
  options: RemoteOptions & { readonly olderThanMs: number },
): Promise<'aborted' | 'gone' | 'touched'> {
  return withDesk(bucket, options, async (desk) => {
    const stored = await storedOf(desk, upload)
    if (stored === 'gone') return 'gone'
    const touched = lastTouched({ initiated: upload.initiated, ...(stored === undefined ? {} : { stored }) })
    if (touched === undefined) {
      throw new UploadError(
        'denied',
        `The parts of ${upload.uploadId} may not be listed, so how old it is can't be told. It was left alone.`,
      )
    }
    if (timeOf(desk) - touched < options.olderThanMs) return 'touched'
    for (let repeat = 0; repeat < maxAborts; repeat += 1) {
      if ((await abortOnce(desk, upload)) === 'gone') return 'aborted'
    }
    if ((await storedOf(desk, upload)) === 'gone') return 'aborted'
    throw new UploadError(
      'interrupted',
      `${upload.uploadId} is still there after ${maxAborts} aborts: somebody is sending parts to it. Try again later.`,
    )
  })
}

type Listed = Pick<RemoteUpload, 'key' | 'uploadId' | 'initiated'>

async function listAll({ client, signal, ask }: Desk, prefix: string): Promise<readonly Listed[]> {
  const all: Listed[] = []
  let page: { readonly key: string; readonly uploadId: string } | undefined
  do {
    const from = page
    const answer = await ask('ListMultipartUploads', () =>
      client.listMultipartUploads({ signal, prefix, ...(from ? { page: from } : {}) }),
    )
    all.push(...answer.uploads)
    page = answer.nextPage
    if (page !== undefined && page.key === from?.key && page.uploadId === from.uploadId) {
      throw new UploadError(
        'interrupted',
        'The list of unfinished uploads goes round in a circle. Try again.',
      )
    }
  } while (page !== undefined)
  return all
}

/** What is at the service of an upload; `undefined` when its parts may not be listed. */
export async function storedOf(
  { client, signal, ask }: Desk,
  { key, uploadId }: Pick<Listed, 'key' | 'uploadId'>,
): Promise<RemoteUpload['stored'] | 'gone'> {
  let parts = 0
  let bytes = 0
  let newest = 0
  try {
    for (let page: number | undefined = 0; page !== undefined; ) {
      const from: number = page
      const answer = await ask(
        'ListParts',
        () => client.listParts({ key, uploadId }, { signal, page: from }),
        ['upload-gone', 'denied', 'unsupported'],
      )
      for (const { size, lastModified } of answer.parts) {
        parts += 1
        bytes += size
        newest = Math.max(newest, lastModified)
      }
      page = answer.nextPage !== undefined && answer.nextPage > from ? answer.nextPage : undefined
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    return error.meaning === 'upload-gone' ? 'gone' : undefined
  }
  return { parts, bytes, ...(parts === 0 ? {} : { newestPart: newest }) }
}

async function abortOnce(
  { client, signal, ask }: Desk,
  { key, uploadId }: Pick<Listed, 'key' | 'uploadId'>,
): Promise<'aborted' | 'gone'> {
  try {
    await ask('AbortMultipartUpload', () => client.abortMultipartUpload({ key, uploadId }, { signal }), [
      'upload-gone',
    ])
    return 'aborted'
  } catch (error) {
    if (error instanceof ServiceError && error.meaning === 'upload-gone') return 'gone'
    throw error
  }
}

/** The service has answered by now, so its clock is known. */
function timeOf({ client }: Desk): number {
  const now = client.now()
  if (now === undefined) throw new UploadError('interrupted', 'The service did not tell its time. Try again.')
  return now
}
