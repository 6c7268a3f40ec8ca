/**
 * The other changes that clients ask for, one row per operation: copies, appends, forms, links, sequential uploads, and
 * the settings of buckets and objects. Their order is looked at; the kills play the rows of `wire-rows.ts` alone.
 */
import { createHash } from 'node:crypto'
import { formAsk, signedV1 } from '../server/forms.js'
import type { Ask } from '../server/world.js'
import { SERVE_KEYS } from './serve-process.js'
import {
  BUCKET,
  KEYS,
  md5Etag,
  PART_SIZE,
  WIRE_ROWS,
  type WireRow,
  type WireUpload,
  wireRegister,
} from './wire-rows.js'

const APPENDED = 'appended'
const TAGGING = '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>'
const CORS = `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`
const LIFECYCLE = `<LifecycleConfiguration><Rule><Prefix>old/</Prefix><Status>Enabled</Status><Expiration><Days>300</Days></Expiration></Rule></LifecycleConfiguration>`
const BLOCKED =
  '<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess></PublicAccessBlockConfiguration>'
const ENCRYPTION =
  '<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>'
const REFERER = '<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer></RefererConfiguration>'
const PAYMENT = '<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>'
const POLICY =
  '{"Version":"1","Statement":[{"Effect":"Allow","Principal":["1"],"Action":"oss:*","Resource":"acs:oss:*:*:*"}]}'
const FROZEN = 'frozen'

/** One that touches no register: nobody copies or completes by it. */
function settingRow(name: string, ask: Omit<Ask, 'bucket' | 'key'>, of: 'bucket' | 'object'): WireRow {
  return {
    name,
    weight: 1,
    plan: ({ luck }) => ({
      touches: [],
      ask: { ...ask, bucket: BUCKET, ...(of === 'bucket' ? {} : { key: luck.pick(KEYS) }) },
    }),
  }
}

function enabled(root: string): string {
  return `<${root}><Enabled>true</Enabled></${root}>`
}

const settingRows: readonly WireRow[] = [
  settingRow(
    'PutBucketAcl',
    { method: 'PUT', query: { acl: '' }, headers: { 'x-oss-acl': 'private' } },
    'bucket',
  ),
  settingRow('PutBucketCors', { method: 'PUT', query: { cors: '' }, body: CORS }, 'bucket'),
  settingRow('DeleteBucketCors', { method: 'DELETE', query: { cors: '' } }, 'bucket'),
  settingRow('PutBucketLifecycle', { method: 'PUT', query: { lifecycle: '' }, body: LIFECYCLE }, 'bucket'),
  settingRow('DeleteBucketLifecycle', { method: 'DELETE', query: { lifecycle: '' } }, 'bucket'),
  settingRow('PutBucketTags', { method: 'PUT', query: { tagging: '' }, body: TAGGING }, 'bucket'),
  settingRow('DeleteBucketTags', { method: 'DELETE', query: { tagging: '' } }, 'bucket'),
  settingRow(
    'PutBucketPublicAccessBlock',
    { method: 'PUT', query: { publicAccessBlock: '' }, body: BLOCKED },
    'bucket',
  ),
  settingRow(
    'DeleteBucketPublicAccessBlock',
    { method: 'DELETE', query: { publicAccessBlock: '' } },
    'bucket',
  ),
  settingRow('PutBucketEncryption', { method: 'PUT', query: { encryption: '' }, body: ENCRYPTION }, 'bucket'),
  settingRow('DeleteBucketEncryption', { method: 'DELETE', query: { encryption: '' } }, 'bucket'),
  settingRow('PutBucketReferer', { method: 'PUT', query: { referer: '' }, body: REFERER }, 'bucket'),
  settingRow(
    'PutBucketRequestPayment',
    { method: 'PUT', query: { requestPayment: '' }, body: PAYMENT },
    'bucket',
  ),
  settingRow(
    'PutBucketTransferAcceleration',
    {
      method: 'PUT',
      query: { transferAcceleration: '' },
      body: enabled('TransferAccelerationConfiguration'),
    },
    'bucket',
  ),
  settingRow(
    'PutBucketArchiveDirectRead',
    {
      method: 'PUT',
      query: { bucketArchiveDirectRead: '' },
      body: enabled('ArchiveDirectReadConfiguration'),
    },
    'bucket',
  ),
  settingRow('PutBucketPolicy', { method: 'PUT', query: { policy: '' }, body: POLICY }, 'bucket'),
  settingRow('DeleteBucketPolicy', { method: 'DELETE', query: { policy: '' } }, 'bucket'),
  settingRow('PutObjectTagging', { method: 'PUT', query: { tagging: '' }, body: TAGGING }, 'object'),
  settingRow('DeleteObjectTagging', { method: 'DELETE', query: { tagging: '' } }, 'object'),
  settingRow(
    'PutObjectAcl',
    { method: 'PUT', query: { acl: '' }, headers: { 'x-oss-object-acl': 'private' } },
    'object',
  ),
]

