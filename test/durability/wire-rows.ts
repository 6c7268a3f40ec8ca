/** What clients ask of a real server, one row per operation, and what a server that was killed is asked afterwards. */
import { createHash } from 'node:crypto'
import { multipartEtag } from '../../src/protocol/etag.js'
import type { Ask } from '../server/world.js'
import type { Luck } from '../simulation/world.js'
import type { Contents } from './contents.js'
import type { Registers, Touch } from './registers.js'
import type { WireAnswer } from './wire-client.js'

export const BUCKET = 'one'
export const OTHER_BUCKET = 'two'
export const KEYS = Array.from({ length: 12 }, (_, index) => `folder/object-${index}`)
/** Smaller than OSS lets parts be that are not the last. */
export const PART_SIZE = 100 * 1024

export interface WireUpload {
  readonly key: string
  readonly uploadId: string
  /** ETags of the parts that are certainly there, by number. */
  readonly parts: Map<number, string>
  /** Its parts come one after the other, each once. */
  readonly sequential?: boolean
}

export interface WireScene {
  readonly luck: Luck
  readonly contents: Contents
  readonly registers: Registers
  /** Contents by the ETags they have as an object or a part. */
  readonly tags: Map<string, string>
}

export interface WireAttempt {
  readonly touches: readonly Touch[]
  readonly ask: Ask
  /** After a 2xx. */
  onDone?(answer: WireAnswer): void
}

export interface WireRow {
  readonly name: string
  readonly weight: number
  /** `uploads` are the client's own: no two clients work on one. */
  plan(scene: WireScene, uploads: WireUpload[]): WireAttempt | undefined
}

export const wireRegister = {
  bucket: (name: string) => `bucket ${name}`,
  object: (key: string) => `object ${key}`,
  upload: (uploadId: string) => `upload ${uploadId}`,
  part: (uploadId: string, partNumber: number) => `part ${uploadId}/${partNumber}`,
}

/** Unfinished ones of one client. */
const MOST_UPLOADS = 3

const sizeOf = (luck: Luck): number =>
  luck.chance(0.15) ? 600_000 + luck.below(600_000) : 1 + luck.below(50_000)

export const WIRE_ROWS: readonly WireRow[] = [
  {
    name: 'PutObject',
    weight: 6,
    plan({ luck, contents, tags }) {
      const key = luck.pick(KEYS)
      const tag = contents.make(1 + sizeOf(luck))
      const body = contents.bytesOf(tag)
      const etag = md5Etag(body)
      tags.set(etag, tag)
      return {
        touches: [{ register: wireRegister.object(key), value: etag }],
        ask: { method: 'PUT', bucket: BUCKET, key, body },
      }
    },
  },
  {
    name: 'CopyObject',
    weight: 3,
    plan({ luck, registers }) {
      const from = luck.pick(KEYS)
      const to = luck.pick(KEYS)
      const [etag, ...others] = registers.candidates(wireRegister.object(from))
      // Exactly these bytes or none: so it is known what is copied, whatever others do to the source.
      if (from === to || etag === undefined || others.length > 0 || etag.includes('-')) return undefined
      const headers = { 'x-oss-copy-source': `/${BUCKET}/${from}`, 'x-oss-copy-source-if-match': `"${etag}"` }
      return {
        touches: [{ register: wireRegister.object(to), value: etag }],
        ask: { method: 'PUT', bucket: BUCKET, key: to, headers },
      }
    },
  },
  {
    name: 'DeleteObject',
    weight: 2,
    plan({ luck }) {
      const key = luck.pick(KEYS)
      return {
        touches: [{ register: wireRegister.object(key), value: undefined }],
        ask: { method: 'DELETE', bucket: BUCKET, key },
      }
    },
  },
  {
    name: 'PutBucket',
    weight: 1,
    plan: () => ({
      touches: [{ register: wireRegister.bucket(OTHER_BUCKET), value: 'there' }],
      ask: { method: 'PUT', bucket: OTHER_BUCKET },
    }),
  },
  {
    name: 'DeleteBucket',
    weight: 1,
    plan: () => ({
      touches: [{ register: wireRegister.bucket(OTHER_BUCKET), value: undefined }],
      ask: { method: 'DELETE', bucket: OTHER_BUCKET },
    }),
  },
  {
    name: 'InitiateMultipartUpload',
    weight: 2,
    plan({ luck }, uploads) {
      if (uploads.length >= MOST_UPLOADS) return undefined
      const key = luck.pick(KEYS)
      // Whoever is killed before its answer leaves an upload that nobody knows: those are told by their key.
      return {
        touches: [],
        ask: { method: 'POST', bucket: BUCKET, key, query: { uploads: '' } },
        onDone({ text }) {
          const uploadId = /<UploadId>(\w+)</.exec(text)?.[1] ?? ''
          uploads.push({ key, uploadId, parts: new Map() })
        },
      }
    },
  },
  {
    name: 'UploadPart',
    weight: 8,
    plan({ luck, contents, tags }, uploads) {
      const free = uploads.filter(({ sequential }) => sequential !== true)
      if (free.length === 0) return undefined
      const { key, uploadId, parts } = luck.pick(free)
      const partNumber = 1 + luck.below(4)
      const tag = contents.make(PART_SIZE + luck.below(20_000))
      const body = contents.bytesOf(tag)
      const etag = md5Etag(body)
      tags.set(etag, tag)
      // Until it is answered nobody knows which part is there.
      parts.delete(partNumber)
      return {
        touches: [{ register: wireRegister.part(uploadId, partNumber), value: etag }],
        ask: {
          method: 'PUT',
          bucket: BUCKET,
          key,
          query: { uploadId, partNumber: String(partNumber) },
          body,
        },
        onDone: () => parts.set(partNumber, etag),
      }
    },
  },
  {
    name: 'CompleteMultipartUpload',
    weight: 2,
    plan(scene, uploads) {
      const upload = uploads.find(({ parts }) => parts.size > 1)
      return upload === undefined ? undefined : completion(scene, uploads, upload)
    },
  },
  {
    name: 'AbortMultipartUpload',
    weight: 1,
    plan(_, uploads) {
      const upload = uploads[0]
      if (upload === undefined) return undefined
      const { key, uploadId } = upload
      uploads.shift()
      return {
        touches: [{ register: wireRegister.upload(uploadId), value: undefined }],
        ask: { method: 'DELETE', bucket: BUCKET, key, query: { uploadId } },
      }
    },
  },
]

/** Makes an object of all the parts that are there. */
export function completion(scene: WireScene, uploads: WireUpload[], upload: WireUpload): WireAttempt {
  const { contents, tags } = scene
  const { key, uploadId, parts } = upload
  uploads.splice(uploads.indexOf(upload), 1)
  const listed = [...parts].sort(([a], [b]) => a - b)
  const tag = contents.join(listed.map(([, etag]) => tags.get(etag) ?? ''))
  const etag = multipartEtag(listed.map(([, each]) => each))
  tags.set(etag, tag)
  const body = listed.map(
    ([number, each]) => `<Part><PartNumber>${number}</PartNumber><ETag>"${each}"</ETag></Part>`,
  )
  return {
    touches: [
      { register: wireRegister.object(key), value: etag },
      { register: wireRegister.upload(uploadId), value: undefined },
    ],
    ask: {
      method: 'POST',
      bucket: BUCKET,
      key,
      query: { uploadId },
      body: `<CompleteMultipartUpload>${body.join('')}</CompleteMultipartUpload>`,
    },
  }
}

export function md5Etag(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex').toUpperCase()
}
