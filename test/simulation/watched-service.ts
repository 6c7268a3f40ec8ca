/** The service at the engine's port, in both rings: where a life may die at every request, and where it is seen what it dares to ask. */
import type { ObjectService, UploadRef } from '../../src/engine/ports.js'
import type { Crashes } from './crashes.js'

export type Grave = 'CompleteMultipartUpload' | 'AbortMultipartUpload'

export interface Watch {
  readonly crashes: Crashes
  /** Called when a living run is told that a part was stored. */
  readonly onStored: (part: string) => void
  /** Called at the moment at which an Initiate goes out. */
  readonly onInitiate: () => void
  /** The same for requests that can't be taken back. */
  readonly onGrave: (operation: Grave, ref: UploadRef) => void
}

export function watchService(
  inner: ObjectService,
  { crashes, onStored, onInitiate, onGrave }: Watch,
): ObjectService {
  const asked = async <T>(ask: () => Promise<T>): Promise<T> => {
    await crashes.at('crash before a request')
    const value = await crashes.during('crash in a request', ask())
    await crashes.at('crash after a request')
    return value
  }
  const { listMultipartUploads } = inner
  return {
    name: inner.name,
    bucket: inner.bucket,
    limits: inner.limits,
    integrity: inner.integrity,
    headerKind: (name) => inner.headerKind(name),
    forbidsOverwrite: (headers) => inner.forbidsOverwrite(headers),
    now: () => inner.now(),
    putObject: (...args) => asked(() => inner.putObject(...args)),
    createMultipartUpload: (...args) =>
      asked(() => {
        onInitiate()
        return inner.createMultipartUpload(...args)
      }),
    async uploadPart(upload, partNumber, ...args) {
      const answer = await asked(() => inner.uploadPart(upload, partNumber, ...args))
      onStored(`${upload.uploadId}/${partNumber}`)
      return answer
    },
    listParts: (...args) => asked(() => inner.listParts(...args)),
    completeMultipartUpload: (ref, ...args) =>
      asked(() => {
        onGrave('CompleteMultipartUpload', ref)
        return inner.completeMultipartUpload(ref, ...args)
      }),
    abortMultipartUpload: (ref, options) =>
      asked(() => {
        onGrave('AbortMultipartUpload', ref)
        return inner.abortMultipartUpload(ref, options)
      }),
    headObject: (...args) => asked(() => inner.headObject(...args)),
    ...(listMultipartUploads === undefined
      ? {}
      : {
          listMultipartUploads: (key, options) => asked(() => listMultipartUploads.call(inner, key, options)),
        }),
  }
}
