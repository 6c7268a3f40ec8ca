/** A service of which some calls are done otherwise. */
import type { ObjectService } from './ports.js'

/** By hand, since a service may be an instance of a class that keeps its fields to itself. */
export function serviceWith(service: ObjectService, changed: Partial<ObjectService>): ObjectService {
  const { differingHeaders, listMultipartUploads } = service
  return {
    name: service.name,
    bucket: service.bucket,
    limits: service.limits,
    integrity: service.integrity,
    headerKind: (name) => service.headerKind(name),
    forbidsOverwrite: (headers) => service.forbidsOverwrite(headers),
    now: () => service.now(),
    putObject: (...args) => service.putObject(...args),
    createMultipartUpload: (...args) => service.createMultipartUpload(...args),
    uploadPart: (...args) => service.uploadPart(...args),
    listParts: (...args) => service.listParts(...args),
    completeMultipartUpload: (...args) => service.completeMultipartUpload(...args),
    abortMultipartUpload: (...args) => service.abortMultipartUpload(...args),
    headObject: (...args) => service.headObject(...args),
    ...(differingHeaders && { differingHeaders: differingHeaders.bind(service) }),
    ...(listMultipartUploads && { listMultipartUploads: listMultipartUploads.bind(service) }),
    ...changed,
  }
}
