/**
 * What is read whole may be read compressed: the service does so for texts, where the client says that it can. Such an answer
 * has no length and no ETag, since neither would be that of the bytes on the wire.
 */
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { WireHeaders } from '../protocol/message.js'
import type { Answer } from './context.js'

/** Bytes. */
const LEAST = 1024
const TEXTS: ReadonlySet<string> = new Set([
  'application/javascript',
  'application/json',
  'application/rss+xml',
  'application/x-javascript',
  'text/cache-manifest',
  'text/css',
  'text/html',
  'text/json',
  'text/plain',
  'text/xml',
])

/** The answer of GetObject as this request wants it. */
export function compressed(answer: Answer, asked: WireHeaders): Answer {
  const { status, headers, body } = answer
  if (status !== 200 || body instanceof Uint8Array || !isCompressible(headers)) return answer
  const vary = { vary: 'Accept-Encoding' }
  if (!takesGzip(asked['accept-encoding'] ?? '')) return { ...answer, headers: { ...headers, ...vary } }
  const { 'content-length': _length, etag: _etag, 'accept-ranges': _ranges, ...kept } = headers
  return { status, headers: { ...kept, ...vary, 'content-encoding': 'gzip' }, body: gzipOf(body) }
}

function isCompressible(headers: WireHeaders): boolean {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const isPlain = headers['content-encoding'] === undefined
  return isPlain && TEXTS.has(type) && Number(headers['content-length']) >= LEAST
}

/** `gzip`, unless its weight is 0. */
function takesGzip(acceptEncoding: string): boolean {
  return acceptEncoding.split(',').some((each) => {
    const [name = '', ...parameters] = each.split(';').map((word) => word.trim().toLowerCase())
    return name === 'gzip' && !parameters.some((parameter) => /^q\s*=\s*0(\.0*)?$/.test(parameter))
  })
}

/** Left early, it leaves what it reads from, begun or not. */
function gzipOf(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const source = chunks[Symbol.asyncIterator]()
      let begun: AsyncIterator<Uint8Array> | undefined
      return {
        next() {
          begun ??= gzippedFrom(source)
          return begun.next()
        },
        async return() {
          await (begun ?? source).return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
}

function gzippedFrom(source: AsyncIterator<Uint8Array>): AsyncIterator<Uint8Array> {
  const gzip = createGzip()
  // What goes wrong with the source is told to whoever reads the stream.
  pipeline({ [Symbol.asyncIterator]: () => source }, gzip).catch(() => undefined)
  return gzip[Symbol.asyncIterator]()
}
