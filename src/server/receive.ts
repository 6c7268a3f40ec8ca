/**
 * Takes a body in: counted, hashed and handed to the storage as it comes. What it resolves with has exactly the bytes
 * that were announced; anything less or more is thrown away.
 */
import { createHash } from 'node:crypto'
import { crc64ToDecimal } from '../checksum/crc64.js'
import { toBase64, toHex } from '../checksum/digest.js'
import type { WireHeaders } from '../protocol/message.js'
import { type Exchange, Refusal } from './context.js'
import type { Incoming } from './storage/storage.js'

/** 5 GiB: the most that one PutObject or UploadPart may carry. */
export const MAX_BODY_SIZE = 5 * 1024 * 1024 * 1024
/** A list of 10000 parts, generously spaced, is 1 MiB. To read a document takes many times its size in memory. */
export const MAX_DOCUMENT_SIZE = 4 * 1024 * 1024

export interface Received {
  readonly incoming: Incoming
  readonly size: number
  /** Upper-case. */
  readonly etag: string
  /** Base64. */
  readonly contentMd5: string
  /** Unsigned decimal. */
  readonly crc64: string
}

export async function receiveBody(exchange: Exchange): Promise<Received> {
  const { headers } = exchange.request
  checkAnnounced(headers)
  const wanted = headers['content-md5']
  return receiveChunks(exchange, exchange.body, {
    most: MAX_BODY_SIZE,
    announcedSize: announcedSize(headers),
    ...(wanted === undefined ? {} : { wanted }),
    atEnd: (size) => checkSize(headers, size),
  })
}

/** Everything about a body that can be refused before its first byte. */
export function checkAnnounced(headers: WireHeaders, most = MAX_BODY_SIZE): void {
  const size = announcedSize(headers)
  const coding = headers['transfer-encoding']?.trim().toLowerCase()
  if (size === undefined && coding === undefined) throw new Refusal({ code: 'MissingContentLength' })
  // A further coding, such as gzip, would be stored as if it were the content.
  if (coding !== undefined && coding !== 'chunked') {
    throw new Refusal({ code: 'NotImplemented', fields: { ArgumentName: 'transfer-encoding' } })
  }
  if (size !== undefined && size > most) throw tooLarge(MAX_BODY_SIZE)
  const md5 = headers['content-md5']
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16) {
    throw invalidDigest(md5, '0017-00000502')
  }
}

export interface Expected {
  /** More bytes than this are refused. */
  readonly most: number
  /** Bytes that are said to come. */
  readonly announcedSize: number | undefined
  /** Base64 of the MD5 that they are said to have. */
  readonly wanted?: string
  /** Told the size when all has come; may refuse it. */
  readonly atEnd: (size: number) => void
}

/** Hashes and hands to the storage whatever comes. */
export async function receiveChunks(
  { storage, beginDigest }: Pick<Exchange, 'storage' | 'beginDigest'>,
  chunks: AsyncIterable<Uint8Array>,
  { most, announcedSize, wanted, atEnd }: Expected,
): Promise<Received> {
  const incoming = storage.receive()
  const digest = beginDigest(announcedSize)
  try {
    let size = 0
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > most) throw tooLarge(most)
      // The storage owns the chunk once it has it.
      await digest.update(chunk)
      await incoming.write(chunk)
    }
    atEnd(size)
    // The disk has its work while the last of it is hashed.
    incoming.end()
    const { md5, crc64 } = await digest.end()
    const contentMd5 = toBase64(md5)
    if (wanted !== undefined && wanted !== contentMd5) throw invalidDigest(wanted)
    return {
      incoming,
      size,
      etag: toHex(md5).toUpperCase(),
      contentMd5,
      crc64: crc64ToDecimal(crc64),
    }
  } catch (error) {
    digest.discard()
    await incoming.discard()
    throw error
  }
}

/** The whole of a small body, such as a document. */
export async function receiveDocument({ request, body }: Exchange): Promise<Uint8Array> {
  // Copied into one block that grows: chunks of a byte each would cost a hundred times their size.
  if ((announcedSize(request.headers) ?? 0) > MAX_DOCUMENT_SIZE) throw new Refusal({ code: 'MalformedXML' })
  let block = Buffer.alloc(4096)
  let size = 0
  for await (const chunk of body) {
    const needed = size + chunk.length
    if (needed > MAX_DOCUMENT_SIZE) throw new Refusal({ code: 'MalformedXML' })
    if (needed > block.length) block = Buffer.concat([block], Math.max(needed, block.length * 2))
    block.set(chunk, size)
    size = needed
  }
  checkSize(request.headers, size)
  const whole = block.subarray(0, size)
  const wanted = request.headers['content-md5']
  if (wanted !== undefined && wanted !== createHash('md5').update(whole).digest('base64')) {
    throw invalidDigest(wanted)
  }
  return whole
}

/** `undefined` when the request does not say. */
export function announcedSize(headers: WireHeaders): number | undefined {
  const text = headers['content-length']
  return text !== undefined && /^[0-9]{1,30}$/.test(text) ? Number(text) : undefined
}

/** A body that ends early is a client that went away; what did arrive must not pass for the whole. */
export function checkSize(headers: WireHeaders, size: number): void {
  const announced = announcedSize(headers)
  if (announced !== undefined && announced !== size) {
    throw new Refusal({ code: 'RequestTimeout', ec: '0017-00000505' })
  }
}

function tooLarge(most: number): Refusal {
  return new Refusal({ code: 'EntityTooLarge', fields: { MaxSizeAllowed: String(most) } })
}

/** `ec`: when it is no MD5 at all, rather than another one. */
export function invalidDigest(said: string, ec?: string): Refusal {
  const fields = { ArgumentName: 'Content-MD5', ArgumentValue: said }
  return new Refusal({ code: 'InvalidDigest', fields, ...(ec === undefined ? {} : { ec }) })
}
