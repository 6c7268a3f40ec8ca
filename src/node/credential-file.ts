/** Keys from a JSON file that something else writes, and writes again: read anew whenever keys are needed. */
import { open } from 'node:fs/promises'
import type { GivenCredentials } from '../services/credentials.js'
import { readCredentialsDocument } from '../services/credentials-document.js'
import { lastingUntilGood } from './credential-source.js'

/** More is no file of keys. */
const mostBytes = 64 * 1024
/** Without an end in it, the file is read again after half of this, in milliseconds. */
const usualLifeMs = 10 * 60_000

/**
 * Credentials that stand in a file, for `credentials` of a bucket: the JSON that `processCredentials` describes. It is read
 * again before the keys end, when the service refuses them, and at least every five minutes.
 */
export function fileCredentials(path: string): () => Promise<GivenCredentials> {
  return lastingUntilGood(async () => {
    const text = await readBounded(path)
    try {
      return { expiration: Date.now() + usualLifeMs, ...readCredentialsDocument(text) }
    } catch (error) {
      throw new Error(
        `the credentials file ${path} can't be used: ${error instanceof Error ? error.message : error}`,
      )
    }
  })
}

async function readBounded(path: string): Promise<string> {
  try {
    const handle = await open(path)
    try {
      const bytes = Buffer.alloc(mostBytes)
      const { bytesRead } = await handle.read(bytes, 0, mostBytes, null)
      return bytes.toString('utf8', 0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : message
    throw new Error(`the credentials file ${path} can't be read: ${why}`)
  }
}
