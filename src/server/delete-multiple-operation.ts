/** DeleteMultipleObjects. What is not there counts as deleted, as with DeleteObject. */
import { deleteMultipleObjects } from '../protocol/operations/delete-multiple-objects.js'
import { checkAnonymousObject } from './access.js'
import { requireBucket } from './bucket-operations.js'
import type { Operate } from './context.js'
import { checkKey } from './names.js'
import { deleteVersion } from './object-operations.js'
import { receiveDocument } from './receive.js'

export const deleteMultipleOperations = {
  DeleteMultipleObjects: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = deleteMultipleObjects.decodeRequest({ ...exchange.request, body })
    const { bucket, objects } = input
    // All of them are looked at before the first is gone.
    for (const { key } of objects) checkKey(key)
    const record = await requireBucket(exchange, bucket)
    if (exchange.principal === 'anonymous') {
      for (const { key } of objects) {
        await checkAnonymousObject(exchange.storage, record, { key, right: 'write', headers: {} })
      }
    }
    await Promise.all(objects.map((object) => deleteVersion(exchange, { bucket, ...object })))
    return deleteMultipleObjects.encodeAnswer({ deleted: objects }, input)
  },
} satisfies Record<string, Operate>
