/** Is there anything to send? Looks at what the service has under a key, and at the file only where that can settle it. */
import { ServiceError } from '../engine/errors.js'
import { type Persisting, persist } from '../engine/life.js'
import type { Digester, Headers, ObjectInfo, ObjectService, Source } from '../engine/ports.js'
import { asUploadError } from '../engine/retry.js'
import type { SkipReason } from './events.js'

/** `never`: everything is sent. `same`: not what is there already. `existing`: nothing over what is there. */
export type SkipRule = 'never' | 'same' | 'existing'

/** `undefined`: it is to be sent. */
export async function reasonToSkip(
  ports: { readonly service: ObjectService; readonly digester: Digester; readonly persisting: Persisting },
  file: { readonly key: string; readonly headers: Headers; readonly source: Source },
  rule: SkipRule,
): Promise<SkipReason | undefined> {
  if (rule === 'never') return undefined
  const info = await lookAt(ports, file)
  if (info === undefined) return undefined
  if (rule === 'existing') return 'exists'
  return (await isSame(ports, file, info)) ? 'same' : undefined
}

/** Rejects where nobody may look: to send all the same is not what was asked for. */
async function lookAt(
  { service, persisting }: { readonly service: ObjectService; readonly persisting: Persisting },
  { key, headers }: { readonly key: string; readonly headers: Headers },
): Promise<ObjectInfo | undefined> {
  const { signal } = persisting
  try {
    return await persist(
      persisting,
      { operation: 'HeadObject' },
      () => service.headObject(key, { headers, signal }),
      ['object-missing'],
    )
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    if (error.meaning === 'object-missing') return undefined
    throw asUploadError(error)
  }
}

async function isSame(
  {
    service,
    digester,
    persisting,
  }: { readonly service: ObjectService; readonly digester: Digester; readonly persisting: Persisting },
  { headers, source }: { readonly headers: Headers; readonly source: Source },
  info: ObjectInfo,
): Promise<boolean> {
  const { size } = await source.identity()
  if (info.size !== size || info.crc64 === undefined) return false
  if (info.headers !== undefined && (service.differingHeaders?.(headers, info.headers) ?? []).length > 0) {
    return false
  }
  const { crc64 } = await digester.digest(source.slice(0, size), { md5: false }, persisting.signal)
  return crc64 === info.crc64
}
