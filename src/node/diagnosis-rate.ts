/** How fast the line takes parts: several at once, for a bounded time and a bounded number of bytes. */
import { randomBytes } from 'node:crypto'
import type { UploadRef } from '../engine/ports.js'
import { bytesSource } from '../sources/bytes.js'
import type { Trial } from './diagnosis-trial.js'
import { type Finding, fine, warned } from './findings.js'

const threads = 4
const partBytes = 512 * 1024
const mostParts = 128
/** No part is begun after this; those under way get as long again. In milliseconds. */
const beginMs = 5_000

/** Counts what the service has acknowledged alone. */
export async function rateFinding(trial: Trial, upload: UploadRef): Promise<Finding> {
  const source = bytesSource(randomBytes(partBytes))
  const late = AbortSignal.timeout(2 * beginMs)
  const signal = AbortSignal.any([trial.signal, late])
  const startMs = performance.now()
  let begun = 0
  let acknowledgedBytes = 0
  let tookMs = 0
  let failure: unknown
  const worker = async (): Promise<void> => {
    while (begun < mostParts && failure === undefined && performance.now() - startMs < beginMs) {
      begun += 1
      const slice = source.slice(0, partBytes)
      await trial.service.uploadPart(upload, begun, slice, {
        headers: {},
        signal,
        onSent: () => {},
        patience: 1,
      })
      acknowledgedBytes += partBytes
      tookMs = performance.now() - startMs
    }
  }
  const workers = Array.from({ length: threads }, () =>
    worker().catch((error: unknown) => {
      failure ??= error
    }),
  )
  await Promise.all(workers)
  if (trial.signal.aborted) throw trial.signal.reason
  if (failure !== undefined && !late.aborted) {
    const why = failure instanceof Error ? failure.message.replace(/\.$/, '') : String(failure)
    return warned(
      'rate',
      `the line broke while it was measured: ${why}`,
      'Try again; uploads go on after this.',
    )
  }
  if (acknowledgedBytes === 0) {
    return warned(
      'rate',
      `not one part of 512 KiB went through in ${(2 * beginMs) / 1000} s`,
      'Give uploads small parts: --part-size 100KiB.',
    )
  }
  const megabytes = acknowledgedBytes / 1024 ** 2
  const rate = (megabytes / tookMs) * 1000
  return fine(
    'rate',
    `${rate.toFixed(1)} MiB/s: ${megabytes.toFixed(1)} MiB in ${(tookMs / 1000).toFixed(1)} s, ${threads} parts at once`,
  )
}
