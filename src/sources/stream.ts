/** An input that comes once, such as a pipe, as a source: cut into pieces, each of which is kept until it is dropped. */
import { Crc64, crc64ToDecimal } from '../checksum/crc64.js'
import { UploadError } from '../engine/errors.js'
import type { CancelSignal, SourceIdentity } from '../engine/ports.js'
import type { StreamPiece, StreamSource } from '../engine/stream-ports.js'
import type { BlockPool } from './pool.js'
import { orAborted, sliceOf } from './pump.js'
import { createBlockStock, type Kept, keepInFile, keepInMemory } from './spool.js'

/** What bytes can come from: a `Readable`, a web `ReadableStream`, any async iterable of bytes. */
export type ByteStream = AsyncIterable<Uint8Array>

/** A piece of more than so many bytes is kept in a file. */
const largestInMemory = 16 * 1024 * 1024

export interface StreamSourceOptions {
  /** For messages. */
  readonly name: string
  /** Blocks that kept files are read into; asked for once there is one. */
  readonly pool: () => BlockPool
  /** Where large pieces are kept; `undefined` keeps them all in memory. */
  readonly folder: string | undefined
}

export function createStreamSource(
  input: ByteStream,
  { name, pool, folder }: StreamSourceOptions,
): StreamSource {
  const iterator = input[Symbol.asyncIterator]()
  const stock = createBlockStock()
  const pieces = new Map<number, Kept>()
  /** What came with the last piece and belongs to the next. */
  let rest: Uint8Array = new Uint8Array()
  let position = 0
  let ended = false

  /** After an abort nobody asks again: what it read in vain is lost. */
  const chunk = async (signal: CancelSignal): Promise<Uint8Array | undefined> => {
    try {
      const result = await orAborted(iterator.next(), signal)
      if (result.done !== true) return asBytes(result.value, name)
      // What ended the producer may be a signal to us as well: let it be heard first.
      await new Promise((resolve) => setImmediate(resolve))
      return undefined
    } catch (cause) {
      if (signal.aborted || cause instanceof UploadError) throw cause
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new UploadError(
        'source-missing',
        `Reading ${name} failed: ${why}. What came before it is not kept.`,
        {
          cause,
        },
      )
    }
  }
  const keepFor = async (size: number): Promise<Kept> =>
    folder === undefined || size <= largestInMemory ? keepInMemory(stock) : keepInFile(folder, pool())

  // It has no other state to come to than the one that it is in.
  const identity = async (): Promise<SourceIdentity> => ({
    size: 0,
    mtimeNs: '0',
    ctimeNs: '0',
    device: '0',
    inode: '0',
  })
  return {
    name,
    identity,
    identityByName: identity,
    async next(size, signal, onRead): Promise<StreamPiece> {
      const start = position
      const crc = new Crc64()
      const kept = await keepFor(size)
      pieces.set(start, kept)
      while (!ended && position - start < size) {
        if (rest.length === 0) {
          const came = await chunk(signal)
          if (came === undefined) ended = true
          else rest = came
          continue
        }
        const bytes = rest.subarray(0, size - (position - start))
        crc.update(bytes)
        await kept.append(bytes)
        rest = rest.subarray(bytes.length)
        position += bytes.length
        onRead(position)
      }
      return { start, size: position - start, crc64: crc64ToDecimal(crc.value()), ended }
    },
    async drop({ start }) {
      const kept = pieces.get(start)
      pieces.delete(start)
      await kept?.free()
    },
    slice(start, end) {
      const kept = pieces.get(start)
      if (kept === undefined) throw new RangeError(`No piece of ${name} begins at ${start}.`)
      return sliceOf({ start, end }, async (offset, endOfSlice, signal) =>
        kept.borrow(offset - start, endOfSlice - start, signal),
      )
    },
    async close() {
      // A read under way would let the end of the iterator wait for bytes that may never come.
      iterator.return?.(undefined)?.catch(() => {})
      if ('destroy' in input && typeof input.destroy === 'function') input.destroy()
      const all = [...pieces.values()]
      pieces.clear()
      for (const kept of all) await kept.free()
    },
  }
}

function asBytes(chunk: unknown, name: string): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw new UploadError(
    'invalid-argument',
    `${name} gives ${typeof chunk === 'string' ? 'text' : typeof chunk} where bytes are needed.`,
  )
}
