/** What the engine asks of an input that comes once. */
import type { CancelSignal, Source } from './ports.js'

/** What came in at one go of an input that comes once. */
export interface StreamPiece {
  /** Offset of the first byte in the input. */
  readonly start: number
  /** Bytes. */
  readonly size: number
  /** Of the bytes as they came in, unsigned decimal. */
  readonly crc64: string
  /** Nothing comes after it. */
  readonly ended: boolean
}

/** An input that comes once, from its beginning to its end. Pieces of it are kept until they are dropped. */
export interface StreamSource extends Source {
  /**
   * Reads on until `size` bytes have come or nothing more comes, and keeps them: `slice` has them from now on, exactly as
   * cut here. A piece without bytes has `ended`. Rejects with `UploadError` `source-missing` when the input fails,
   * `store-unusable` when there is no room to keep it; with the signal's reason on abort. `onRead` is told how many bytes
   * of the input have come so far. Only one call at a time.
   */
  next(size: number, signal: CancelSignal, onRead: (bytes: number) => void): Promise<StreamPiece>
  /** Forgets a piece. Blocks of it that a sink still holds stay as they are until the sink settles. */
  drop(piece: StreamPiece): Promise<void>
}
