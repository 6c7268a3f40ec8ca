/** The checksums of a body, taken while it comes in: on this thread, or wherever the server was told to. */
import { createHash } from 'node:crypto'
import { Crc64 } from '../checksum/crc64.js'

export interface Digest {
  readonly md5: Uint8Array
  readonly crc64: bigint
}

export interface BodyDigest {
  /** The chunk is the caller's again when this resolves. Await it before the next. */
  update(chunk: Uint8Array): Promise<void>
  /** Of all that came. Rejects when it could not be told. */
  end(): Promise<Digest>
  /** No digest is wanted any more. Harmless after `end`. */
  discard(): void
}

/** @param announcedSize bytes that are said to come; absent when nothing was said */
export type BeginDigest = (announcedSize: number | undefined) => BodyDigest

export const beginDigestHere: BeginDigest = () => {
  const md5 = createHash('md5')
  const crc = new Crc64()
  return {
    async update(chunk) {
      md5.update(chunk)
      crc.update(chunk)
    },
    async end() {
      return { md5: md5.digest(), crc64: crc.value() }
    },
    discard() {},
  }
}
