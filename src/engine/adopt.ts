/**
 * Goes on with an upload that no checkpoint of ours names: the store was lost, or another machine began it. Somebody else
 * may have begun it, so it is only taken when it is the one that fits, and never aborted unless it is named.
 */
import { fitParts, maxProofParts, spread } from './adopt-fit.js'
import type { OpenedRecord, OpenUpload } from './checkpoint.js'
import { ServiceError, UploadError } from './errors.js'
import type { UploadEvent } from './events.js'
import { keepHeaders } from './kept-headers.js'
import { type Life, persist, recordOrFail, type UploadRequest } from './life.js'
import { listParts } from './parts.js'
import type { Past } from './past.js'
import { partRange } from './plan.js'
import type { ListedPart, ListedUpload } from './ports.js'
import { type Claim, needsMd5, provedBy } from './reconcile.js'
import { uploadErrorFrom } from './retry.js'
import { lookAtObject } from './settle.js'
import { utcText } from './utc.js'

/** Ids that one message names; the event has all of them. */
const mostNamed = 5

interface Fitting {
  readonly upload: ListedUpload
  readonly partSize: number
  readonly parts: readonly ListedPart[]
}

type Judged = Fitting | { readonly upload: ListedUpload; readonly why: string }

export function wantsAdoption({ adopt, restart }: Pick<UploadRequest, 'adopt' | 'restart'>): boolean {
  return adopt !== undefined && adopt !== false && !restart
}

/**
 * Resolves with the upload, written down, or with `undefined` when none fits and a new one is to begin. Rejects with
 * `conflict` when several fit or the named one does not, with `not-found` when the named one is not there, and with
 * `denied` or `unsupported` where the service does not let us look. Touches nothing at the service.
 */
export async function adoptUpload(life: Life, past: Past): Promise<OpenUpload | undefined> {
  const { adopt, multipartThreshold } = life.request
  const named = typeof adopt === 'string' ? adopt : undefined
  if (life.size === 0 || life.size < multipartThreshold) return tooSmall(life, named)
  const uploads = await listUploads(life)
  const candidates = uploads.filter(
    ({ uploadId }) => !past.pendingAborts.has(uploadId) && (named === undefined || uploadId === named),
  )
  if (named !== undefined && candidates.length === 0) {
    throw new UploadError(
      'not-found',
      `There is no unfinished upload ${named} of this key. Look at the ones there are, or leave adopt out to begin anew.`,
    )
  }
  const judged: Judged[] = []
  for (const upload of candidates) judged.push(await judge(life, upload))
  const fitting = judged.filter((each) => 'partSize' in each)
  const unfit = judged.flatMap((each) =>
    'why' in each ? [{ uploadId: each.upload.uploadId, why: each.why }] : [],
  )
  const [found] = fitting
  if (found === undefined) return none(life, unfit, named)
  if (fitting.length > 1) throw ambiguous(life, fitting)
  const { uploadId, initiated } = found.upload
  return take(life, past, found, { type: 'adopted', uploadId, initiated, partCount: found.parts.length })
}

function tooSmall(life: Life, named: string | undefined): undefined {
  const why = 'The file is sent in one request, since it is smaller than multipartThreshold'
  if (named !== undefined) {
    throw new UploadError('invalid-argument', `${why}: lower that to go on with the upload ${named}.`)
  }
  life.emit({ type: 'adopt-none', unfit: [], message: `${why}. No upload was looked for.` })
}

async function listUploads(life: Life): Promise<readonly ListedUpload[]> {
  const { service } = life.ports
  const { key, headers } = life.request
  return told('ListMultipartUploads', async () => {
    if (service.listMultipartUploads === undefined) {
      throw new ServiceError('unsupported', 'The service has no listing of unfinished uploads.')
    }
    const list = service.listMultipartUploads.bind(service)
    const uploads = await persist(
      life,
      { operation: 'ListMultipartUploads' },
      () => list(key, { headers, signal: life.signal }),
      ['denied', 'unsupported'],
    )
    life.liveness.moved()
    return uploads
  })
}

/** To begin anew in silence would send everything again, and that is what adopting is to spare. */
async function told<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const code = error.meaning === 'denied' ? 'denied' : 'unsupported'
    const message = `Adopting needs ${operation}: ${error.message} Allow it, or leave adopt out to begin anew.`
    throw uploadErrorFrom(code, message, error)
  }
}

