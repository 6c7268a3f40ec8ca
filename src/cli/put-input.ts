/** `put -`: what another program writes to standard input becomes an object. */
import { uploadStream } from '../index.js'
import { UsageError } from './failure.js'
import type { UploadJob } from './upload-job.js'
import type { World } from './world.js'

/** In the place of a file. */
export const standardInput = '-'

export interface InputFlags {
  readonly expectedSize?: number
  readonly spool?: string
}

/**
 * The same job with standard input in the place of its file.
 *
 * @throws UsageError for what needs a file that can be read again
 */
export function fromInput(job: UploadJob, flags: InputFlags, { input }: World): UploadJob {
  const { goOn: _, ...rest } = job
  if (job.options.adopt) throw new UsageError('--adopt needs a file: standard input can not be read twice.')
  if (job.options.verify !== undefined) {
    throw new UsageError('--verify needs a file: of standard input nothing is ever kept from an earlier run.')
  }
  if (input === undefined) throw new UsageError('There is no standard input.')
  const { expectedSize, spool } = flags
  return {
    ...rest,
    file: 'standard input',
    ifEmpty: 'Nothing came on standard input: the object is empty.',
    upload: (bucket, key, name, { verify, adopt, progressCallback, ...options } = {}) =>
      uploadStream(bucket, key, input(), { ...options, expectedSize, spool, name }),
  }
}
