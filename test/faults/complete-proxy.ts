/**
 * A proxy of raw bytes before a server, which lets everything through but the answers to Complete: these it holds back,
 * replaces, cuts short, or never gives. Whether the server got to do the work is the proxy's choice too.
 */
import { connect, createServer, type Socket } from 'node:net'
import type { Scope } from '../library/world.js'

export interface Way {
  readonly name: string
  /** How much of the request reaches the server: nothing, so that nothing is done; its head alone; all of it. */
  readonly reaches: 'nothing' | 'head' | 'all'
  /** What the client gets. `real` is the server's own answer, empty when it was not asked in full. */
  readonly answer: (real: Buffer) => Buffer
  /** And then: the connection stays, ends, is reset, or says nothing more for ever. `trickle`: the answer byte by byte, then it stays. */
  readonly ending: 'stay' | 'end' | 'reset' | 'hang' | 'trickle'
}

export interface CompleteProxy {
  readonly endpoint: string
  /** Completes that were struck. */
  struck(): number
}

export interface ProxyOptions {
  readonly port: number
  readonly way: Way
  /** Completes to strike; later ones pass. */
  readonly times: number
  /** What happens in the world before the client hears anything. Must not reject. */
  readonly between: () => Promise<unknown>
}

export async function startProxy(scope: Scope, options: ProxyOptions): Promise<CompleteProxy> {
  const sockets = new Set<Socket>()
  let struck = 0
  const mayStrike = (chunk: Buffer): boolean => {
    if (struck >= options.times || !isComplete(chunk)) return false
    struck += 1
    return true
  }
  const server = createServer((client) => {
    const upstream = connect(options.port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      // Broken connections are what this is about.
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    serve({ client, upstream, mayStrike, options })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.after(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  return { endpoint: `http://127.0.0.1:${address.port}`, struck: () => struck }
}

interface Connection {
  readonly client: Socket
  readonly upstream: Socket
  readonly mayStrike: (chunk: Buffer) => boolean
  readonly options: ProxyOptions
}

function serve({ client, upstream, mayStrike, options }: Connection): void {
  let request: Message | undefined
  let answer: Message | undefined
  let striking = false
  const strikeNow = async (real: Buffer): Promise<void> => {
    striking = true
    await strike({ client, upstream }, real, options)
  }
  client.on('data', (chunk) => {
    if (request === undefined && !mayStrike(chunk)) {
      upstream.write(chunk)
      return
    }
    request ??= createMessage()
    const whole = request.add(chunk)
    if (whole === undefined) return
    request = undefined
    const { reaches } = options.way
    if (reaches === 'all') {
      answer = createMessage()
      upstream.write(whole)
      return
    }
    if (reaches === 'head') upstream.write(whole.subarray(0, headLength(whole)))
    void strikeNow(Buffer.alloc(0))
  })
  upstream.on('data', (chunk) => {
    // What the server says to half a request is on a busy machine sooner there than the rest of the way's story.
    if (striking && options.way.reaches === 'head') return
    if (answer === undefined) {
      client.write(chunk)
      return
    }
    const whole = answer.add(chunk)
    if (whole === undefined) return
    answer = undefined
    void strikeNow(whole)
  })
  client.on('close', () => upstream.destroy())
  // What the client of a struck request hears, and when, is the way's choice alone.
  upstream.on('close', () => {
    if (!striking) client.destroy()
  })
}

async function strike(
  { client, upstream }: { readonly client: Socket; readonly upstream: Socket },
  real: Buffer,
  { way, between }: ProxyOptions,
): Promise<void> {
  // What reached the server in part must not be finished later.
  if (way.reaches === 'head') await new Promise<void>((resolve) => upstream.end(resolve))
  await between()
  const bytes = way.answer(real)
  switch (way.ending) {
    case 'stay':
    case 'hang':
      if (bytes.length > 0) client.write(bytes)
      return
    case 'trickle':
      for (const byte of bytes) {
        client.write(Uint8Array.of(byte))
        await new Promise((resolve) => setImmediate(resolve))
      }
      return
    case 'end':
      client.end(bytes)
      return
    case 'reset':
      client.write(bytes, () => client.resetAndDestroy())
  }
}

function isComplete(chunk: Buffer): boolean {
  const line = chunk.subarray(0, 2048).toString('latin1')
  return /^POST [^ ]*[?&]uploadId=[^ ]* HTTP\/1\.1\r\n/.test(line)
}

interface Message {
  /** The whole message once all of it is there. */
  add(chunk: Buffer): Buffer | undefined
}

function createMessage(): Message {
  let bytes = Buffer.alloc(0)
  return {
    add(chunk) {
      bytes = Buffer.concat([bytes, chunk])
      const head = headLength(bytes)
      if (head === 0) return undefined
      const text = bytes.subarray(0, head).toString('latin1').toLowerCase()
      const length = /\r\ncontent-length: *(\d+)\r\n/.exec(text)?.[1]
      if (length !== undefined) return bytes.length >= head + Number(length) ? bytes : undefined
      const isChunked = /\r\ntransfer-encoding: *chunked\r\n/.test(text)
      if (!isChunked) return bytes
      return bytes.subarray(-5).toString('latin1') === '0\r\n\r\n' ? bytes : undefined
    },
  }
}

/** With the empty line that ends it; 0 when that is not there yet. */
export function headLength(bytes: Buffer): number {
  const end = bytes.indexOf('\r\n\r\n')
  return end < 0 ? 0 : end + 4
}