async function judge(life: Life, upload: ListedUpload): Promise<Judged> {
  const { key, uploadId } = upload
  const listed = await told('ListParts', () => listParts(life, { key, uploadId }))
  life.liveness.moved()
  if (listed === 'gone') return { upload, why: 'it is gone' }
  const parts = [...listed.values()]
  const fit = fitParts({ size: life.size, limits: life.ports.service.limits, parts })
  if (fit.kind === 'unfit') return { upload, why: fit.why }
  for (const partSize of fit.partSizes) {
    if (await anyProved(life, parts, partSize)) return { upload, partSize, parts }
  }
  return { upload, why: 'its parts are not what the file has' }
}

/** Has the file, cut this way, the bytes of one of the parts? Which others are the file's is for the run to find out. */
export async function anyProved(
  life: Life,
  parts: readonly ListedPart[],
  partSize: number,
): Promise<boolean> {
  const { digester, source } = life.ports
  const plan = { size: life.size, partSize, partCount: Math.ceil(life.size / partSize) }
  for (const listed of spread(parts, maxProofParts)) {
    const { partNumber, size } = listed
    const claim: Claim = { partNumber, size, listed }
    const { start, end } = partRange(plan, partNumber)
    const digest = await digester.digest(source.slice(start, end), { md5: needsMd5(claim) }, life.signal)
    life.liveness.moved()
    if (provedBy(claim, digest)) return true
  }
  return false
}

function none(
  life: Life,
  unfit: readonly { readonly uploadId: string; readonly why: string }[],
  named: string | undefined,
): undefined {
  const reasons = unfit.slice(0, mostNamed).map(({ uploadId, why }) => `${uploadId}: ${why}`)
  const more = unfit.length > mostNamed ? [`${unfit.length - mostNamed} more`] : []
  const list = [...reasons, ...more].join('; ')
  if (named !== undefined) {
    throw new UploadError(
      'conflict',
      `The upload can not be adopted for this file: ${list}. Leave adopt out to begin anew.`,
    )
  }
  const message =
    unfit.length === 0
      ? 'There is no unfinished upload of this key to adopt. A new upload begins.'
      : `No unfinished upload of this key fits the file (${list}). They are left alone, and a new upload begins.`
  life.emit({ type: 'adopt-none', unfit, message })
}

function ambiguous(life: Life, fitting: readonly Fitting[]): UploadError {
  const candidates = fitting.map(({ upload, parts }) => ({
    uploadId: upload.uploadId,
    initiated: upload.initiated,
    parts: parts.length,
    bytes: parts.reduce((sum, part) => sum + part.size, 0),
  }))
  const event: UploadEvent = { type: 'adopt-ambiguous', candidates }
  life.emit(event)
  const named = candidates
    .slice(0, mostNamed)
    .map(
      ({ uploadId, initiated, parts, bytes }) =>
        `${uploadId} (begun ${utcText(initiated)}, ${parts} ${parts === 1 ? 'part' : 'parts'}, ${bytes} bytes)`,
    )
  const more = candidates.length > mostNamed ? [`${candidates.length - mostNamed} more`] : []
  return new UploadError(
    'conflict',
    `${candidates.length} unfinished uploads of this key fit the file, and none was chosen: ${[...named, ...more].join(', ')}. ` +
      "Name one with adopt: 'UPLOADID' (--adopt=UPLOADID), abort those that nobody needs, or leave adopt out to begin anew.",
  )
}

/** Durable before the first part is sent: whoever comes after us goes on with it by the record alone. */
export async function take(
  life: Life,
  past: Past,
  { upload, partSize }: Fitting,
  event: UploadEvent,
): Promise<OpenUpload> {
  const { service, source, digester, runtime } = life.ports
  const { headers } = life.request
  const { uploadId, initiated } = upload
  if (service.forbidsOverwrite(headers) && (await lookAtObject(life)).kind === 'found') {
    throw new UploadError(
      'conflict',
      'An object of this name exists, and overwriting was forbidden. The upload was left as it is.',
    )
  }
  const opened: OpenedRecord = {
    kind: 'opened',
    uploadId,
    partSize,
    size: life.size,
    headers: keepHeaders(headers, { service, digester, runtime }),
    source: source.name,
    initiated,
    adopted: true,
  }
  await recordOrFail(life, opened)
  // One that a damaged checkpoint of ours still names is ours as before.
  if (!past.leftovers.delete(uploadId)) past.adopted.add(uploadId)
  past.knownIds.add(uploadId)
  life.emit(event)
  return { opened, parts: new Map(), committed: false }
}
