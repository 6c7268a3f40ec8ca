/** A way of encrypting, as documents say it. */
import { element, optionalElement, text, type XmlElement } from '../xml.js'
import { present } from './requests.js'

export interface BucketEncryption {
  /** `AES256`, `SM4` or `KMS`. */
  readonly algorithm: string
  /** KMS alone: the key. Absent: the one that the service makes. */
  readonly keyId?: string
  /** KMS alone: `SM4`. Absent: AES256. */
  readonly dataAlgorithm?: string
}

/** As it stands in the rule, and in what GetBucketInfo tells. */
export function encryptionElements({
  algorithm,
  keyId,
  dataAlgorithm,
}: BucketEncryption): (XmlElement | undefined)[] {
  return [
    element('SSEAlgorithm', algorithm),
    optionalElement('KMSMasterKeyID', keyId),
    optionalElement('KMSDataEncryption', dataAlgorithm),
  ]
}

export function readEncryption(parent: XmlElement): BucketEncryption | undefined {
  const algorithm = text(parent, 'SSEAlgorithm')?.trim()
  if (!algorithm) return undefined
  return {
    algorithm,
    ...present({ keyId: text(parent, 'KMSMasterKeyID'), dataAlgorithm: text(parent, 'KMSDataEncryption') }),
  }
}
