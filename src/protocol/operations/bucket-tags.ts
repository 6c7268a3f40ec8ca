/** The tags of a bucket. */

export interface Tag {
  readonly key: string
  readonly value: string
}
