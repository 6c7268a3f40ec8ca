/**
 * OSS's error codes: status, message and EC that an error has unless it says otherwise. An EC here belongs to the code in
 * general; where OSS has several for one code, whoever raises the error names it.
 */

export interface ErrorDefaults {
  readonly status: number
  readonly message: string
  readonly ec?: string
}

const CODES: Readonly<Record<string, readonly [status: number, message: string, ec?: string]>> = {
  CallbackFailed: [203, 'The callback failed.', '0007-00000203'],
  NotModified: [304, 'The object has not been modified.'],

  BadRequest: [400, 'Insufficient information.'],
  CORSRuleBeyondLimit: [400, 'The CORS Rules num is beyond limit'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed size.'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size.', '0042-00000213'],
  FieldItemTooLong: [400, 'Your proposed field is too long.'],
  IncorrectNumberOfFilesInPOSTRequest: [400, 'POST requires exactly one file upload per request.'],
  InvalidArgument: [400, 'Invalid argument.'],
  InvalidBucketName: [400, 'The specified bucket is not valid.', '0015-00000001'],
  InvalidDigest: [400, 'The Content-MD5 you specified was invalid.', '0017-00000503'],
  InvalidEncryptionAlgorithmError: [400, 'The encryption algorithm is not supported.', '0005-00000003'],
  InvalidLocationConstraint: [400, 'The specified location constraint is not valid.'],
  InvalidObjectName: [400, 'The specified object is not valid.', '0016-00000002'],
  InvalidPart: [
    400,
    "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
  ],
  InvalidPartOrder: [
    400,
    // The missing word is missing there too.
    'The list of parts was not in ascending order. Parts list must specified in order by part number.',
    '0042-00000209',
  ],
  InvalidPolicyDocument: [400, 'The policy document is not valid.'],
  InvalidRequest: [400, 'The request is not valid.'],
  InvalidTargetType: [400, "The symbolic's target file type is invalid", '0026-00000011'],
  MalformedPOSTRequest: [400, 'The body of your POST request is not well-formed multipart/form-data.'],
  MalformedXML: [
    400,
    'The XML you provided was not well-formed or did not validate against our published schema.',
  ],
  MaxPOSTPreDataLengthExceededError: [
    400,
    'Your POST request fields preceding the upload file were too large.',
    '0006-00000112',
  ],
  MissingArgument: [400, 'Missing Some Required Arguments.'],
  NotSymlink: [400, 'The object is not a symbolic link.', '0043-00000101'],
  ObjectAlreadyExists: [400, 'The object already exists.'],
  OperationNotSupported: [400, 'The operation is not supported for this resource'],
  PartNotSequential: [400, 'The parts of a sequential upload must arrive in order.'],
  RequestIsNotMultiPartContent: [400, 'The POST request must be of type multipart/form-data.'],
  RequestTimeout: [400, 'Your socket connection to the server was not read from or written to in time.'],
  TooManyBuckets: [400, 'You have attempted to create more buckets than allowed.'],

  AccessDenied: [403, 'AccessDenied', '0003-00000001'],
  // The slip in the last header's name is the service's own.
  AccessForbidden: [
    403,
    "CORSResponse: This CORS request is not allowed. This is usually because the evaluation of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource's CORS spec.",
  ],
  InvalidAccessKeyId: [
    403,
    'The OSS Access Key Id you provided does not exist in our records.',
    '0002-00000902',
  ],
  InvalidObjectState: [403, "The operation is not valid for the object's state."],
  InvalidSecurityToken: [403, 'The security token you provided is invalid.'],
  RequestTimeTooSkewed: [
    403,
    'The difference between the request time and the current time is too large.',
    '0002-00000504',
  ],
  SecondLevelDomainForbidden: [403, 'Please use virtual hosted style to access.'],
  SecurityTokenExpired: [403, 'The security token you provided has expired.'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    '0002-00000040',
  ],
  UserDisable: [403, 'UserDisable', '0003-00000801'],

  NoSuchBucket: [404, 'The specified bucket does not exist.', '0015-00000101'],
  NoSuchBucketPolicy: [404, 'The bucket policy does not exist.'],
  NoSuchCORSConfiguration: [404, 'The CORS Configuration does not exist.', '0034-00000001'],
  NoSuchKey: [404, 'The specified key does not exist.', '0026-00000001'],
  NoSuchLifecycle: [404, 'The lifecycle configuration does not exist.'],
  NoSuchServerSideEncryptionRule: [404, 'The server side encryption rule does not exist.'],
  NoSuchTransferAccelerationConfiguration: [404, 'The transfer acceleration configuration does not exist.'],
  NoSuchUpload: [
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  ],
  NoSuchVersion: [404, 'The specified version does not exist.', '0012-00000203'],
  NoSuchWORMConfiguration: [404, 'The WORM configuration does not exist.'],
  NoSuchWebsiteConfiguration: [404, 'The website configuration does not exist.'],
  SymlinkTargetNotExist: [404, 'The target of the symbolic link does not exist.', '0026-00000012'],

  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.', '0017-00000001'],
  PartAlreadyExist: [
    409,
    "For sequential multipart upload, you can't overwrite uploaded parts.",
    '0042-00000108',
  ],
  BucketAlreadyExists: [
    409,
    'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
    '0015-00000104',
  ],
  ArchiveRestoreFileStale: [409, 'The archive file or restore info stale'],
  ArchiveRestoreNotFinished: [409, "The archive file's restore is not finished.", '0016-00000719'],
  BucketNotEmpty: [409, 'The bucket has objects. Please delete them first.', '0015-00000301'],
  FileAlreadyExists: [409, 'The object you specified already exists and can not be overwritten.'],
  FileImmutable: [409, 'The object you specified is immutable.'],
  ObjectNotAppendable: [409, 'The object is not appendable.', '0026-00000017'],
  OperationAborted: [409, 'A conflicting operation is in progress against this resource. Please try again.'],
  PositionNotEqualToLength: [409, 'Position is not equal to file length', '0026-00000016'],
  RestoreAlreadyInProgress: [409, 'The restore operation is in progress.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.', '0017-00000101'],
  PreconditionFailed: [
    412,
    'At least one of the pre-conditions you specified did not hold.',
    '0017-00001001',
  ],
  InvalidRange: [416, 'The requested range cannot be satisfied.'],
  TooManyRequests: [429, 'Please reduce your request rate.'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  NotImplemented: [501, 'A header or operation you provided implies functionality that is not implemented.'],
  ServiceUnavailable: [503, 'Please reduce your request rate.'],
}

/** For a code that is not in the table: 400 and the code itself as message. */
export function errorDefaults(code: string): ErrorDefaults {
  const known = Object.hasOwn(CODES, code) ? CODES[code] : undefined
  const [status, message, ec] = known ?? [400, code]
  return ec === undefined ? { status, message } : { status, message, ec }
}
