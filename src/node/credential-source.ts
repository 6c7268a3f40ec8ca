/** Until a source of keys has given some, its failures are lasting: nobody should wait for what was never set up. */
import type { GivenCredentials } from '../services/credentials.js'

export function lastingUntilGood(ask: () => Promise<GivenCredentials>): () => Promise<GivenCredentials> {
  let wasGood = false
  return async () => {
    try {
      const given = await ask()
      wasGood = true
      return given
    } catch (error) {
      if (wasGood) throw error
      throw new LastingFailure(error instanceof Error ? error.message : String(error))
    }
  }
}

/** Without its cause: what other libraries throw may hold the very keys. */
class LastingFailure extends Error {
  readonly code = 'denied'
}
