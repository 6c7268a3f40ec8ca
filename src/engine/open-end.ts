/** Whether a request that makes an object went out whose end nobody heard: then the object may be there, or come yet. */
import { definite } from './commit.js'
import { ServiceError } from './errors.js'
import type { ObjectService } from './ports.js'
import { isUnsent } from './retry.js'
import { serviceWith } from './service-with.js'

export interface OpenEnd {
  /** The service, watched. */
  readonly service: ObjectService
  mayBeStored(): boolean
  /** Somebody has looked: there is none, and none can come. */
  settled(): void
}

export function watchEnd(service: ObjectService): OpenEnd {
  let asked = false
  // A stop leaves it open, and so does an answer that was not believed. That the upload is gone or the object exists may be
  // said to a request that something on the way has sent twice.
  const watched = async <T>(ask: () => Promise<T>): Promise<T> => {
    const before = asked
    asked = true
    try {
      return await ask()
    } catch (error) {
      const isUndone =
        error instanceof ServiceError &&
        (definite.has(error.meaning) || error.meaning === 'invalid-part' || isUnsent(error))
      if (isUndone) asked = before
      throw error
    }
  }
  return {
    service: serviceWith(service, {
      putObject: (...args) => watched(() => service.putObject(...args)),
      completeMultipartUpload: (...args) => watched(() => service.completeMultipartUpload(...args)),
    }),
    mayBeStored: () => asked,
    settled() {
      asked = false
    },
  }
}
