/** What becomes of a bucket's objects and unfinished uploads in time. */
import type { Tag } from './bucket-tags.js'

/** From when on a rule applies: so many days after the last change, or to all that is older than this date. */
export type LifecycleAge = { readonly days: number } | { readonly createdBefore: number }

export interface LifecycleTransition {
  readonly age: LifecycleAge
  readonly storageClass: string
}

export interface LifecycleRule {
  readonly id: string
  /** Empty: all. */
  readonly prefix: string
  readonly enabled: boolean
  /** An object has to have all of them. */
  readonly tags: readonly Tag[]
  readonly expiration?: LifecycleAge
  readonly abortMultipartUpload?: LifecycleAge
  readonly transitions: readonly LifecycleTransition[]
}

export interface LifecycleConfiguration {
  readonly rules: readonly LifecycleRule[]
}
