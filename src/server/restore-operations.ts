/**
 * Operations on objects that the service keeps frozen, or seals. Here nothing is ever frozen: for the classes that are
 * not on the service either, the answer is the service's own; for the others it is that this server does not do it.
 */
import { readObjectInput } from '../protocol/operations/objects.js'
import { type Exchange, type Operate, Refusal } from './context.js'
import { requireObject } from './found-objects.js'

const ALWAYS_READABLE = new Set(['Standard', 'IA'])

export const restoreOperations = {
  RestoreObject: refuseUnfrozen,
  CleanRestoredObject: refuseUnfrozen,

  SealAppendObject: async (exchange) => {
    await requireObject(exchange, readObjectInput(exchange.request))
    throw new Refusal({
      code: 'OperationNotSupported',
      message: 'SealAppendable is not supported.',
      ec: '0016-00000513',
    })
  },
} satisfies Record<string, Operate>

async function refuseUnfrozen(exchange: Exchange): Promise<never> {
  const { headers } = await requireObject(exchange, readObjectInput(exchange.request))
  if (ALWAYS_READABLE.has(headers['x-oss-storage-class'] ?? 'Standard')) {
    throw new Refusal({ code: 'OperationNotSupported', ec: '0016-00000702' })
  }
  throw new Refusal({
    code: 'NotImplemented',
    message: 'This server freezes no objects: all can be read at once.',
  })
}
