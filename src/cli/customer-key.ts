/**
 * A customer's own encryption key, which the service uses and does not keep. It comes from a file or a variable of the
 * environment, never from the command line, which every user of a machine can read.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { UsageError } from './failure.js'
import type { Environment } from './home.js'
import type { HeaderMap } from './pairs.js'

const keyBytes = 32
const prefix = 'x-oss-server-side-encryption-customer'

export interface CustomerKeyFlags {
  readonly sseCustomerKeyFile?: string | undefined
  readonly sseCustomerKeyEnv?: string | undefined
}

/** @throws UsageError */
export async function readCustomerKey(flags: CustomerKeyFlags, environment: Environment): Promise<HeaderMap> {
  const { sseCustomerKeyFile: file, sseCustomerKeyEnv: variable } = flags
  if (file !== undefined && variable !== undefined) {
    throw new UsageError('Give either --sse-customer-key-file or --sse-customer-key-env, not both.')
  }
  if (file !== undefined) return headersOf(keyIn(await contentOf(file), `the file ${file}`))
  if (variable === undefined) return {}
  const value = environment[variable]
  if (!value) throw new UsageError(`The variable ${variable} of --sse-customer-key-env is not set.`)
  return headersOf(keyIn(Buffer.from(value), `the variable ${variable}`))
}

async function contentOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError(`The file of --sse-customer-key-file can't be read. ${why}`)
  }
}

/** The bytes as they are, or in base64. Messages tell nothing of what was found. */
function keyIn(content: Buffer, where: string): Buffer {
  if (content.length === keyBytes) return content
  const text = content.toString('latin1').trim()
  const decoded = Buffer.from(text, 'base64')
  if (decoded.length === keyBytes && decoded.toString('base64') === text) return decoded
  throw new UsageError(`There is no key of ${keyBytes} bytes, raw or in base64, in ${where}.`)
}

function headersOf(key: Buffer): HeaderMap {
  return {
    [`${prefix}-algorithm`]: 'AES256',
    [`${prefix}-key`]: key.toString('base64'),
    [`${prefix}-key-md5`]: createHash('md5').update(key).digest('base64'),
  }
}