const isSequential = ({ sequential }: WireUpload): boolean => sequential === true

const objectRows: readonly WireRow[] = [
  {
    name: 'AppendObject',
    weight: 1,
    plan({ luck, contents, registers }) {
      const body = contents.bytesOf(contents.make(1 + luck.below(50_000)))
      const register = wireRegister.object(APPENDED)
      const position = Number(registers.candidates(register)[0] ?? 0)
      return {
        touches: [{ register, value: String(position + body.length) }],
        ask: {
          method: 'POST',
          bucket: BUCKET,
          key: APPENDED,
          query: { append: '', position: String(position) },
          body,
        },
      }
    },
  },
  {
    name: 'delete what was appended to',
    weight: 1,
    plan: () => ({
      touches: [{ register: wireRegister.object(APPENDED), value: undefined }],
      ask: { method: 'DELETE', bucket: BUCKET, key: APPENDED },
    }),
  },
  {
    name: 'PostObject',
    weight: 1,
    plan({ luck, contents, tags }) {
      const key = luck.pick(KEYS)
      const tag = contents.make(1 + luck.below(300_000))
      const content = contents.bytesOf(tag)
      tags.set(md5Etag(content), tag)
      const signature = signedV1({ credentials: SERVE_KEYS, expiration: '2100-01-01T00:00:00.000Z' })
      return {
        touches: [{ register: wireRegister.object(key), value: md5Etag(content) }],
        ask: formAsk({ bucket: BUCKET, content, fields: [['key', key], ...signature] }),
      }
    },
  },
  {
    name: 'PutSymlink',
    weight: 1,
    plan: ({ luck }) => ({
      touches: [],
      ask: {
        method: 'PUT',
        bucket: BUCKET,
        key: 'link',
        query: { symlink: '' },
        headers: { 'x-oss-symlink-target': encodeURIComponent(luck.pick(KEYS)) },
      },
    }),
  },
  {
    name: 'PutObject of an archive class',
    weight: 1,
    plan: () => ({
      touches: [],
      ask: {
        method: 'PUT',
        bucket: BUCKET,
        key: FROZEN,
        headers: { 'x-oss-storage-class': 'Archive' },
        body: 'cold',
      },
    }),
  },
  {
    name: 'RestoreObject',
    weight: 1,
    plan: () => ({
      touches: [],
      ask: { method: 'POST', bucket: BUCKET, key: FROZEN, query: { restore: '' } },
    }),
  },
  {
    name: 'DeleteMultipleObjects',
    weight: 1,
    plan({ luck }) {
      const keys = [...new Set([luck.pick(KEYS), luck.pick(KEYS)])]
      const body = `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`
      const headers = { 'content-md5': createHash('md5').update(body).digest('base64') }
      return {
        touches: keys.map((key) => ({ register: wireRegister.object(key), value: undefined })),
        ask: { method: 'POST', bucket: BUCKET, query: { delete: '' }, headers, body },
      }
    },
  },
]

const uploadRows: readonly WireRow[] = [
  {
    name: 'UploadPartCopy',
    weight: 1,
    plan({ luck }, uploads) {
      const upload = uploads.find((each) => !isSequential(each))
      if (upload === undefined) return undefined
      const { key, uploadId } = upload
      // A number that Complete does not name: what is copied may be too small for a part that is not the last.
      return {
        touches: [],
        ask: {
          method: 'PUT',
          bucket: BUCKET,
          key,
          query: { uploadId, partNumber: '9' },
          headers: { 'x-oss-copy-source': `/${BUCKET}/${luck.pick(KEYS)}` },
        },
      }
    },
  },
  {
    name: 'InitiateMultipartUpload, sequential',
    weight: 1,
    plan({ luck }, uploads) {
      if (uploads.some(isSequential)) return undefined
      const key = luck.pick(KEYS)
      return {
        touches: [],
        ask: { method: 'POST', bucket: BUCKET, key, query: { uploads: '', sequential: '' } },
        onDone({ text }) {
          const uploadId = /<UploadId>(\w+)</.exec(text)?.[1] ?? ''
          uploads.push({ key, uploadId, parts: new Map(), sequential: true })
        },
      }
    },
  },
  {
    name: 'UploadPart, sequential',
    weight: 1,
    plan({ contents, tags }, uploads) {
      const upload = uploads.find(isSequential)
      if (upload === undefined) return undefined
      const { key, uploadId, parts } = upload
      const tag = contents.make(PART_SIZE)
      const body = contents.bytesOf(tag)
      const etag = md5Etag(body)
      tags.set(etag, tag)
      const partNumber = parts.size + 1
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
]

export const EVERY_WIRE_ROW: readonly WireRow[] = [...WIRE_ROWS, ...settingRows, ...objectRows, ...uploadRows]
