/**
 * A server that reads and throws away, in a process of its own, to measure clients by: HTTP/1.1 written by hand on bare
 * sockets, read into one buffer for all, so that it costs as little as a server in Node can. What it knows of the files
 * beforehand lets it answer with the CRC-64 that a client which sent the right bytes must have computed.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { testCertificate, testKey } from '../../test/transport/certificate.js'
import { answerTo, type Knowledge } from './answers.js'

export type ToServer = { readonly know: readonly Knowledge[] }
export type FromServer =
  | { readonly ports: { readonly http: number; readonly https: number } }
  | { readonly known: number }

const READ_BYTES = 512 * 1024
const MOST_HEAD_BYTES = 64 * 1024
/** Of a body in chunks: some clients send small documents so, none of those measured sends file bytes so. */
const MOST_CHUNKED_BYTES = 1024 * 1024
const continueLine = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')
/** Every read lands here and is done with before the next. */
const landing = Buffer.allocUnsafeSlow(READ_BYTES)
const known = new Map<string, Knowledge>()
const host = process.argv[2] ?? '127.0.0.1'

/** What one connection is in the middle of. */
class Conversation {
  readonly #socket: Socket
  #head = ''
  #request = ''
  #bodyBytes = 0
  #missingBytes = 0
  /** What came of a body in chunks, which is not looked into. */
  #chunked: string | undefined

  constructor(socket: Socket) {
    this.#socket = socket
  }

  take(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#chunked !== undefined) at = this.#takeChunked(bytes, at)
      else if (this.#request === '') at = this.#takeHead(bytes, at)
      const taken = Math.min(this.#missingBytes, bytes.length - at)
      this.#missingBytes -= taken
      at += taken
      if (this.#request !== '' && this.#missingBytes === 0 && this.#chunked === undefined) this.#answer()
    }
  }

  /** Returns where the head ends, or the bytes. */
  #takeHead(bytes: Buffer, at: number): number {
    const before = this.#head.length
    this.#head += bytes.toString('latin1', at, at + MOST_HEAD_BYTES)
    const end = this.#head.indexOf('\r\n\r\n', Math.max(before - 3, 0))
    if (end < 0) {
      if (this.#head.length > MOST_HEAD_BYTES) this.#socket.destroy()
      return bytes.length
    }
    const head = this.#head.slice(0, end)
    this.#head = ''
    this.#request = head
    if (/\r\ntransfer-encoding:/i.test(head)) this.#chunked = '\r\n'
    this.#bodyBytes = Number(/\r\ncontent-length: *([0-9]+)/i.exec(head)?.[1] ?? 0)
    this.#missingBytes = this.#bodyBytes
    if (this.#bodyBytes > 0 && /\r\nexpect:/i.test(head)) this.#socket.write(continueLine)
    return at + (end + 4 - before)
  }

  /** Returns where the body ends, or the bytes. */
  #takeChunked(bytes: Buffer, at: number): number {
    const before = this.#chunked ?? ''
    const text = before + bytes.toString('latin1', at, at + MOST_CHUNKED_BYTES)
    const end = text.indexOf('\r\n0\r\n\r\n', Math.max(before.length - 6, 0))
    if (end < 0) {
      if (text.length > MOST_CHUNKED_BYTES) this.#socket.destroy()
      this.#chunked = text
      return bytes.length
    }
    this.#chunked = undefined
    return at + (end + 7 - before.length)
  }

  #answer(): void {
    const line = this.#request.slice(0, this.#request.indexOf('\r\n'))
    this.#socket.write(answerTo(line, this.#bodyBytes, known))
    this.#request = ''
  }
}

function converse(socket: Socket): void {
  const conversation = new Conversation(socket)
  socket.on('error', () => socket.destroy())
  if (!readInto(socket, landing, (count) => conversation.take(landing.subarray(0, count)))) {
    socket.on('data', (bytes: Buffer) => conversation.take(bytes))
  }
  socket.resume()
}

/**
 * Node offers reading into one's own buffer (`onread`) for sockets that connect, not for those that are accepted. Here it
 * is set by hand: with a buffer made anew for each 64 KiB the server and not the client was what was measured.
 */
function readInto(socket: Socket, buffer: Buffer, taken: (count: number) => void): boolean {
  const inside = socket as Socket & {
    readonly [slot: symbol]: unknown
    readonly _handle?: { useUserBuffer?: (buffer: Buffer) => void }
  }
  const slots = Object.getOwnPropertySymbols(inside)
  const bufferSlot = slots.find(({ description }) => description === 'kBuffer')
  const callbackSlot = slots.find(({ description }) => description === 'kBufferCb')
  const handle = inside._handle
  if (bufferSlot === undefined || callbackSlot === undefined || handle?.useUserBuffer === undefined)
    return false
  Object.assign(inside, { [bufferSlot]: buffer, [callbackSlot]: taken })
  handle.useUserBuffer(buffer)
  return true
}

const secureContext = createSecureContext({
  key: testKey,
  cert: testCertificate,
  ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
})
const http = createServer({ noDelay: true }, converse)
const https = createServer({ noDelay: true }, (socket) => {
  const secure = new TLSSocket(socket, { isServer: true, secureContext })
  secure.on('error', () => secure.destroy())
  converse(secure)
})

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, 511, resolve))
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

process.on('message', ({ know }: ToServer) => {
  known.clear()
  for (const knowledge of know) known.set(knowledge.key, knowledge)
  process.send?.({ known: known.size })
})
process.once('disconnect', () => process.exit())
process.send?.({ ports: { http: await portOf(http), https: await portOf(https) } })
