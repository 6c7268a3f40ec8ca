/** A slice on its way out, with its CRC-64 taken block by block just before the socket gets the very same block. */
import { Crc64, crc64ToDecimal } from '../../checksum/crc64.js'
import type { CancelSignal, Computed, Slice } from '../../engine/ports.js'
import type { RequestBody } from '../../protocol/message.js'

export interface MeasuredBody extends RequestBody {
  /** Over what was pumped so far. */
  computed(): Computed
}

/** For one attempt: the next begins with a new one. */
export function measured(slice: Slice): MeasuredBody {
  const crc = new Crc64()
  let size = 0
  return {
    size: slice.size,
    pump: (sink, signal?: CancelSignal) =>
      slice.pump((block) => {
        crc.update(block)
        size += block.length
        return sink(block)
      }, signal),
    computed: () => ({ size, crc64: crc64ToDecimal(crc.value()) }),
  }
}
