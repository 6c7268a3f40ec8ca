/** What a run of many sources asks of the world beyond what one upload asks of it. */
import type { UploadError } from '../engine/errors.js'
import type { CheckpointLine, Source, SourceIdentity } from '../engine/ports.js'

/** One file that is to become one object. */
export interface ManySource {
  /** The local file. */
  readonly filename: string
  /** The object's name, 1 to 1023 bytes of UTF-8, not beginning with `/` or `\`. */
  readonly key: string
  /** Headers of this object alone; they win over those of the whole run. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * The source is known to be there, and nothing more can be told of it, as of a folder that may not be read: it counts
   * as a file that failed with this.
   */
  readonly error?: UploadError | undefined
}

/** Which sources a manifest is of. One lock belongs to it. */
export interface ManifestTarget {
  /** As a checkpoint's target names it. */
  readonly service: string
  readonly bucket: string
  /** What tells it from other manifests of the same bucket. */
  readonly name: string
}

/** The exclusive hold on one manifest. Its lines mean what `many/manifest.ts` says. */
export interface ManifestLog {
  /**
   * Hands over the lines that are there, oldest first, without ever holding them all. A line whose check fails costs only
   * itself and is counted; a torn last one is cut off before the first append.
   */
  replay(each: (line: CheckpointLine) => void): Promise<{ readonly damaged: number }>
  /** Outlives this process when it resolves; and a power failure, a second later at most or after `sync`. */
  append(line: CheckpointLine): Promise<void>
  sync(): Promise<void>
  /** Puts in place of all that is there the lines that `keep` wants, and no others. */
  compact(keep: (line: CheckpointLine) => boolean): Promise<void>
  /** Removes the contents. The hold stays until `release`. */
  remove(): Promise<void>
  release(): Promise<void>
}

export interface ManifestSummary {
  /** Names the manifest within its store; stable for one target. */
  readonly id: string
  /** Absent when the line that names it is damaged. */
  readonly target?: ManifestTarget
  /** Milliseconds since the epoch of the last append. */
  readonly modified: number
  /** Who holds it now, in words, when somebody does. */
  readonly heldBy?: string
}

export interface ManifestStore {
  /** Rejects with `UploadError` `locked` (says who holds it) or `store-unusable`. */
  acquire(target: ManifestTarget, options?: { readonly steal?: boolean }): Promise<ManifestLog>
  /** Takes no hold. */
  list(): Promise<readonly ManifestSummary[]>
  /** The lines of one that `list` told of, as `replay` hands them over. Takes no hold. */
  read(id: string, each: (line: CheckpointLine) => void): Promise<void>
}

/** 64 bits of a digest that nobody finds two texts for, as two unsigned words. */
export type TextDigest = (text: string) => readonly [number, number]

/** The files, as far as a run looks at them itself. */
export interface ManyFiles {
  /** The state of what the name means, without opening it. @throws UploadError `source-missing` when there is nothing */
  identity(filename: string): Promise<SourceIdentity>
  open(filename: string): Promise<Source>
}
