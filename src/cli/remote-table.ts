/** Unfinished uploads at the service, as people and programs read them. Pure. */
import { lastTouched, type RemoteUpload, type Whose } from '../index.js'
import { oneLine } from './failure.js'
import { objectUrl } from './object-url.js'
import { formatDuration, formatSize } from './sizes.js'
import { formatTable } from './table.js'

const whoseText: Readonly<Record<Whose, string>> = {
  ours: 'ours',
  owed: 'owed',
  'possible-orphan': 'possible orphan',
  others: "others'",
}

const columns = [
  { title: 'TARGET' },
  { title: 'UPLOAD ID' },
  { title: 'BEGUN' },
  { title: 'NEWEST PART', align: 'right' as const },
  { title: 'PARTS', align: 'right' as const },
  { title: 'BYTES', align: 'right' as const },
  { title: 'WHOSE' },
]

/** @param now the service's clock, milliseconds since the epoch */
export function remoteTable(uploads: readonly RemoteUpload[], now: number): readonly string[] {
  const rows = uploads.map((upload) => {
    const { stored } = upload
    const newest = stored?.newestPart
    return [
      oneLine(objectUrl(upload)),
      oneLine(upload.uploadId),
      isoText(upload.initiated),
      newest === undefined ? '-' : `${formatDuration(Math.max(0, now - newest))} ago`,
      stored === undefined ? '?' : String(stored.parts),
      stored === undefined ? '?' : formatSize(stored.bytes),
      whoseText[upload.whose],
    ]
  })
  return formatTable(columns, rows)
}

/** The fields of a `remote-upload` line. */
export function remoteFields({
  bucket,
  key,
  uploadId,
  initiated,
  stored,
  whose,
  known,
}: RemoteUpload): Readonly<Record<string, unknown>> {
  const newest = stored?.newestPart
  return {
    bucket,
    key,
    uploadId,
    initiated: isoText(initiated),
    ...(newest === undefined ? {} : { newestPart: isoText(newest) }),
    ...(stored === undefined ? {} : { parts: stored.parts, bytes: stored.bytes }),
    whose,
    known,
  }
}

export interface Stale {
  readonly stale: readonly RemoteUpload[]
  /** In a log of the store here: that upload's own run or discard looks after it. */
  readonly known: number
  readonly younger: number
  /** Their parts may not be listed, so how old they are can't be told. */
  readonly unjudged: number
}

/** Which uploads nobody added to for so long and no log here knows. */
export function staleUploads(
  { uploads, now }: { readonly uploads: readonly RemoteUpload[]; readonly now: number },
  olderThanMs: number,
): Stale {
  const unknown = uploads.filter(({ known }) => !known)
  const judged = unknown.flatMap((upload) => {
    const touched = lastTouched(upload)
    return touched === undefined ? [] : [{ upload, ageMs: now - touched }]
  })
  const stale = judged.filter(({ ageMs }) => ageMs >= olderThanMs).map(({ upload }) => upload)
  return {
    stale,
    known: uploads.length - unknown.length,
    younger: judged.length - stale.length,
    unjudged: unknown.length - judged.length,
  }
}

function isoText(ms: number): string {
  return new Date(ms).toISOString()
}
