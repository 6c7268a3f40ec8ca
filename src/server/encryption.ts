/**
 * Server-side encryption. This server keeps what is asked for and says it again with the object, as the service does, so
 * that programs which check it run; the bytes on this machine's disk stay as they are, and the documentation says so.
 */
import { isEncryptionHeader, pickHeaders } from '../protocol/headers.js'
import type { WireHeaders } from '../protocol/message.js'
import { Refusal } from './context.js'
import { invalidArgument } from './invalid-argument.js'
import type { StoredHeaders } from './storage/storage.js'

const METHOD = 'x-oss-server-side-encryption'
const KEY_ID = 'x-oss-server-side-encryption-key-id'
const DATA_METHOD = 'x-oss-server-side-data-encryption'

/** Stands for the key that the service makes for an account which names none. */
const DEFAULT_KEY_ID = '00000000-0000-4000-8000-000000000000'

/** What of a request's headers is stored with the object. */
export function encryptionAskedIn(headers: WireHeaders): StoredHeaders {
  const { [METHOD]: method, [KEY_ID]: keyId, [DATA_METHOD]: dataMethod } = headers
  // How KMS's data is encrypted is not looked at where there is no KMS.
  if (method === undefined) {
    if (keyId !== undefined) throw invalidArgument(KEY_ID, keyId, `${KEY_ID} needs ${METHOD}.`)
    return {}
  }
  if (method === 'AES256' || method === 'SM4') {
    if (keyId === undefined) return { [METHOD]: method }
    throw invalidArgument(KEY_ID, keyId, `${KEY_ID} goes only with KMS.`)
  }
  if (method !== 'KMS' || (dataMethod !== undefined && dataMethod !== 'SM4')) {
    throw new Refusal({ code: 'InvalidEncryptionAlgorithmError' })
  }
  const data: StoredHeaders = dataMethod === undefined ? {} : { [DATA_METHOD]: dataMethod }
  return { [METHOD]: method, [KEY_ID]: keyId ?? DEFAULT_KEY_ID, ...data }
}

/** How an upload is encrypted was said when it began. @throws Refusal InvalidArgument where a part says it */
export function refuseEncryptionOfPart(headers: WireHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    if (isEncryptionHeader(name)) {
      throw invalidArgument(name, value, `${name} is not applicable to UploadPart.`)
    }
  }
}

/** What answers say of it. */
export function encryptionIn(headers: StoredHeaders): { encryption?: WireHeaders } {
  const encryption = pickHeaders(headers, isEncryptionHeader)
  return Object.keys(encryption).length === 0 ? {} : { encryption }
}
