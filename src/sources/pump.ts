/**
 * Moves a range of a source to a sink, reading one block ahead while the sink holds another. A failure or abort is
 * reported at once, even while the sink still holds a block: a stuck sink may need just that news to let go. The blocks
 * come home when whoever uses them is done.
 */
import type { BlockSink, CancelSignal, EarlySlice, Slice } from '../engine/ports.js'

/** Bytes that somebody else owns. They stay as they are until `giveBack`, which is called exactly once. */
export interface Loan {
  readonly bytes: Uint8Array
  giveBack(): void
}

/** Reads some bytes from `offset` on, at least one and never past the range's end. */
export type Borrow = (offset: number, signal?: CancelSignal) => Promise<Loan>

/**
 * @throws RangeError unless `start` and `end` are whole numbers and 0 <= start <= end
 */
export function sliceOf(
  range: { readonly start: number; readonly end: number },
  borrow: (offset: number, end: number, signal?: CancelSignal) => Promise<Loan>,
): Slice {
  return sliceFrom(range, borrow, () => undefined)
}

/** The same, for one whose first block is read already: the first pump takes it. */
export function earlySliceOf(
  range: { readonly start: number; readonly end: number },
  borrow: (offset: number, end: number, signal?: CancelSignal) => Promise<Loan>,
  first: Promise<Loan>,
): EarlySlice {
  // It may fail long before anybody asks for it.
  first.catch(() => {})
  let waiting: Promise<Loan> | undefined = first
  const take = (): Promise<Loan> | undefined => {
    const taken = waiting
    waiting = undefined
    return taken
  }
  return {
    ...sliceFrom(range, borrow, take),
    drop: () => {
      take()?.then(
        (unused) => unused.giveBack(),
        () => {},
      )
    },
  }
}

function sliceFrom(
  range: { readonly start: number; readonly end: number },
  borrow: (offset: number, end: number, signal?: CancelSignal) => Promise<Loan>,
  takeFirst: () => Promise<Loan> | undefined,
): Slice {
  const { start, end } = range
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new RangeError(`Not a range: ${start} to ${end}`)
  }
  return {
    start,
    size: end - start,
    pump: (sink, signal, onLastBlock) =>
      orAborted(
        relay(range, {
          borrow: (offset) => borrow(offset, end, signal),
          first: takeFirst(),
          sink,
          signal,
          onLastBlock,
        }),
        signal,
      ),
  }
}

interface Relay {
  readonly borrow: Borrow
  /** The block at the range's start, where it is under way already. */
  readonly first: Promise<Loan> | undefined
  readonly sink: BlockSink
  readonly signal: CancelSignal | undefined
  readonly onLastBlock: (() => void) | undefined
}

async function relay(
  { start, end }: { readonly start: number; readonly end: number },
  { borrow, first, sink, signal, onLastBlock }: Relay,
): Promise<void> {
  if (start === end) return
  let loan = await (first ?? borrow(start))
  let offset = start
  for (;;) {
    if (signal?.aborted) {
      loan.giveBack()
      return
    }
    offset += loan.bytes.length
    // Before the sink has this one: it may work on it without a pause, and that is when to read.
    if (offset >= end) {
      onLastBlock?.()
      return lend(loan, sink)
    }
    const ahead = borrow(offset)
    const sunk = lend(loan, sink)
    try {
      loan = (await Promise.all([ahead, sunk]))[0]
    } catch (error) {
      ahead.then(
        (unused) => unused.giveBack(),
        () => {},
      )
      throw error
    }
  }
}

/** The block goes home as soon as the sink settles: with a pool of one, the read ahead is waiting for just that block. */
async function lend(loan: Loan, sink: BlockSink): Promise<void> {
  try {
    await sink(loan.bytes)
  } finally {
    loan.giveBack()
  }
}

/** The work's outcome, or the signal's reason as soon as it aborts. The work then ends by itself. */
export function orAborted<T>(work: Promise<T>, signal: CancelSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
