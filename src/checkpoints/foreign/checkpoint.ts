/** What another tool wrote down of an upload that it did not finish. Each has its own form; this is what they have in common. */

/**
 * Who writes such checkpoints. `go-v2` is also ossutil 2, which is made of that SDK, and `go-v1` is also ossutil 1.
 */
export type ForeignTool = 'oss2' | 'go-v2' | 'python-v2' | 'go-v1' | 'ali-oss'

export const foreignToolNames: Readonly<Record<ForeignTool, string>> = {
  oss2: 'oss2',
  'go-v2': 'OSS Go SDK v2 or ossutil 2',
  'python-v2': 'alibabacloud-oss-v2',
  'go-v1': 'ossutil 1 or OSS Go SDK v1',
  'ali-oss': 'ali-oss',
}

export interface ForeignUpload {
  readonly tool: ForeignTool
  /** Absent where the tool does not write it down: `go-v1` and `ali-oss`. */
  readonly bucket?: string
  readonly key: string
  readonly uploadId: string
  /** As the tool was given it, so perhaps relative to its working folder. Absent where it was no file but bytes. */
  readonly file?: string
  /** Bytes of the file when the upload began. */
  readonly size: number
  /** When the file had last changed then, milliseconds since the epoch. Absent where it is not written down. */
  readonly modified?: number
  /** Bytes. */
  readonly partSize: number
  /** How many parts the tool knew to be done. Absent where it asks the service instead. */
  readonly partsDone?: number
  /** The `x-oss-callback` that Complete was to have. */
  readonly callback?: string
}

/** The text is no checkpoint of an upload that could go on. The message is a sentence about it, without a subject. */
export class ForeignRefusal extends Error {
  /** It has no mark of any tool, so it need not be meant. */
  readonly unknown: boolean

  constructor(message: string, { unknown = false }: { readonly unknown?: boolean } = {}) {
    super(message)
    this.unknown = unknown
  }
}
