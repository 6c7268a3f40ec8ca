/** An adopted upload has the headers of somebody's Initiate. Its object is looked at, so that a difference is told. */
import { briefly, type Conversation } from './life.js'
import { lookAtObject } from './settle.js'

/** Names of the headers that are not what was asked for. Never fails: the object is there and has our bytes. */
export async function differingHeaders(life: Conversation, uploadId: string): Promise<readonly string[]> {
  const { service } = life.ports
  const { headers: asked } = life.request
  const unknown = (why: string): readonly string[] => {
    const message = `Whether the object has the headers that were asked for could not be seen: ${why}`
    life.emit({ type: 'headers-not-compared', uploadId, message })
    return []
  }
  try {
    const seen = await lookAtObject(briefly(life))
    if (seen.kind === 'absent') return unknown('it is gone again.')
    if (seen.kind === 'unknown') return unknown(seen.why.message)
    const { headers: found } = seen.info
    if (found === undefined || service.differingHeaders === undefined) {
      return unknown('the service does not tell.')
    }
    const headers = service.differingHeaders(asked, found)
    if (headers.length === 0) return []
    const message =
      `The adopted upload was begun with other headers than are asked for now: ${headers.join(', ')}. ` +
      'The object has those it was begun with; its bytes are those of the file.'
    life.emit({ type: 'headers-differ', uploadId, headers, message })
    return headers
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error))
  }
}
