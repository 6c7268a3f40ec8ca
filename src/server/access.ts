/**
 * What somebody who does not sign may do: as much as the ACLs grant. An object's own ACL counts before its bucket's.
 * Whoever signs with one of the server's keys is the owner of everything.
 */
import type { ErrorToSay } from '../protocol/errors.js'
import type { Query, WireHeaders } from '../protocol/message.js'
import type { Address } from './addressing.js'
import { UNSIGNED_OVERRIDE } from './auth-errors.js'
import { Refusal } from './context.js'
import { checkBucketName } from './names.js'
import { RESPONSE_OVERRIDES } from './operation-row.js'
import { type OperationName, type RoutableRequest, route } from './routes.js'
import type { BucketRecord, ObjectRecord, Storage } from './storage/storage.js'

type Right = 'read' | 'write'

/** Everything else belongs to the owner alone. */
const RIGHTS: ReadonlyMap<string, Right | 'list' | 'decides-itself'> = new Map(
  Object.entries({
    ListObjects: 'list',
    ListObjectsV2: 'list',
    GetObject: 'read',
    HeadObject: 'read',
    GetObjectMeta: 'read',
    GetSymlink: 'read',
    PutObject: 'write',
    CopyObject: 'write',
    AppendObject: 'write',
    PutSymlink: 'write',
    DeleteObject: 'write',
    // Each object that it names is looked at as well.
    DeleteMultipleObjects: 'write',
    InitiateMultipartUpload: 'write',
    UploadPart: 'write',
    UploadPartCopy: 'write',
    ListParts: 'write',
    CompleteMultipartUpload: 'write',
    AbortMultipartUpload: 'write',
    // A browser's question is answered by the rules, a form by who signed it.
    OptionObject: 'decides-itself',
    PostObject: 'decides-itself',
  } as const satisfies { readonly [name in OperationName]?: Right | 'list' | 'decides-itself' }),
)

/** What is told of a request that is not let in: the service looks for its bucket before it looks at who asks. */
export async function bucketFirst(
  storage: Storage,
  { addresses, ...asked }: Omit<RoutableRequest, 'address'> & { readonly addresses: readonly Address[] },
  error: ErrorToSay,
): Promise<ErrorToSay> {
  const [address] = addresses
  if (address?.bucket === undefined) return error
  checkBucketName(address.bucket)
  if (route({ ...asked, address }).name === 'PutBucket') return error
  for (const { bucket } of addresses) {
    if (bucket !== undefined && (await storage.getBucket(bucket)) !== undefined) return error
  }
  return { code: 'NoSuchBucket', fields: { BucketName: address.bucket } }
}

export interface AnonymousAsk {
  /** Absent when nobody knows what was asked. */
  readonly operation: string | undefined
  readonly bucket?: string
  readonly key?: string
  readonly query: Query
  readonly headers: WireHeaders
}

/** @throws Refusal AccessDenied, in OSS's words for what is missing */
export async function checkAnonymous(storage: Storage, ask: AnonymousAsk): Promise<void> {
  const right = RIGHTS.get(ask.operation ?? '')
  if (right === 'decides-itself') return
  if (ask.bucket === undefined || right === undefined) throw denied(OWNERS_ALONE)
  if (right === 'read' && RESPONSE_OVERRIDES.some((name) => name in ask.query)) {
    throw new Refusal(UNSIGNED_OVERRIDE)
  }
  const bucket = await storage.getBucket(ask.bucket)
  if (bucket === undefined) throw new Refusal({ code: 'NoSuchBucket', fields: { BucketName: ask.bucket } })
  if (bucket.payer === 'Requester') throw denied(NOBODY_PAYS)
  if (right === 'list') {
    if (bucket.acl === 'private' || bucket.blockPublicAccess)
      throw denied({ ...NOT_YOURS, fields: { BucketName: bucket.name } })
    return
  }
  await checkAnonymousObject(storage, bucket, { key: ask.key ?? '', right, headers: ask.headers })
}

/** @throws Refusal AccessDenied when the ACLs do not let everybody read this object, or write it with these headers */
export async function checkAnonymousObject(
  storage: Storage,
  bucket: BucketRecord,
  asked: { readonly key: string; readonly right: Right; readonly headers: WireHeaders },
): Promise<void> {
  checkRight(bucket, await storage.getObject(bucket.name, asked.key), asked.right)
  if (asked.right === 'write' && asked.headers['x-oss-object-acl'] !== undefined) throw denied(NO_ACL)
}

/** @throws Refusal when nobody but the owner has this right on the object, or on a key where there is none yet */
export function checkRight(bucket: BucketRecord, object: ObjectRecord | undefined, right: Right): void {
  const own = object?.headers['x-oss-object-acl'] ?? 'default'
  const acl = own === 'default' ? bucket.acl : own
  const isGranted = acl === 'public-read-write' || (right === 'read' && acl === 'public-read')
  if (isGranted && bucket.blockPublicAccess !== true) return
  if (own !== 'default' && !isGranted)
    throw denied({ message: `You do not have ${right} permission on this object.` })
  throw denied({
    message: 'You have no right to access this object because of bucket acl.',
    fields: { BucketName: bucket.name },
  })
}

const OWNERS_ALONE = { message: 'Anonymous access is forbidden for this operation.' }
const NOBODY_PAYS = { message: 'Anonymous access is forbidden where the requester pays.' }
const NOT_YOURS = { message: 'The bucket you access does not belong to you.' }
const NO_ACL = { message: 'You do not have write acl permission on this object.', ec: '0003-00000008' }
function denied(error: Omit<ErrorToSay, 'code'>): Refusal {
  return new Refusal({ code: 'AccessDenied', ...error })
}
