/** What can be changed of an object while its bytes stay: who may read it, and its tags. */
import { getObjectAcl, putObjectAcl } from '../protocol/operations/object-acl.js'
import {
  deleteObjectTagging,
  getObjectTagging,
  putObjectTagging,
} from '../protocol/operations/object-tagging.js'
import { type Operate, OWNER } from './context.js'
import { changeObject, requireObject } from './found-objects.js'
import { checkObjectAcl } from './names.js'
import { checkTags, taggingOf, withTags } from './object-tags.js'
import { receiveDocument } from './receive.js'

const ACL = 'x-oss-object-acl'

export const objectSettingsOperations = {
  PutObjectAcl: async (exchange) => {
    const input = putObjectAcl.decodeRequest(exchange.request)
    checkObjectAcl(input.acl)
    await requireObject(exchange, input)
    await changeObject(exchange, input, (object) => ({
      ...object,
      headers: { ...object.headers, [ACL]: input.acl },
    }))
    return putObjectAcl.encodeAnswer({}, input)
  },

  GetObjectAcl: async (exchange) => {
    const input = getObjectAcl.decodeRequest(exchange.request)
    const { headers } = await requireObject(exchange, input)
    return getObjectAcl.encodeAnswer({ owner: OWNER, acl: headers[ACL] ?? 'default' }, input)
  },

  PutObjectTagging: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = putObjectTagging.decodeRequest({ ...exchange.request, body })
    checkTags(input.tags, 'Tagging', String(input.tags.length))
    await requireObject(exchange, input)
    await changeObject(exchange, input, (object) => ({
      ...object,
      headers: withTags(object.headers, input.tags),
    }))
    return putObjectTagging.encodeAnswer({}, input)
  },

  GetObjectTagging: async (exchange) => {
    const input = getObjectTagging.decodeRequest(exchange.request)
    const { headers } = await requireObject(exchange, input)
    return getObjectTagging.encodeAnswer({ tags: taggingOf(headers) }, input)
  },

  DeleteObjectTagging: async (exchange) => {
    const input = deleteObjectTagging.decodeRequest(exchange.request)
    await requireObject(exchange, input)
    await changeObject(exchange, input, (object) => ({ ...object, headers: withTags(object.headers, []) }))
    return deleteObjectTagging.encodeAnswer({}, input)
  },
} satisfies Record<string, Operate>
