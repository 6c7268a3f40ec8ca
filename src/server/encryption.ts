/**
 * Server-side encryption. This server keeps what is asked for and says it again with the object, as the service does, so
 * that programs which check it run; the bytes on this machine's disk stay as they are, and the documentation says so.
 */
import { isEncryptionHeader, pickHeaders } from '../protocol/headers.js'
import type { WireHeaders } from '../protocol/message.js'
import type { BucketEncryption } from '../protocol/operations/encryption-rule.js'
import { Refusal } from './context.js'
import { invalidArgument } from './invalid-argument.js'
import type { BucketRecord, StoredHeaders } from './storage/storage.js'

const METHOD = 'x-oss-server-side-encryption'
const KEY_ID = 'x-oss-server-side-encryption-key-id'
const DATA_METHOD = 'x-oss-server-side-data-encryption'

/** Stands for the key that the service makes for an account which names none. */
const DEFAULT_KEY_ID = '00000000-0000-4000-8000-000000000000'

/** What of a request's headers is stored with the object. */
export function encryptionAskedIn(headers: WireHeaders): StoredHeaders {
  const { [METHOD]: method, [KEY_ID]: keyId, [DATA_METHOD]: dataMethod } = headers
  if (method !== undefined) return headersOf(checkEncryption(method, keyId, dataMethod))
  // How KMS's data is encrypted is not looked at where there is no KMS.
  if (keyId !== undefined) throw invalidArgument(KEY_ID, keyId, `${KEY_ID} needs ${METHOD}.`)
  return {}
}

/** What a bucket that is made with these headers gives its objects. */
export function bucketEncryptionIn(headers: WireHeaders): BucketEncryption | undefined {
  const { [METHOD]: method, [KEY_ID]: keyId, [DATA_METHOD]: dataMethod } = headers
  return method === undefined ? undefined : checkEncryption(method, keyId, dataMethod)
}

/** @throws Refusal where there is no such way of encrypting */
export function checkEncryption(
  algorithm: string,
  keyId: string | undefined,
  dataAlgorithm: string | undefined,
): BucketEncryption {
  if (algorithm === 'AES256' || algorithm === 'SM4') {
    if (keyId === undefined) return { algorithm }
    throw invalidArgument(KEY_ID, keyId, `${KEY_ID} goes only with KMS.`)
  }
  if (algorithm !== 'KMS' || (dataAlgorithm !== undefined && dataAlgorithm !== 'SM4')) {
    throw new Refusal({ code: 'InvalidEncryptionAlgorithmError' })
  }
  return {
    algorithm,
    ...(keyId === undefined ? {} : { keyId }),
    ...(dataAlgorithm === undefined ? {} : { dataAlgorithm }),
  }
}

/** The headers of an object that names no encryption, in a bucket that has one. */
export function withEncryptionOf({ encryption }: BucketRecord, headers: StoredHeaders): StoredHeaders {
  if (encryption === undefined || headers[METHOD] !== undefined) return headers
  return { ...headers, ...headersOf(encryption) }
}

function headersOf({ algorithm, keyId, dataAlgorithm }: BucketEncryption): StoredHeaders {
  if (algorithm !== 'KMS') return { [METHOD]: algorithm }
  return {
    [METHOD]: algorithm,
    [KEY_ID]: keyId ?? DEFAULT_KEY_ID,
    ...(dataAlgorithm === undefined ? {} : { [DATA_METHOD]: dataAlgorithm }),
  }
}

/**
 * How an upload is encrypted was said when it began. Only the method is looked at: ali-oss leaves that out of its parts, and
 * sends the key with them.
 *
 * @throws Refusal InvalidArgument where it is said again
 */
export function refuseEncryption(headers: WireHeaders, operation: string): void {
  const method = headers[METHOD]
  if (method !== undefined)
    throw invalidArgument(METHOD, method, `${METHOD} is not applicable to ${operation}.`)
}

/** What answers say of it. */
export function encryptionIn(headers: StoredHeaders): { encryption?: WireHeaders } {
  const encryption = pickHeaders(headers, isEncryptionHeader)
  return Object.keys(encryption).length === 0 ? {} : { encryption }
}
