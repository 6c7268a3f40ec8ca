/**
 * What one life of an input that comes once may keep, ask and tell: never more pieces than threads and one, nothing once it
 * has ended, and no progress that was not made.
 */
import assert from 'node:assert/strict'
import type { UploadEvent } from '../../../src/engine/events.js'
import type { ObjectService } from '../../../src/engine/ports.js'
import { planStream } from '../../../src/engine/stream-plan.js'
import type { StreamSource } from '../../../src/engine/stream-ports.js'
import { broken } from '../invariants.js'
import type { StreamRun } from './stream-lives.js'
import type { StreamSetting } from './stream-setting.js'

export interface StreamLaws {
  service(inner: ObjectService): ObjectService
  source(inner: StreamSource): StreamSource
  readonly progress: (consumed: number, total: number | undefined) => void
  readonly onEvent: (event: UploadEvent) => void
  readonly onSuccess: () => void
}

export function watchStream(setting: StreamSetting, run: StreamRun): StreamLaws {
  const { cloud, request, scale, mostThreads } = setting
  const { input, life } = run
  /** Bytes of each part that an answer proved, and the most that left of each. */
  const proved = new Map<number, number>()
  const reached = new Map<number, number>()
  const kept = { now: 0, most: 0 }
  let inFlight = 0
  let last = 0
  let lastTotal: number | undefined
  const breach = (message: string): void => broken(setting, new Error(`${life.name}: ${message}`))
  const sum = (of: ReadonlyMap<number, number>): number => [...of.values()].reduce((all, one) => all + one, 0)
  const believable = (): number =>
    [...reached].reduce((all, [part, bytes]) => all + (proved.get(part) ?? bytes), 0)
  const stored = (): boolean => cloud.history.length > 0
  const mayAsk = (what: string): void => {
    if (run.ended && life.alive) breach(`asked for ${what} after it had ended`)
  }
  /** A part is what came, at the place at which it came, and as large as the plan says. */
  const plan = planStream({ partSize: request.partSize, limits: scale.limits })
  const checkCut = (partNumber: number, { start, size }: { start: number; size: number }): void => {
    const due =
      partNumber === 1 ? Math.max(request.multipartThreshold, plan.partSize(0)) : plan.partSize(start)
    if (size > due) breach(`part ${partNumber} has ${size} bytes, ${due} were due`)
    if (start + size > input.given()) breach(`part ${partNumber} has bytes that never came`)
  }

  return {
    service: (inner) => ({
      ...inner,
      async putObject(name, slice, options) {
        mayAsk('PutObject')
        run.asked = true
        checkCut(1, slice)
        return inner.putObject(name, slice, {
          ...options,
          onSent(bytes) {
            reached.set(1, Math.max(bytes, reached.get(1) ?? 0))
            options.onSent(bytes)
          },
        })
      },
      async createMultipartUpload(...args) {
        mayAsk('Initiate')
        return inner.createMultipartUpload(...args)
      },
      async uploadPart(ref, partNumber, slice, options) {
        mayAsk('UploadPart')
        if (run.stoppedAt !== undefined && setting.world.now() > run.stoppedAt)
          breach('sent a part after it was told to stop')
        checkCut(partNumber, slice)
        inFlight += 1
        if (inFlight > mostThreads) breach(`${inFlight} parts in flight`)
        try {
          const answer = await inner.uploadPart(ref, partNumber, slice, {
            ...options,
            onSent(bytes) {
              reached.set(partNumber, Math.max(bytes, reached.get(partNumber) ?? 0))
              options.onSent(bytes)
            },
          })
          const { receipt, computed } = answer
          if (receipt.crc64 === computed.crc64) proved.set(partNumber, slice.size)
          return answer
        } finally {
          inFlight -= 1
        }
      },
      async completeMultipartUpload(...args) {
        mayAsk('Complete')
        run.asked = true
        if (!input.ended()) breach('asked for Complete before the input had ended')
        return inner.completeMultipartUpload(...args)
      },
      async abortMultipartUpload(...args) {
        mayAsk('Abort')
        return inner.abortMultipartUpload(...args)
      },
    }),
    source: (inner) => ({
      ...inner,
      async next(size, signal, onRead) {
        kept.now += 1
        kept.most = Math.max(kept.most, kept.now)
        if (kept.now > mostThreads + 1) breach(`${kept.now} pieces were kept at once`)
        const piece = await inner.next(size, signal, onRead)
        run.pieceAt = setting.world.now()
        if (piece.size > size) breach(`a piece of ${piece.size} bytes, ${size} were asked for`)
        return piece
      },
      async drop(piece) {
        kept.now -= 1
        return inner.drop(piece)
      },
    }),
    progress(consumed, total) {
      if (consumed < last || (consumed === last && last > 0))
        breach(`progress went from ${last} to ${consumed}`)
      if (lastTotal !== undefined && total !== lastTotal) breach(`the total was ${lastTotal} and is ${total}`)
      if (total !== undefined && !(input.ended() && total === input.given())) {
        breach(`a total of ${total} was told, ${input.given()} bytes have come`)
      }
      if (consumed > input.given()) breach(`progress ${consumed}, but only ${input.given()} bytes have come`)
      if (consumed === total && !stored()) breach('100 % before any object exists')
      if (consumed !== total && consumed > believable()) {
        breach(`progress ${consumed}, but only ${believable()} bytes were sent or proved`)
      }
      last = consumed
      lastTotal = total
    },
    onEvent(event) {
      if (event.type !== 'streaming') return
      if (event.provedBytes > sum(proved)) {
        // What goes by one request is told as proved once it is stored.
        if (!(proved.size === 0 && stored()))
          breach(`${event.provedBytes} bytes told as proved, not ${sum(proved)}`)
      }
      if (event.readBytes > input.given())
        breach(`${event.readBytes} bytes told as read, not ${input.given()}`)
      if (event.ended && !input.ended()) breach('told that the input has ended')
    },
    onSuccess() {
      assert.equal(last, input.bytes.length, 'success without 100 %')
      assert.equal(inFlight, 0, 'success with parts in flight')
    },
  }
}
