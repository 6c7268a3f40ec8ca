/** What an error document says of whatever an operation failed with. */
import { type ErrorToSay, ProtocolError } from '../protocol/errors.js'
import { Refusal } from './context.js'
import { StorageError } from './storage/storage.js'

export function errorToSay(error: unknown): ErrorToSay {
  if (error instanceof Refusal) return error.error
  if (error instanceof ProtocolError && error.kind === 'bad-request') return error
  if (error instanceof StorageError) {
    if (error.code === 'no-such-bucket') return { code: 'NoSuchBucket' }
    if (error.code === 'bucket-not-empty') return { code: 'BucketNotEmpty' }
  }
  return { code: 'InternalError' }
}

/** Only what an error document says: an Error object's own properties do not spread. */
export function plain({ code, status, message, ec }: ErrorToSay): ErrorToSay {
  return {
    code,
    ...(status === undefined ? {} : { status }),
    ...(message === undefined ? {} : { message }),
    ...(ec === undefined ? {} : { ec }),
  }
}
