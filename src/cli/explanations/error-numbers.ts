/**
 * The fine numbers that OSS calls EC. Those that an upload can meet have words of their own; of the others the first four
 * digits tell what they are about.
 */
import type { Explanation } from './explanation.js'

const rows: Readonly<Record<string, readonly [meaning: string, advice: string]>> = {
  '0002-00000002': [
    'The temporary key or its security token is not known.',
    'Get new temporary credentials.',
  ],
  '0002-00000006': [
    'The security token is wrong, or of another key.',
    'Take id, secret and token from one answer of STS.',
  ],
  '0002-00000007': [
    'The security token has ended.',
    'Get new temporary credentials, then the same call again.',
  ],
  '0002-00000039': ['The request is signed in its header and in its URL.', 'Sign it in one place.'],
  '0002-00000040': [
    'The signature of version 1 is not the one that the service computes.',
    'Check OSS_ACCESS_KEY_SECRET; then whether something on the way changes the request.',
  ],
  '0002-00000067': ['A presigned URL lacks Expires.', 'Make it anew.'],
  '0002-00000068': ['Expires of a presigned URL is empty.', 'Make it anew.'],
  '0002-00000069': ['The presigned URL has expired.', 'Make it anew, with a longer time.'],
  '0002-00000070': ['Expires of a presigned URL is no time.', 'Give seconds since 1970.'],
  '0002-00000071': ['A presigned URL lacks OSSAccessKeyId.', 'Make it anew.'],
  '0002-00000201': [
    'The signature of version 4 is not the one that the service computes.',
    'Check OSS_ACCESS_KEY_SECRET and the region; then whether something on the way changes the request.',
  ],
  '0002-00000205': [
    'The credential of a version 4 signature can not be read.',
    'Check the access key id: it must have no slash or comma.',
  ],
  '0002-00000212': ['The date in a version 4 signature can not be read.', "Set this machine's clock."],
  '0002-00000214': ['The hash of the body is signed, which OSS does not take.', 'Sign UNSIGNED-PAYLOAD.'],
  '0002-00000215': ['A presigned URL lacks x-oss-expires.', 'Make it anew.'],
  '0002-00000219': ['A presigned URL lacks x-oss-signature.', 'Make it anew.'],
  '0002-00000226': [
    'The request is signed for another region than that of the endpoint.',
    'Give --region, or OSS_REGION, of the endpoint.',
  ],
  '0002-00000232': [
    'A presigned URL is to hold for more than seven days, or less than a second.',
    'Choose a time between.',
  ],
  '0002-00000502': ['The date of the request can not be read.', "Set this machine's clock."],
  '0002-00000503': ['The request has no date.', 'Look for a proxy that takes headers out.'],
  '0002-00000504': [
    "The time of the request is more than 15 minutes off the service's.",
    "Set this machine's clock.",
  ],
  '0002-00000902': ['The service does not know the access key id.', 'Check OSS_ACCESS_KEY_ID.'],
  '0003-00000001': [
    'The key may not do this.',
    'Ask for oss:PutObject, oss:ListParts and oss:AbortMultipartUpload.',
  ],
  '0003-00000008': [
    'The key may not change who may use the object.',
    'Leave --acl out, or ask for oss:PutObjectAcl.',
  ],
  '0003-00000801': ['The account is closed or in arrears.', 'Settle the account.'],
  '0003-00001403': ['The bucket is at another endpoint, which the answer names.', 'Use that endpoint.'],
  '0004-00000501': ['The value of x-oss-traffic-limit is no number.', 'Give bits a second.'],
  '0004-00000502': [
    'The value of x-oss-traffic-limit is out of range.',
    'Give 819200 to 838860800 bits a second.',
  ],
  '0005-00000003': ['The service does not encrypt with this method.', 'Correct --sse.'],
  '0007-00000002': ['The callback is not in base64.', 'Use --callback, which encodes it.'],
  '0007-00000003': ['The callback is no JSON.', 'Correct it.'],
  '0007-00000004': ['The URL of the callback can not be used.', 'Give one to five URLs with http or https.'],
  '0007-00000011': ['The callback has no body.', 'Give a callbackBody.'],
  '0007-00000012': [
    'The callback has a body of another type.',
    'Use application/x-www-form-urlencoded or application/json.',
  ],
  '0007-00000102': [
    'The variables of the callback are not in base64.',
    'Use --callback-var, which encodes them.',
  ],
  '0007-00000103': ['The variables of the callback are no JSON.', 'Use --callback-var, which writes it.'],
  '0007-00000105': ['A variable in the body of the callback lacks one of its braces.', 'Correct the body.'],
  '0007-00000203': [
    'Who was called back did not answer, or not with success.',
    'Look at the callback server; the object is stored.',
  ],
  '0007-00000205': [
    'Who was called back answered with something else than JSON.',
    'Look at the callback server; the object is stored.',
  ],
  '0010-00000209': ['The key of a tag is too long.', 'It has at most 128 characters.'],
  '0010-00000210': ['A tag is there twice.', 'Name each key once.'],
  '0010-00000214': ['The value of a tag is too long.', 'It has at most 256 characters.'],
  '0010-00000217': [
    'A tag has a character that is not allowed.',
    'Letters, digits, blanks and + - = . _ : / are.',
  ],
  '0010-00000218': ['An object has at most ten tags.', 'Leave some out.'],
  '0010-00000219': ['A tag has no key.', 'Write key=value.'],
  '0011-00000002': ['User metadata has more than 8 KB.', 'Shorten the --meta values.'],
  '0011-00000004': [
    'A name of user metadata has an underscore or another sign.',
    'Use letters, digits and hyphens in --meta.',
  ],
  '0015-00000101': [
    'There is no such bucket at this endpoint.',
    'Check the name and the region of the endpoint.',
  ],
  '0015-00000104': ['Somebody has a bucket of this name.', 'Choose another name.'],
  '0015-00000301': ['The bucket is not empty.', 'Remove its objects and unfinished uploads first.'],
  '0016-00000002': ['The key can not be: empty, or longer than 1023 bytes.', 'Correct the key.'],
  '0016-00000003': ['The key begins with / or \\.', 'Leave that out.'],
  '0017-00000101': [
    'The request did not say how long its body is.',
    'Look for a proxy that changes requests.',
  ],
  '0017-00000104': ['There is no such access control for objects.', 'Correct --acl.'],
  '0017-00000132': ['There is no such storage class.', 'Correct --storage-class.'],
  '0017-00000279': [
    'The value of x-oss-forbid-overwrite is neither true nor false.',
    'Use --forbid-overwrite.',
  ],
  '0017-00000502': ['Content-MD5 is no MD5 in base64.', 'Look for a proxy that changes requests.'],
  '0017-00000503': [
    'The body is not the one that its MD5 is of.',
    'Bytes change on the way; it is tried again.',
  ],
  '0017-00000505': [
    'The body ended before its announced length.',
    'It is tried again. If it stays, something on the way cuts connections.',
  ],
  '0017-00001001': ['A condition of the request does not hold.', 'Look at the object with longhaul stat.'],
  '0026-00000001': ['There is no object of this name.', 'Check the key; longhaul ls shows keys.'],
  '0026-00000002': [
    'An object of this name is there, and forbid-overwrite keeps it.',
    'Choose another key, or leave --forbid-overwrite out.',
  ],
  '0042-00000002': [
    'The multipart upload is gone: completed or aborted.',
    'Nothing: Longhaul looks at the object, and else begins anew.',
  ],
  '0042-00000104': [
    'A part came for a multipart upload that is gone.',
    'Nothing: Longhaul looks at the object, and else begins anew.',
  ],
  '0042-00000209': ['The parts were not named in ascending order.', 'Report it: Longhaul sorts them.'],
  '0042-00000213': [
    'A part other than the last has less than 100 KiB.',
    'Begin anew with a larger --part-size.',
  ],
  '0042-00000214': [
    'An object of this name is there, and forbid-overwrite keeps it.',
    'Choose another key, or leave --forbid-overwrite out.',
  ],
}

export const errorNumbers: Readonly<Record<string, Explanation>> = Object.fromEntries(
  Object.entries(rows).map(([ec, [meaning, advice]]) => [ec, { meaning, advice }]),
)

/** What numbers that begin with these four digits are about. */
export const numberAreas: Readonly<Record<string, string>> = {
  '0002': 'who asks: signatures, keys, tokens and dates',
  '0003': 'what the key may do',
  '0004': 'limits of speed',
  '0005': 'encryption',
  '0006': 'uploads by HTML forms',
  '0007': 'callbacks',
  '0010': 'tags',
  '0011': 'user metadata',
  '0012': 'versions',
  '0013': 'storage classes',
  '0014': 'lifecycle rules',
  '0015': 'buckets and listing them',
  '0016': 'keys, appending, restoring, copying and removing several objects',
  '0017': 'headers, parameters and bodies of requests',
  '0026': 'the object that is named',
  '0034': 'CORS rules',
  '0042': 'multipart uploads',
  '0043': 'symbolic links',
  '0044': 'lists of what belongs to a bucket',
}
