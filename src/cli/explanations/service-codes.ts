/** The codes of OSS: all that the engine tells apart, all that the embedded server says, and some that only OSS says. */
import type { UploadErrorCode } from '../../index.js'
import type { ServiceExplanation } from './explanation.js'

type Row = readonly [endsAs: UploadErrorCode, meaning: string, advice: string]

const rows: Readonly<Record<string, Row>> = {
  AccessDenied: [
    'denied',
    'The key is known, but may not do this; or a presigned URL or a policy of the bucket does not allow it.',
    'An upload needs oss:PutObject, oss:ListParts and oss:AbortMultipartUpload on the key. Ask who grants them.',
  ],
  AccessForbidden: [
    'invalid-argument',
    'A browser asked from an origin that the CORS rules of the bucket do not name.',
    'Add the origin, method and headers to the CORS rules.',
  ],
  ArchiveRestoreFileStale: [
    'invalid-argument',
    'Nothing of the archived object is restored, so that nothing of it can be given up.',
    'Nothing has to be done.',
  ],
  ArchiveRestoreNotFinished: [
    'invalid-argument',
    'The archived object is still being restored, and can be given up only after that.',
    'Wait until it is restored.',
  ],
  BadRequest: ['invalid-argument', 'The request lacks something.', 'Read the message.'],
  BucketAlreadyExists: [
    'invalid-argument',
    'Somebody has a bucket of this name; names are shared by all users of the service.',
    'Choose another name.',
  ],
  BucketNotEmpty: [
    'invalid-argument',
    'A bucket with objects or unfinished uploads can not be removed.',
    'Remove them first: longhaul rm -r, longhaul discard --remote.',
  ],
  CORSRuleBeyondLimit: ['invalid-argument', 'A bucket has at most 20 CORS rules.', 'Join some.'],
  CallbackFailed: [
    'callback-failed',
    'The object is stored, but whoever was to be called back did not answer with success and JSON.',
    'Do not upload again; look at the callback server.',
  ],
  DownloadTrafficRateLimitExceeded: [
    'interrupted',
    'The account downloads faster than it may.',
    'Nothing: it is tried again, slower.',
  ],
  EntityTooLarge: [
    'invalid-argument',
    'One request carries at most 5 GiB.',
    'Use multipart upload: leave --multipart-threshold at its default.',
  ],
  EntityTooSmall: [
    'invalid-argument',
    'A part other than the last has less than 100 KiB.',
    'Begin anew with a larger --part-size.',
  ],
  FieldItemTooLong: ['invalid-argument', 'A field of an HTML form is too long.', 'Shorten it.'],
  FileAlreadyExists: [
    'conflict',
    'An object of this name is there, and forbid-overwrite keeps it.',
    'Choose another key, or leave --forbid-overwrite out.',
  ],
  FileImmutable: [
    'conflict',
    'A retention policy keeps the object from being changed or removed.',
    'Choose another key, or wait until the retention ends.',
  ],
  IncompleteBody: [
    'integrity',
    'The service got fewer bytes than were announced.',
    'Nothing: it is tried again. If it stays, something on the way cuts connections.',
  ],
  IncorrectNumberOfFilesInPOSTRequest: [
    'invalid-argument',
    'A form must have exactly one file.',
    'Put one field called file last.',
  ],
  InternalError: [
    'interrupted',
    'The service failed.',
    'Nothing: it is tried again. If it stays, tell them the request id.',
  ],
  InvalidAccessKeyId: [
    'denied',
    'The service does not know the access key id, or it is disabled.',
    'Check OSS_ACCESS_KEY_ID; keys of STS need OSS_SESSION_TOKEN beside them.',
  ],
  InvalidArgument: [
    'invalid-argument',
    'A header or parameter has a value that can not be.',
    'Read the message, which names it.',
  ],
  InvalidBucketName: [
    'invalid-argument',
    'A bucket is named with 3 to 63 of a-z, 0-9 and -, not beginning or ending with -.',
    'Correct the name.',
  ],
  InvalidDigest: [
    'integrity',
    'The body is not the one its Content-MD5 is of: bytes changed on the way.',
    'Nothing: it is tried again. If it stays, something on the way changes bytes.',
  ],
  InvalidEncryptionAlgorithmError: [
    'invalid-argument',
    'The service encrypts with AES256, KMS or SM4 only.',
    'Correct --sse.',
  ],
  InvalidLocationConstraint: [
    'invalid-argument',
    'The bucket can not be made in that region.',
    'Use the endpoint of the region.',
  ],
  InvalidObjectName: [
    'invalid-argument',
    'A key has 1 to 1023 bytes of UTF-8 and does not begin with / or \\.',
    'Correct the key.',
  ],
  InvalidObjectState: [
    'invalid-argument',
    'The object is archived and was not restored.',
    'Restore it first; that takes minutes to hours.',
  ],
  InvalidPart: [
    'integrity',
    'The last request named a part that the service lacks or has with other bytes.',
    'Nothing: parts are listed and sent again. If it stays, somebody else works on the same upload.',
  ],
  InvalidPartOrder: [
    'invalid-argument',
    'The parts were not named in ascending order.',
    'Report it: Longhaul sorts them.',
  ],
  InvalidPolicyDocument: ['invalid-argument', 'The policy of a form can not be read.', 'Correct the policy.'],
  InvalidRange: ['invalid-argument', 'A range lies outside the object.', 'Ask for bytes that are there.'],
  InvalidRequest: ['invalid-argument', 'The request can not be done as asked.', 'Read the message.'],
  InvalidSecurityToken: [
    'denied',
    'The security token is wrong, or belongs to another access key.',
    'Take id, secret and token from one and the same answer of STS.',
  ],
  InvalidTargetType: ['invalid-argument', 'A symbolic link can not lead to a link.', 'Name an object.'],
  MalformedPOSTRequest: [
    'invalid-argument',
    'The body of a form can not be read.',
    'Send multipart/form-data.',
  ],
  MalformedXML: [
    'invalid-argument',
    'The XML of a request can not be read.',
    'Report it if Longhaul sent it.',
  ],
  MaxPOSTPreDataLengthExceededError: [
    'invalid-argument',
    'The fields before the file of a form are too long.',
    'Shorten them.',
  ],
  MethodNotAllowed: [
    'unsupported',
    'The method is not for this: writing over an appendable object, for example.',
    'Choose another key.',
  ],
  MissingArgument: ['invalid-argument', 'A parameter is missing.', 'Read the message, which names it.'],
  MissingContentLength: [
    'invalid-argument',
    'The request did not say how long its body is.',
    'Look for a proxy that changes requests.',
  ],
  NoSuchBucket: [
    'not-found',
    'There is no bucket of this name at this endpoint.',
    'Check the name and the region of the endpoint. longhaul mb makes one.',
  ],
  NoSuchBucketPolicy: ['invalid-argument', 'The bucket has no policy.', 'Nothing.'],
  NoSuchCORSConfiguration: [
    'invalid-argument',
    'The bucket has no CORS rules.',
    'Set them if browsers shall use it.',
  ],
  NoSuchKey: [
    'not-found',
    'There is no object of this name.',
    'Check the key, letter by letter; longhaul ls shows keys.',
  ],
  NoSuchLifecycle: ['invalid-argument', 'The bucket has no lifecycle rules.', 'Nothing.'],
  NoSuchServerSideEncryptionRule: ['invalid-argument', 'The bucket has no rule of encryption.', 'Nothing.'],
  NoSuchTransferAccelerationConfiguration: [
    'invalid-argument',
    'The bucket has no transfer acceleration.',
    'Turn it on before you use its endpoint.',
  ],
  NoSuchUpload: [
    'conflict',
    'The multipart upload was completed or aborted, by somebody or by a lifecycle rule.',
    'Nothing: Longhaul looks whether the object is ours, and else begins anew.',
  ],
  NoSuchVersion: ['not-found', 'There is no such version of the object.', 'Check the version id.'],
  NoSuchWORMConfiguration: ['invalid-argument', 'The bucket has no retention policy.', 'Nothing.'],
  NoSuchWebsiteConfiguration: ['invalid-argument', 'The bucket is no website.', 'Nothing.'],
  NotImplemented: ['unsupported', 'The service does not have this.', 'Leave the flag or header out.'],
  NotModified: ['invalid-argument', 'The object is as it was.', 'Nothing.'],
  NotSymlink: ['invalid-argument', 'The object is no symbolic link.', 'Read it as an object.'],
  ObjectAlreadyExists: ['conflict', 'An object of this name is there and is to stay.', 'Choose another key.'],
  ObjectNotAppendable: [
    'invalid-argument',
    'The object was not made by appending, so nothing can be appended.',
    'Choose another key.',
  ],
  OperationAborted: [
    'interrupted',
    'Another operation on the same thing is under way.',
    'Nothing: it is tried again.',
  ],
  OperationNotSupported: [
    'invalid-argument',
    'This can not be done with such an object or bucket.',
    'Read the message.',
  ],
  PartAlreadyExist: [
    'invalid-argument',
    'A sequential upload does not take a part a second time.',
    'Begin anew with --restart.',
  ],
  PartNotSequential: [
    'invalid-argument',
    'A sequential upload wants its parts in order.',
    'Begin anew with --restart.',
  ],
  PositionNotEqualToLength: [
    'invalid-argument',
    'Something else was appended meanwhile.',
    'Ask for the length again.',
  ],
  PreconditionFailed: [
    'invalid-argument',
    'A condition of the request does not hold.',
    'Look at the object with longhaul stat.',
  ],
  QpsLimitExceeded: [
    'interrupted',
    'Too many requests a second for the bucket.',
    'Nothing: it is tried again, slower. Larger parts need fewer requests.',
  ],
  RequestIsNotMultiPartContent: [
    'invalid-argument',
    'A form has to be multipart/form-data.',
    'Set its enctype.',
  ],
  RequestTimeTooSkewed: [
    'denied',
    'The time of the request differs by more than 15 minutes from that of the service.',
    "Longhaul takes over the service's time by itself; if it is told nevertheless, set this machine's clock.",
  ],
  RequestTimeout: [
    'interrupted',
    'The bytes came too slowly for the service.',
    'Nothing: it is tried again. Fewer threads leave each more of the link.',
  ],
  RestoreAlreadyInProgress: [
    'invalid-argument',
    'The archived object is being restored already, and not with a lower priority.',
    'Wait: it takes minutes to hours. A higher priority can be asked for.',
  ],
  SecondLevelDomainForbidden: [
    'invalid-argument',
    'The service wants the name of the bucket in the host, not in the path.',
    'Use the endpoint of the region, not an address.',
  ],
  SecurityTokenExpired: [
    'denied',
    'The temporary keys have ended.',
    'Get new ones, then run the same call again: parts are kept.',
  ],
  ServiceUnavailable: ['interrupted', 'The service can not answer now.', 'Nothing: it is tried again.'],
  SignatureDoesNotMatch: [
    'denied',
    'The service computed another signature: the secret is wrong, or something on the way changed the request.',
    'Check OSS_ACCESS_KEY_SECRET, blanks at its end included; then the region; then proxies.',
  ],
  SlowDown: ['interrupted', 'Too many requests a second.', 'Nothing: it is tried again, slower.'],
  SymlinkTargetNotExist: ['not-found', 'The symbolic link leads to no object.', 'Look where it leads.'],
  TooManyBuckets: ['invalid-argument', 'The account has as many buckets as it may.', 'Remove one.'],
  TooManyRequests: ['interrupted', 'Too many requests a second.', 'Nothing: it is tried again, slower.'],
  TotalQpsLimitExceeded: [
    'interrupted',
    'Too many requests a second for the account.',
    'Nothing: it is tried again, slower.',
  ],
  UploadTrafficRateLimitExceeded: [
    'interrupted',
    'The account uploads faster than it may.',
    'Nothing: it is tried again. --limit-rate stays below the limit.',
  ],
  UserDisable: ['denied', 'The account is closed or in arrears.', 'Settle the account.'],
}

export const serviceCodes: Readonly<Record<string, ServiceExplanation>> = Object.fromEntries(
  Object.entries(rows).map(([code, [endsAs, meaning, advice]]) => [code, { endsAs, meaning, advice }]),
)
