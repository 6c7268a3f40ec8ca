/** Checkpoints of other tools: what each is good for, and how people and programs read that. */
import {
  type ForeignCheckpoint,
  type ForeignState,
  findForeignCheckpoints,
  statForeignUpload,
  takeoverTarget,
  type UploadError,
} from '../index.js'
import { failureOf, oneLine } from './failure.js'
import { objectUrl } from './object-url.js'
import { type Connection, openBucket } from './settings.js'
import { formatDuration, formatSize } from './sizes.js'
import { formatTable } from './table.js'

/** All that it takes to go on with it. */
export interface Ready {
  readonly checkpoint: ForeignCheckpoint
  readonly bucket: string
  readonly key: string
  /** The local file. */
  readonly file: string
}

type AskedState = ForeignState | { readonly kind: 'not-asked' }

export type Candidate =
  | ({ readonly kind: 'ready'; readonly state: AskedState } & Ready)
  | {
      readonly kind: 'refused'
      readonly path: string
      readonly why: string
      readonly checkpoint?: ForeignCheckpoint
    }

/** Several places may be of one service; each checkpoint is asked about by itself. */
export async function lookForCandidates(options: {
  readonly scan?: boolean | string
  readonly bucket?: string
  readonly connection: Connection | undefined
  readonly signal: AbortSignal
}): Promise<readonly Candidate[]> {
  const { scan, bucket, connection, signal } = options
  const found = await findForeignCheckpoints(typeof scan === 'string' ? { folder: scan } : {})
  const candidates: Candidate[] = []
  for (const each of found) {
    if (each.kind === 'refused') {
      candidates.push(each)
      continue
    }
    const { checkpoint, doubt } = each
    const { path } = checkpoint
    if (doubt !== undefined) {
      const why = `${path} is not believed: ${doubt}. Name it to take it over all the same.`
      candidates.push({ kind: 'refused', path, checkpoint, why })
      continue
    }
    try {
      // One that names its bucket is of no other, whatever the others are of.
      const target = takeoverTarget(checkpoint, checkpoint.bucket === undefined ? { bucket } : {})
      const state = await stateOf(checkpoint, { bucket: target.bucket, connection, signal })
      candidates.push({ kind: 'ready', checkpoint, ...target, state })
    } catch (error) {
      const { code } = error as Partial<UploadError>
      if (code === undefined || code === 'cancelled' || code === 'internal') throw error
      candidates.push({ kind: 'refused', path, checkpoint, why: failureOf(error).message })
    }
  }
  return candidates
}

async function stateOf(
  checkpoint: ForeignCheckpoint,
  {
    bucket,
    connection,
    signal,
  }: { readonly bucket: string; readonly connection: Connection | undefined; readonly signal: AbortSignal },
): Promise<AskedState> {
  if (connection === undefined) return { kind: 'not-asked' }
  return statForeignUpload(openBucket(connection, bucket), checkpoint, {
    signal,
    retry: { noProgressForMs: 20_000 },
  })
}

const columns = [
  { title: 'TOOL' },
  { title: 'TARGET' },
  { title: 'FILE' },
  { title: 'SIZE', align: 'right' as const },
  { title: 'AT THE SERVICE' },
  { title: 'CHECKPOINT' },
]

/** The rows of what can be gone on with, then a line for each that can't. */
export function candidateTable(candidates: readonly Candidate[]): readonly string[] {
  const ready = candidates.filter((candidate) => candidate.kind === 'ready')
  const refused = candidates.filter((candidate) => candidate.kind === 'refused')
  const rows = ready.map(({ checkpoint, bucket, key, file, state }) => [
    checkpoint.tool,
    oneLine(objectUrl({ bucket, key })),
    oneLine(file),
    formatSize(checkpoint.size),
    stateText(state),
    oneLine(checkpoint.path),
  ])
  return [
    ...(rows.length === 0 ? [] : formatTable(columns, rows)),
    ...refused.map(({ why }) => oneLine(`Not usable: ${why}`)),
  ]
}

function stateText(state: AskedState): string {
  switch (state.kind) {
    case 'gone':
      return 'gone'
    case 'unknown':
      return 'its parts may not be listed'
    case 'not-asked':
      return 'not asked'
    case 'open': {
      const { parts, bytes, newestPart, now } = state
      if (newestPart === undefined) return 'no part yet'
      const age = formatDuration(Math.max(0, now - newestPart))
      return `${parts} ${parts === 1 ? 'part' : 'parts'}, ${formatSize(bytes)}, the newest ${age} ago`
    }
  }
}

/** The fields of a `foreign-upload` line. */
export function candidateFields(candidate: Candidate): Readonly<Record<string, unknown>> {
  const { checkpoint } = candidate
  const known =
    checkpoint === undefined
      ? {}
      : {
          tool: checkpoint.tool,
          ...(checkpoint.bucket === undefined ? {} : { bucket: checkpoint.bucket }),
          key: checkpoint.key,
          uploadId: checkpoint.uploadId,
          size: checkpoint.size,
          partSize: checkpoint.partSize,
        }
  if (candidate.kind === 'refused') {
    return { checkpoint: candidate.path, ...known, state: 'refused', message: oneLine(candidate.why) }
  }
  const { bucket, file, state } = candidate
  return {
    checkpoint: candidate.checkpoint.path,
    ...known,
    bucket,
    file,
    state: state.kind,
    ...(state.kind === 'open' ? { parts: state.parts, bytes: state.bytes } : {}),
    ...(state.kind === 'open' && state.newestPart !== undefined
      ? { newestPart: new Date(state.newestPart).toISOString() }
      : {}),
  }
}
