/** Finds, or at least reports, uploads whose Initiate we asked for and never heard of again. Touches none of them. */
import type { IntentRecord } from './checkpoint.js'
import { ServiceError } from './errors.js'
import { type Conversation, persist } from './life.js'
import type { ListedUpload } from './ports.js'
import { isServiceError } from './retry.js'
import { wholeSeconds } from './settle.js'

/** The service's time before the first of these Initiates. */
export function earliest(intents: readonly IntentRecord[]): number | undefined {
  const times = intents
    .filter((intent) => intent.operation === 'initiate')
    .map((intent) => intent.serviceTime)
    .filter((time) => time !== undefined)
  return times.length === 0 ? undefined : Math.min(...times)
}

/** From when on an upload of our key may be one of these Initiates': from ever, when the time could not be learnt. */
export function doubtSince(intents: readonly IntentRecord[]): number | undefined {
  const times = intents
    .filter((intent) => intent.operation === 'initiate')
    .map((intent) => intent.serviceTime ?? 0)
  return times.length === 0 ? undefined : Math.min(...times)
}

export interface Lost {
  /** By the service's clock: before our Initiate went out. */
  readonly since: number
  /** Ids that are accounted for. */
  readonly knownIds: ReadonlySet<string>
}

/** Uploads of our key that the service began between our intent and now, and that are not accounted for. */
async function strangers(life: Conversation, { since, knownIds }: Lost): Promise<readonly ListedUpload[]> {
  const { service } = life.ports
  const { key, headers } = life.request
  if (service.listMultipartUploads === undefined) {
    throw new ServiceError('unsupported', 'The service has no listing of unfinished uploads.')
  }
  const uploads = await service.listMultipartUploads(key, { headers, signal: life.signal })
  const until = (service.now() ?? Number.POSITIVE_INFINITY) + 1000
  return uploads.filter(
    ({ uploadId, initiated }) =>
      initiated >= wholeSeconds(since) && initiated <= until && !knownIds.has(uploadId),
  )
}

/** The upload of a lost Initiate: only if it is the sole candidate and nobody has sent it a part. */
export async function recover(life: Conversation, lost: Lost): Promise<ListedUpload | undefined> {
  const { service } = life.ports
  const { key, headers } = life.request
  try {
    const found = await persist(life, { operation: 'ListMultipartUploads' }, () => strangers(life, lost), [
      'denied',
      'refused',
      'unsupported',
    ])
    const [candidate] = found
    if (candidate === undefined || found.length > 1) return undefined
    const page = await persist(
      life,
      { operation: 'ListParts' },
      () => service.listParts({ key, uploadId: candidate.uploadId }, 0, { headers, signal: life.signal }),
      ['denied', 'refused', 'unsupported', 'upload-gone'],
    )
    return page.parts.length === 0 ? candidate : undefined
  } catch (error) {
    if (error instanceof ServiceError) return undefined
    throw error
  }
}

/** Keys and clock may both be wrong, and one of them twice. */
const maxCures = 3

/**
 * Asks once, and again only where the refusal was about keys or time and the adapter has put that right: the first request
 * of a process with old keys or a wrong clock is always refused.
 */
async function askOnce<T>(ask: () => Promise<T>): Promise<T> {
  for (let cures = 0; ; cures++) {
    try {
      return await ask()
    } catch (error) {
      if (cures >= maxCures || !isServiceError(error, 'credentials-rejected', 'clock-skew')) throw error
    }
  }
}

/** Tells, once an upload is over, which others may be ours from Initiates whose answers were lost. Asks once. */
export async function reportOrphans(life: Conversation, lost: Lost): Promise<void> {
  try {
    const found = await askOnce(() => strangers(life, lost))
    if (found.length === 0) return
    const uploadIds = found.map(({ uploadId }) => uploadId)
    const message = `Unfinished uploads of this key, perhaps ours from Initiates that went unanswered: ${uploadIds.join(', ')}`
    life.emit({ type: 'orphans-suspected', uploadIds, message })
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const message = `An Initiate went unanswered and may have left an upload; it could not be looked for: ${error.message}`
    life.emit({ type: 'orphans-suspected', uploadIds: [], message })
  }
}
