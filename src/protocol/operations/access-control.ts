/** The document that tells who owns a bucket or an object, and who else may do what. */
import { child, element } from '../xml.js'
import { documentOf, requiredText, xmlAnswer } from './answers.js'
import { type Owner, ownerElement, readOwner } from './buckets.js'
import type { WireAnswer } from './operation.js'

export interface AccessControlPolicy {
  readonly owner: Owner
  readonly acl: string
}

export function encodeAccessControl({ owner, acl }: AccessControlPolicy): WireAnswer {
  return xmlAnswer(
    element('AccessControlPolicy', [
      ownerElement(owner),
      element('AccessControlList', [element('Grant', acl)]),
    ]),
  )
}

export function decodeAccessControl(answer: WireAnswer): AccessControlPolicy {
  const root = documentOf(answer, 'AccessControlPolicy')
  return {
    owner: readOwner(child(root, 'Owner') ?? root),
    acl: requiredText(child(root, 'AccessControlList') ?? root, 'Grant'),
  }
}
