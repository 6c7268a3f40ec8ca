/** The rules OSS has for names. Checked here, since a refused name would be learned only after reading the source. */
import { UploadError } from '../../engine/errors.js'

const maxKeyBytes = 1023

/** @throws UploadError `invalid-argument` */
export function checkBucketName(name: string): void {
  if (typeof name === 'string' && /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) return
  throw new UploadError(
    'invalid-argument',
    `The bucket name ${JSON.stringify(name)} is not possible: 3 to 63 of a-z, 0-9 and -, with no - at either end.`,
  )
}

/** @throws UploadError `invalid-argument` */
export function checkKey(key: string): void {
  const problem = keyProblem(key)
  if (problem) throw new UploadError('invalid-argument', `The key ${shown(key)} is not possible: ${problem}.`)
}

function keyProblem(key: string): string | undefined {
  if (typeof key !== 'string') return 'it is no text'
  if (key === '') return 'it is empty'
  if (key.startsWith('/') || key.startsWith('\\'))
    return 'it begins with a slash or backslash; leave that out'
  if (/\p{Surrogate}/u.test(key)) return 'it is no valid Unicode text'
  // Three bytes are the most that one unit of a string becomes.
  if (3 * key.length <= maxKeyBytes) return undefined
  const bytes = new TextEncoder().encode(key).length
  if (bytes > maxKeyBytes) return `it has ${bytes} bytes in UTF-8, and ${maxKeyBytes} are allowed`
  return undefined
}

function shown(key: string): string {
  return JSON.stringify(typeof key === 'string' && key.length > 80 ? `${key.slice(0, 80)}…` : key)
}
