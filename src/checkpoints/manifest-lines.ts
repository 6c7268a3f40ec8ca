/** The text of a manifest file: checked lines as a checkpoint has them, read piece by piece, as there may be a million. */
import type { CheckpointLine } from '../engine/ports.js'
import type { ManifestTarget } from '../many/ports.js'
import type { JournalHandle } from './journal-disk.js'
import { decodeLine, encodeLine, isRecord, shown } from './lines.js'

const FORMAT = 'longhaul-manifest'
const VERSION = 1
const NEWLINE = 0x0a
const PIECE_SIZE = 256 * 1024
/** No line of ours is longer; what is, is damage, and is not held until its end. */
const LONGEST_LINE = 4 * 1024 * 1024

export type DecodedManifest =
  | {
      readonly kind: 'readable'
      /** Absent when the header is damaged, or was never written whole. */
      readonly target?: ManifestTarget
      /** Whole lines that failed their check. */
      readonly damaged: number
      /** Bytes up to the end of the last whole line. */
      readonly wholeBytes: number
    }
  | { readonly kind: 'foreign'; readonly format: string; readonly version: string }

export function encodeManifestHeader({ service, bucket, name }: ManifestTarget): Uint8Array {
  return encodeLine({ format: FORMAT, v: VERSION, target: { service, bucket, name } })
}

/** Hands over every whole, proved line but the header, and holds one piece of the file at a time. */
export async function decodeManifestLines(
  handle: Pick<JournalHandle, 'readRange'>,
  each: (line: CheckpointLine) => void,
): Promise<DecodedManifest> {
  let target: ManifestTarget | undefined
  let damaged = 0
  let wholeBytes = 0
  let rest: Uint8Array = new Uint8Array()
  let overlong = false
  for (let position = 0; ; ) {
    const piece = await handle.readRange(position, PIECE_SIZE)
    if (piece.length === 0) return { kind: 'readable', ...named(target), damaged, wholeBytes }
    position += piece.length
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const line = overlong ? undefined : decodeLine(bytes.subarray(start, end))
      const isFirst = wholeBytes === 0
      if (line === undefined) damaged += 1
      else if (!isFirst) each(line)
      else if (line['format'] === FORMAT && line['v'] === VERSION) target = targetOf(line['target'])
      else return { kind: 'foreign', format: shown(line['format']), version: shown(line['v']) }
      overlong = false
      start = end + 1
      wholeBytes = position - (bytes.length - start)
    }
    rest = bytes.subarray(start)
    if (rest.length > LONGEST_LINE) {
      rest = new Uint8Array()
      overlong = true
    }
  }
}

/** Which run a manifest is of, as its first line tells; `undefined` where that is damaged, or of another format. */
export async function readManifestTarget(
  handle: Pick<JournalHandle, 'readRange'>,
): Promise<ManifestTarget | undefined> {
  const piece = await handle.readRange(0, PIECE_SIZE)
  const line = decodeLine(piece.subarray(0, Math.max(0, piece.indexOf(NEWLINE))))
  return line?.['format'] === FORMAT && line['v'] === VERSION ? targetOf(line['target']) : undefined
}

function named(target: ManifestTarget | undefined): { readonly target?: ManifestTarget } {
  return target === undefined ? {} : { target }
}

function targetOf(value: unknown): ManifestTarget | undefined {
  if (!isRecord(value)) return undefined
  const { service, bucket, name } = value
  if (typeof service !== 'string' || typeof bucket !== 'string' || typeof name !== 'string') return undefined
  return { service, bucket, name }
}
