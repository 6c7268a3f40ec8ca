/**
 * The parts of a `multipart/form-data` body as it streams by. A delimiter may be cut anywhere by the chunks it comes in,
 * so what could be the beginning of one is held back until it is known.
 */
import { bytesToWire, wireToBytes } from './encode.js'

/**
 * What is wrong with a form. `malformed`: it is none, or is cut off. `no-file`: it ends before one. `late-field`: a field
 * after the file. `second-file`. `name-too-long`, `value-too-long` and `fields-too-large`: beyond the limits.
 */
export type FormFault =
  | 'malformed'
  | 'no-file'
  | 'late-field'
  | 'second-file'
  | 'name-too-long'
  | 'value-too-long'
  | 'fields-too-large'

export class FormError extends Error {
  override readonly name = 'FormError'
  readonly fault: FormFault
  constructor(fault: FormFault) {
    super(fault)
    this.fault = fault
  }
}

export interface PartReader {
  /** The bytes up to the next delimiter; whether a part follows it. */
  content(): AsyncGenerator<Uint8Array, boolean>
  /** The header lines of a part, without the empty line after them. */
  header(limit: number): Promise<string>
  /** Reads what follows the last delimiter. */
  end(): Promise<void>
}

/** Bytes that may stand before the first delimiter, and after the last. */
export const MAX_MARGIN = 4096

const CR = 0x0d
const LF = 0x0a
const DASH = 0x2d

export function createPartReader(body: AsyncIterable<Uint8Array>, boundary: string): PartReader {
  const chunks = body[Symbol.asyncIterator]()
  const delimiter = wireToBytes(`\r\n--${boundary}`)
  // The first delimiter has no line before it; with this one all are alike.
  let pending: Uint8Array = Uint8Array.of(CR, LF)

  async function pull(): Promise<boolean> {
    const { done, value } = await chunks.next()
    if (done) return false
    pending = pending.length === 0 ? value : joined(pending, value)
    return true
  }

  return {
    async *content() {
      for (;;) {
        const { start, kind } = findDelimiter(pending, delimiter)
        if (start > 0) {
          const known = pending.subarray(0, start)
          pending = pending.subarray(start)
          yield known
        }
        if (kind !== undefined) {
          pending = pending.subarray(delimiter.length + 2)
          return kind === 'part'
        }
        if (!(await pull())) throw new FormError('malformed')
      }
    },

    async header(limit) {
      let from = 0
      for (;;) {
        const end = indexOfEmptyLine(pending, from)
        if (end >= 0) {
          const header = bytesToWire(pending.subarray(0, end))
          pending = pending.subarray(end + 4)
          if (header.length > limit) throw new FormError('name-too-long')
          return header
        }
        // Of an empty line three bytes may be here already.
        if (pending.length > limit + 3) throw new FormError('name-too-long')
        from = Math.max(0, pending.length - 3)
        if (!(await pull())) throw new FormError('malformed')
      }
    },

    async end() {
      let size = pending.length
      for (;;) {
        if (size > MAX_MARGIN) throw new FormError('malformed')
        const { done, value } = await chunks.next()
        if (done) return
        size += value.length
      }
    },
  }
}

/**
 * Where a delimiter begins, and whether a part follows it or nothing. Without a kind: from `start` on there may be one,
 * or there is nothing left.
 */
function findDelimiter(
  bytes: Uint8Array,
  delimiter: Uint8Array,
): { readonly start: number; readonly kind?: 'part' | 'end' } {
  for (let start = bytes.indexOf(CR); start >= 0; start = bytes.indexOf(CR, start + 1)) {
    let length = 1
    while (length < delimiter.length && bytes[start + length] === delimiter[length]) length += 1
    if (start + length === bytes.length) return { start }
    if (length < delimiter.length) continue
    const first = bytes[start + length]
    if (first !== CR && first !== DASH) continue
    const second = bytes[start + length + 1]
    if (second === undefined) return { start }
    if (first === CR && second === LF) return { start, kind: 'part' }
    if (first === DASH && second === DASH) return { start, kind: 'end' }
  }
  return { start: bytes.length }
}

function indexOfEmptyLine(bytes: Uint8Array, from: number): number {
  for (let start = bytes.indexOf(CR, from); start >= 0; start = bytes.indexOf(CR, start + 1)) {
    if (bytes[start + 1] === LF && bytes[start + 2] === CR && bytes[start + 3] === LF) return start
  }
  return -1
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
