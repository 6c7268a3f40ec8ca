/**
 * Counts what a caller may believe. The number told never goes back, though parts are retried and refuted, and reaches
 * the total only when the object exists.
 */
import type { OnEvent } from './events.js'
import { quietlyAwait } from './quiet.js'

export type ProgressCallback = (consumedBytes: number, totalBytes: number) => void

export interface Progress {
  /** A running attempt of a part has handed over this many bytes. */
  sending(partNumber: number, bytes: number): void
  /** The attempt ended; its bytes no longer count. */
  stopped(partNumber: number): void
  /** Acknowledged and proved in this run. */
  stored(partNumber: number, size: number): void
  /** Proved to be in place from an earlier run. */
  kept(partNumber: number, size: number): void
  /** A part counted before turned out not to be the file's bytes. */
  refuted(partNumber: number): void
  /** The object exists. */
  finished(): void
  /** Everything counted so far is void: another upload begins. What was told stays told. */
  reset(): void
}

export function createProgress(options: {
  readonly totalBytes: number
  readonly onEvent: OnEvent
  readonly progressCallback?: ProgressCallback | undefined
}): Progress {
  const { totalBytes, onEvent, progressCallback } = options
  const keptSizes = new Map<number, number>()
  const storedSizes = new Map<number, number>()
  const sendingBytes = new Map<number, number>()
  let keptSum = 0
  let storedSum = 0
  let sendingSum = 0
  let told = -1

  const drop = (sizes: Map<number, number>, partNumber: number): number => {
    const size = sizes.get(partNumber) ?? 0
    sizes.delete(partNumber)
    return size
  }
  const settle = (partNumber: number): void => {
    sendingSum -= drop(sendingBytes, partNumber)
    keptSum -= drop(keptSizes, partNumber)
    storedSum -= drop(storedSizes, partNumber)
  }
  const tell = (consumedBytes: number): void => {
    if (consumedBytes <= told) return
    told = consumedBytes
    onEvent({
      type: 'progress',
      consumedBytes,
      totalBytes,
      keptBytes: keptSum,
      provedBytes: storedSum,
      sendingBytes: sendingSum,
    })
    if (progressCallback === undefined) return
    try {
      quietlyAwait(progressCallback(consumedBytes, totalBytes), (error) =>
        onEvent({ type: 'callback-error', error }),
      )
    } catch (error) {
      onEvent({ type: 'callback-error', error })
    }
  }
  const update = (): void => {
    if (totalBytes === 0) return
    tell(Math.min(keptSum + storedSum + sendingSum, totalBytes - 1))
  }

  return {
    sending(partNumber, bytes) {
      sendingSum += bytes - (sendingBytes.get(partNumber) ?? 0)
      sendingBytes.set(partNumber, bytes)
      update()
    },
    stopped(partNumber) {
      sendingSum -= drop(sendingBytes, partNumber)
    },
    stored(partNumber, size) {
      settle(partNumber)
      storedSizes.set(partNumber, size)
      storedSum += size
      update()
    },
    kept(partNumber, size) {
      settle(partNumber)
      keptSizes.set(partNumber, size)
      keptSum += size
      update()
    },
    refuted: settle,
    finished() {
      tell(totalBytes)
    },
    reset() {
      for (const sizes of [keptSizes, storedSizes, sendingBytes]) sizes.clear()
      keptSum = storedSum = sendingSum = 0
    },
  }
}
