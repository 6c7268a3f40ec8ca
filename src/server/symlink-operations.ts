/** Symbolic links. What they lead to is looked at only when somebody reads through them: see found-objects.ts. */
import { md5, toHex } from '../checksum/digest.js'
import { utf8Bytes } from '../protocol/encode.js'
import { getSymlink, putSymlink } from '../protocol/operations/symlinks.js'
import { requireBucket } from './bucket-operations.js'
import { type Operate, Refusal } from './context.js'
import { requireObject } from './found-objects.js'
import { checkKey, storedHeadersOf, withClassOf } from './names.js'
import { alreadyExists, forbidsOverwrite, translated } from './object-operations.js'

export const symlinkOperations = {
  PutSymlink: async (exchange) => {
    const { storage, clock } = exchange
    const input = putSymlink.decodeRequest(exchange.request)
    const headers = storedHeadersOf(input.headers)
    checkKey(input.target)
    const bucket = await requireBucket(exchange, input.bucket)
    await storage
      .putObject(
        input.bucket,
        {
          key: input.key,
          size: 0,
          etag: toHex(md5(utf8Bytes(input.target))).toUpperCase(),
          crc64: '0',
          type: 'Symlink',
          symlinkTarget: input.target,
          modified: clock.now(),
          headers: withClassOf(bucket, headers),
        },
        storage.receive(),
        { ifAbsent: forbidsOverwrite(input.headers) },
      )
      .catch(translated('object-exists', alreadyExists))
    return putSymlink.encodeAnswer({}, input)
  },

  GetSymlink: async (exchange) => {
    const input = getSymlink.decodeRequest(exchange.request)
    const { symlinkTarget, etag, modified } = await requireObject(exchange, input)
    if (symlinkTarget === undefined) throw new Refusal({ code: 'NotSymlink' })
    return getSymlink.encodeAnswer({ target: symlinkTarget, etag, lastModified: modified }, input)
  },
} satisfies Record<string, Operate>
