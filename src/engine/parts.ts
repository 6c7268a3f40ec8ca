/** Asks the service which parts of an upload it has: all pages, or the reason why that can't be told. */
import { ServiceError } from './errors.js'
import { type Conversation, persist } from './life.js'
import type { ListedPart, UploadRef } from './ports.js'

/** `gone`: the upload does not exist. `undefined`: we may not ask, which is told; so our own record has to stand in. */
export async function listAllParts(
  life: Conversation,
  ref: UploadRef,
): Promise<ReadonlyMap<number, ListedPart> | 'gone' | undefined> {
  try {
    return await listParts(life, ref)
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    life.emit({ type: 'parts-not-listed', message: error.message })
    return undefined
  }
}

/** Rejects with the `ServiceError` when we may not ask: `denied` or `unsupported`. */
export async function listParts(
  life: Conversation,
  ref: UploadRef,
): Promise<ReadonlyMap<number, ListedPart> | 'gone'> {
  const { service } = life.ports
  const { headers } = life.request
  const listed = new Map<number, ListedPart>()
  try {
    for (let marker: number | undefined = 0; marker !== undefined; ) {
      const from: number = marker
      const page = await persist(
        life,
        { operation: 'ListParts' },
        () => service.listParts(ref, from, { headers, signal: life.signal }),
        ['upload-gone', 'denied', 'unsupported'],
      )
      for (const part of page.parts) listed.set(part.partNumber, part)
      // A service that repeats itself must not keep us for ever.
      marker = page.nextMarker !== undefined && page.nextMarker > from ? page.nextMarker : undefined
    }
    return listed
  } catch (error) {
    if (error instanceof ServiceError && error.meaning === 'upload-gone') return 'gone'
    throw error
  }
}
