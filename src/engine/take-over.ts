/**
 * Goes on with one upload that somebody else's record names. Its id and its part size are given, so nothing is looked for;
 * whether it is of this file is for its parts to prove. It is not ours: never aborted unless a discard names it.
 */
import { anyProved, take } from './adopt.js'
import type { OpenedRecord, OpenUpload } from './checkpoint.js'
import { recordedTime } from './checkpoint.js'
import type { Stored } from './ends.js'
import { ServiceError, UploadError } from './errors.js'
import { keepHeaders } from './kept-headers.js'
import { type Life, type NamedUpload, recordOrFail } from './life.js'
import { listParts } from './parts.js'
import type { Past } from './past.js'
import { assertPartSize, type Plan, partLength, planFits, planParts } from './plan.js'
import type { ListedPart } from './ports.js'
import { uploadErrorFrom } from './retry.js'
import { settleGone } from './settle-gone.js'

/**
 * Resolves with the upload, written down, or with the object that somebody has made of it already. Rejects with `conflict`
 * when it is not of this file, with `not-found` when it is gone and has left no object that equals the file, and with
 * `denied` or `unsupported` where its parts may not be listed.
 */
export async function takeOverUpload(
  life: Life,
  past: Past,
  named: NamedUpload,
): Promise<OpenUpload | Stored> {
  const { service } = life.ports
  const { key } = life.request
  const { uploadId } = named
  const plan = planOf(life, named)
  const listed = await listOrTell(life, uploadId)
  if (listed === 'gone') return whatItLeft(life, past, { uploadId, partSize: plan.partSize })
  const parts = [...listed.values()]
  await assertOfThisFile(life, { named, plan, parts })
  return take(
    life,
    past,
    // Nobody says when it was begun. It was before now, so an object from before now is not one that we completed.
    {
      upload: { key, uploadId, initiated: recordedTime(service.now() ?? 0) },
      partSize: plan.partSize,
      parts,
    },
    { type: 'taken-over', uploadId, partSize: plan.partSize, partCount: parts.length },
  )
}

/** One checkpoint per target: an upload that it names already is another one's work. */
export function assertNoOther({ current }: Past, { uploadId }: NamedUpload): void {
  if (current === undefined || current.opened.uploadId === uploadId) return
  throw new UploadError(
    'conflict',
    `The store here has another unfinished upload of this key, ${current.opened.uploadId}. Resume or discard that one first.`,
    { uploadId: current.opened.uploadId },
  )
}

function planOf(life: Life, { partSize, size }: NamedUpload): Plan {
  const { limits } = life.ports.service
  if (life.size === 0) {
    throw new UploadError(
      'source-changed',
      `The file is empty now and had ${size} bytes when this upload began.`,
    )
  }
  // The only part there is may be smaller than parts otherwise have to be.
  const cut = partSize >= life.size ? Math.max(partSize, limits.minPartSize) : partSize
  assertPartSize(cut, limits)
  if (!planFits(life.size, cut, limits)) {
    throw new UploadError(
      'conflict',
      `The upload has parts of ${partSize} bytes, which can not carry a file of ${life.size}.`,
    )
  }
  return planParts({ size: life.size, partSize: cut, limits })
}

async function listOrTell(life: Life, uploadId: string): Promise<ReadonlyMap<number, ListedPart> | 'gone'> {
  try {
    const listed = await listParts(life, { key: life.request.key, uploadId })
    life.liveness.moved()
    return listed
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const code = error.meaning === 'denied' ? 'denied' : 'unsupported'
    throw uploadErrorFrom(code, `Taking over needs ListParts: ${error.message} Allow it.`, error)
  }
}

/** A part that is the file's, or at least the size that the file had where there is no part yet. */
async function assertOfThisFile(
  life: Life,
  {
    named,
    plan,
    parts,
  }: { readonly named: NamedUpload; readonly plan: Plan; readonly parts: readonly ListedPart[] },
): Promise<void> {
  const fitting = parts.filter(
    ({ partNumber, size }) => partNumber <= plan.partCount && size === partLength(plan, partNumber),
  )
  if (parts.length === 0 && life.size === named.size) return
  if (fitting.length > 0 && (await anyProved(life, fitting, plan.partSize))) return
  const why =
    parts.length > 0
      ? 'none of its parts at the service has what the file has there'
      : `the file had ${named.size} bytes when it began and has ${life.size} now, and no part is there to tell`
  throw new UploadError(
    'conflict',
    `The upload ${named.uploadId} is not of this file: ${why}. It was left alone; put the file to begin anew.`,
    { uploadId: named.uploadId },
  )
}

/** The tool may have completed it and died before it could forget it. */
async function whatItLeft(
  life: Life,
  past: Past,
  { uploadId, partSize }: { readonly uploadId: string; readonly partSize: number },
): Promise<Stored> {
  const { service, source, digester, runtime } = life.ports
  const opened: OpenedRecord = {
    kind: 'opened',
    uploadId,
    partSize,
    size: life.size,
    headers: keepHeaders(life.request.headers, { service, digester, runtime }),
    source: source.name,
    initiated: 0,
    adopted: true,
  }
  const end = await settleGone(life, opened, undefined).catch((error: unknown) => {
    if (error instanceof UploadError && error.code === 'conflict') return undefined
    throw error
  })
  if (end?.kind !== 'stored') {
    const left =
      end === undefined ? 'the object of this key is not what the file has' : 'there is no object of this key'
    throw new UploadError(
      'not-found',
      `The upload ${uploadId} does not exist any more at the service, and ${left}. Put the file to begin anew.`,
      { uploadId },
    )
  }
  await recordOrFail(life, opened)
  past.adopted.add(uploadId)
  past.knownIds.add(uploadId)
  return end
}
