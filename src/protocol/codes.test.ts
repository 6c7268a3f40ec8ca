/** Statuses and ECs of OSS's errors, as its clients and documents know them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorDefaults } from './codes.js'

const STATUSES: Readonly<Record<number, string>> = {
  203: 'CallbackFailed',
  304: 'NotModified',
  400: `InvalidArgument InvalidBucketName InvalidObjectName InvalidDigest InvalidPart InvalidPartOrder PartNotSequential
    EntityTooLarge EntityTooSmall MalformedXML MissingArgument InvalidRequest InvalidPolicyDocument MalformedPOSTRequest
    RequestIsNotMultiPartContent IncorrectNumberOfFilesInPOSTRequest FieldItemTooLong InvalidTargetType TooManyBuckets
    InvalidEncryptionAlgorithmError RequestTimeout OperationNotSupported InvalidLocationConstraint`,
  403: `AccessDenied AccessForbidden InvalidAccessKeyId SignatureDoesNotMatch RequestTimeTooSkewed SecurityTokenExpired
    InvalidSecurityToken SecondLevelDomainForbidden InvalidObjectState UserDisable`,
  404: `NoSuchBucket NoSuchKey NoSuchUpload NoSuchVersion NoSuchLifecycle NoSuchCORSConfiguration SymlinkTargetNotExist
    NoSuchWebsiteConfiguration NoSuchBucketPolicy NoSuchServerSideEncryptionRule`,
  405: 'MethodNotAllowed',
  409: `BucketAlreadyExists BucketNotEmpty FileAlreadyExists FileImmutable ObjectNotAppendable PositionNotEqualToLength`,
  411: 'MissingContentLength',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
  500: 'InternalError',
  501: 'NotImplemented',
  503: 'ServiceUnavailable',
}

for (const [status, codes] of Object.entries(STATUSES)) {
  test(`the status of ${status} belongs to its codes, each with words of its own`, () => {
    for (const code of codes.split(/\s+/)) {
      const { status: found, message } = errorDefaults(code)
      assert.equal(found, Number(status), code)
      assert.ok(message.length > 0)
    }
  })
}

test('the ECs that clients look for', () => {
  for (const [code, ec] of [
    ['NoSuchBucket', '0015-00000101'],
    ['BucketAlreadyExists', '0015-00000104'],
    ['BucketNotEmpty', '0015-00000301'],
    ['NoSuchKey', '0026-00000001'],
    ['PositionNotEqualToLength', '0026-00000016'],
    ['InvalidAccessKeyId', '0002-00000902'],
    ['SignatureDoesNotMatch', '0002-00000040'],
    ['RequestTimeTooSkewed', '0002-00000504'],
    ['AccessDenied', '0003-00000001'],
    ['UserDisable', '0003-00000801'],
    ['InvalidPartOrder', '0042-00000209'],
    ['CallbackFailed', '0007-00000203'],
  ] as const) {
    assert.equal(errorDefaults(code).ec, ec, code)
  }
})
