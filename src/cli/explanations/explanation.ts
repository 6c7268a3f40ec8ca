/** What `longhaul help CODE` tells of a code, and what the page of errors is made of. */
import type { UploadErrorCode } from '../../index.js'

export interface Explanation {
  /** One or two sentences: what it means. */
  readonly meaning: string
  /** What the person can do. */
  readonly advice: string
}

/** Of a failure as Longhaul calls it. */
export type OwnExplanations = Readonly<Record<UploadErrorCode, Explanation>>

/** Of a failure as OSS calls it, and what an upload that meets it ends with. */
export interface ServiceExplanation extends Explanation {
  readonly endsAs: UploadErrorCode
}
