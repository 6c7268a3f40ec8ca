/** Counts what a caller may believe of an input whose size nobody knows. What is told as consumed never goes back. */
import type { OnEvent } from './events.js'
import type { Progress } from './progress.js'
import { quietlyAwait } from './quiet.js'

/** `totalBytes` is `undefined` until the input has ended. */
export type StreamProgressCallback = (consumedBytes: number, totalBytes: number | undefined) => void

export interface StreamProgress extends Progress {
  /** So much has come in, and whether that is all. */
  read(bytes: number, ended: boolean): void
}

export function createStreamProgress(options: {
  readonly onEvent: OnEvent
  readonly progressCallback?: StreamProgressCallback | undefined
}): StreamProgress {
  const { onEvent, progressCallback } = options
  const sending = new Map<number, number>()
  let sendingBytes = 0
  let provedBytes = 0
  let readBytes = 0
  let ended = false
  let told = -1

  const drop = (partNumber: number): void => {
    sendingBytes -= sending.get(partNumber) ?? 0
    sending.delete(partNumber)
  }
  const call = (consumedBytes: number): void => {
    if (progressCallback === undefined || consumedBytes <= told) return
    told = consumedBytes
    const onFailure = (error: unknown): void => onEvent({ type: 'callback-error', error })
    try {
      quietlyAwait(progressCallback(consumedBytes, ended ? readBytes : undefined), onFailure)
    } catch (error) {
      onFailure(error)
    }
  }
  const tell = (): void => {
    onEvent({ type: 'streaming', readBytes, provedBytes, sendingBytes, ended })
    // The whole counts only once the object exists.
    if (readBytes > 0) call(Math.min(provedBytes + sendingBytes, readBytes - 1))
  }
  return {
    read(bytes, isAll) {
      readBytes = bytes
      ended = isAll
      tell()
    },
    sending(partNumber, bytes) {
      sendingBytes += bytes - (sending.get(partNumber) ?? 0)
      sending.set(partNumber, bytes)
      tell()
    },
    stopped: drop,
    stored(partNumber, size) {
      drop(partNumber)
      provedBytes += size
      tell()
    },
    // Nothing is kept from earlier runs, and nothing is compared again.
    kept() {},
    refuted() {},
    finished() {
      call(readBytes)
    },
    reset() {},
  }
}
