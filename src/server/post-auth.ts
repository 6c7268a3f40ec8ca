/** Who signed a form? What is signed is its policy, as it stands in the form; the request around it is not. */
import { parseCredential } from '../protocol/authorization.js'
import { parseIsoBasic } from '../protocol/dates.js'
import type { ErrorToSay } from '../protocol/errors.js'
import { missingField } from '../protocol/operations/post-object.js'
import { signatureV1 } from '../protocol/v1.js'
import { ALGORITHM_V4, signatureV4, signingKeyV4 } from '../protocol/v4.js'
import { checkScope } from './auth.js'
import { skew } from './auth-errors.js'
import { Refusal } from './context.js'
import { type AuthRules, equalText, findCredentials } from './signer.js'

type Fields = ReadonlyMap<string, string>

export type PostVerdict =
  | {
      readonly kind: 'signed'
      readonly accessKeyId: string
      readonly policy: string
      /** Of the signature's fields, those that the policy has to speak of. */
      readonly mustBeNamed: readonly string[]
    }
  | { readonly kind: 'anonymous' }

/**
 * Any of the fields of a signature asks for all of them, also where none would be needed.
 *
 * @param fields as wire strings, by lower-case name
 * @throws Refusal, ProtocolError
 */
export function authenticatePost(fields: Fields, rules: AuthRules): PostVerdict {
  if (!SIGNATURE_FIELDS.some((name) => fields.has(name))) return { kind: 'anonymous' }
  const policy = fields.get('policy')
  if (!policy) throw missingField('policy', '0002-00000702')
  const isV4 = V4_FIELDS.some((name) => fields.has(name))
  return isV4 ? verifyV4(fields, policy, rules) : verifyV1(fields, policy, rules)
}

const V4_FIELDS = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-signature']
const SIGNATURE_FIELDS = ['policy', 'ossaccesskeyid', 'signature', ...V4_FIELDS]
/** The signature itself can't be in what it signs. */
const NAMED_IN_POLICY = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date']

function verifyV1(fields: Fields, policy: string, rules: AuthRules): PostVerdict {
  const accessKeyId = fields.get('ossaccesskeyid')
  if (!accessKeyId) throw missingField('OSSAccessKeyId')
  const signature = signatureOf(fields, 'signature', 'Signature')
  const { accessKeySecret } = credentialsOf(fields, accessKeyId, rules)
  const expected = signatureV1(accessKeySecret, policy)
  if (!equalText(expected, signature)) throw mismatch({ accessKeyId, signature, policy })
  return { kind: 'signed', accessKeyId, policy, mustBeNamed: [] }
}

function verifyV4(fields: Fields, policy: string, rules: AuthRules): PostVerdict {
  const version = fields.get('x-oss-signature-version')
  if (!version) throw missingField('x-oss-signature-version')
  if (version !== ALGORITHM_V4) {
    throw wrongField('x-oss-signature-version', version, 'The signature version is not supported.')
  }
  const credential = fields.get('x-oss-credential')
  if (!credential) throw missingField('x-oss-credential')
  const scope = parseCredential(credential)
  if (scope === undefined) {
    throw wrongField('x-oss-credential', credential, 'The credential is not valid.', '0002-00000710')
  }
  const wrongScope = checkScope(scope, rules)
  if (wrongScope !== undefined) throw new Refusal(wrongScope)
  const date = fields.get('x-oss-date')
  if (!date) throw missingField('x-oss-date')
  const time = parseIsoBasic(date)
  if (time === undefined || !date.startsWith(scope.date)) {
    throw wrongField('x-oss-date', date, 'Invalid signing date in the form.', '0002-00000709')
  }
  // How long it is good for stands in the policy; one from the future comes from a clock that is wrong.
  const ahead = time > rules.now ? skew(time, rules.now) : undefined
  if (ahead !== undefined) throw new Refusal(ahead)

  const signature = signatureOf(fields, 'x-oss-signature', 'x-oss-signature')
  const { accessKeyId } = scope
  const { accessKeySecret } = credentialsOf(fields, accessKeyId, rules)
  const expected = signatureV4(signingKeyV4(accessKeySecret, scope), policy)
  if (!equalText(expected, signature)) throw mismatch({ accessKeyId, signature, policy })
  return { kind: 'signed', accessKeyId, policy, mustBeNamed: NAMED_IN_POLICY }
}

function signatureOf(fields: Fields, name: string, spelled: string): string {
  const signature = fields.get(name)
  if (signature === undefined) throw missingField(spelled, '0002-00000703')
  if (signature === '') throw missingField(spelled, '0002-00000704')
  return signature
}

function credentialsOf(
  fields: Fields,
  accessKeyId: string,
  rules: AuthRules,
): { readonly accessKeySecret: string } {
  const found = findCredentials(rules, accessKeyId, fields.get('x-oss-security-token'))
  if ('code' in found) throw new Refusal(found)
  return found
}

function mismatch(said: { accessKeyId: string; signature: string; policy: string }): Refusal {
  return new Refusal({
    code: 'SignatureDoesNotMatch',
    ec: '0002-00000705',
    fields: {
      OSSAccessKeyId: said.accessKeyId,
      SignatureProvided: said.signature,
      StringToSign: said.policy,
    },
  })
}

function wrongField(name: string, value: string, message: string, ec?: string): Refusal {
  const fields = { ArgumentName: name, ArgumentValue: value.slice(0, 256) }
  const error: ErrorToSay = { code: 'InvalidArgument', message, fields }
  return new Refusal(ec === undefined ? error : { ...error, ec })
}
