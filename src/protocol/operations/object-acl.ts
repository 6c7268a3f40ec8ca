/** Who may do what with an object. */
import { type AccessControlPolicy, decodeAccessControl, encodeAccessControl } from './access-control.js'
import { emptyAnswer, nothingBeyondSuccess } from './answers.js'
import type { Done } from './buckets.js'
import { type ObjectInput, readObjectInput } from './objects.js'
import type { Operation } from './operation.js'
import { given, invalidArgument } from './requests.js'

export interface PutObjectAclInput extends ObjectInput {
  /** `default` (as the bucket has it), `private`, `public-read`, `public-read-write`. */
  readonly acl: string
}

const HEADER = 'x-oss-object-acl'

/** PUT of an object with `acl`. */
export const putObjectAcl: Operation<PutObjectAclInput, Done> = {
  name: 'PutObjectAcl',
  encodeRequest: ({ bucket, key, versionId, acl }) => ({
    method: 'PUT',
    bucket,
    key,
    query: { acl: '', ...given({ versionId }) },
    headers: { [HEADER]: acl },
  }),
  decodeRequest: (request) => {
    const acl = request.headers[HEADER]
    if (!acl) throw invalidArgument(HEADER, '', 'no such object access control exists', '0017-00000105')
    return { ...readObjectInput(request), acl }
  },
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of an object with `acl`. */
export const getObjectAcl: Operation<ObjectInput, AccessControlPolicy> = {
  name: 'GetObjectAcl',
  encodeRequest: ({ bucket, key, versionId }) => ({
    method: 'GET',
    bucket,
    key,
    query: { acl: '', ...given({ versionId }) },
    headers: {},
  }),
  decodeRequest: readObjectInput,
  encodeAnswer: encodeAccessControl,
  decodeAnswer: decodeAccessControl,
}
