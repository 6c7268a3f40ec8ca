/** The part of the object service contract that is about calls that are stopped, and bodies that can't be read. */
import assert from 'node:assert/strict'
import { UploadError } from '../engine/errors.js'
import type { Slice, UploadRef } from '../engine/ports.js'
import { asking, bytesOf, type Check, type Desk, refused, sending, sliceOf } from './object-service-desk.js'

export function stopChecks(check: Check): void {
  check('a call whose signal had aborted rejects with the reason and changes nothing', async (desk) => {
    const key = desk.key('stopped')
    const reason = new Error('stopped')
    const stopped = asking({ signal: AbortSignal.abort(reason) })
    const upload = await desk.begin(key)
    const part = await desk.send(upload, 1, bytesOf(5, 1))
    const body = sliceOf(bytesOf(6, 2))
    const calls: readonly (readonly [string, () => Promise<unknown> | undefined])[] = [
      ['putObject', () => desk.service.putObject(key, body, sending(stopped))],
      ['createMultipartUpload', () => desk.service.createMultipartUpload(key, stopped)],
      ['uploadPart', () => desk.service.uploadPart(upload, 1, body, sending(stopped))],
      ['listParts', () => desk.service.listParts(upload, 0, stopped)],
      ['completeMultipartUpload', () => desk.service.completeMultipartUpload(upload, [part], stopped)],
      ['abortMultipartUpload', () => desk.service.abortMultipartUpload(upload, stopped)],
      ['headObject', () => desk.service.headObject(key, stopped)],
      ['listMultipartUploads', () => desk.service.listMultipartUploads?.(key, stopped)],
    ]
    for (const [what, call] of calls) {
      const answer = call()
      if (answer !== undefined) assert.equal(await reasonOf(answer), reason, what)
    }
    assert.deepEqual(
      (await desk.list(upload)).map(({ etag }) => etag),
      [part.etag],
    )
    await refused('object-missing', desk.head(key))
  })

  check('a body that is stopped, or that can not be read, stores nothing and says why', async (desk) => {
    const key = desk.key('broken')
    const upload = await desk.begin(key)
    const bytes = bytesOf(200_000, 1)
    const changed = new UploadError('source-changed', 'The file ended early.')
    for (const failing of [() => desk.service.putObject, () => uploadPartAs(desk, upload)] as const) {
      const send = failing().bind(desk.service)
      const controller = new AbortController()
      const reason = new Error('enough')
      const stops = pumping(bytes, () => controller.abort(reason))
      assert.equal(await reasonOf(send(key, stops, sending({ signal: controller.signal }))), reason)
      const breaks = pumping(bytes, () => {
        throw changed
      })
      assert.equal(await reasonOf(send(key, breaks, sending())), changed)
    }
    assert.deepEqual(await desk.list(upload), [])
    await refused('object-missing', desk.head(key))
  })
}

function uploadPartAs(desk: Desk, upload: UploadRef): Desk['service']['putObject'] {
  return async (_key, slice, options) => {
    const { receipt, computed } = await desk.service.uploadPart(upload, 1, slice, options)
    return { receipt, computed }
  }
}

/** Something happens when half of the bytes were handed over. */
function pumping(bytes: Uint8Array, act: () => void): Slice {
  const half = bytes.length >> 1
  return {
    start: 0,
    size: bytes.length,
    async pump(sink, signal) {
      await sink(bytes.subarray(0, half))
      act()
      if (signal?.aborted) throw signal.reason
      await sink(bytes.subarray(half))
    },
  }
}

async function reasonOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => assert.fail('it went through'),
    (reason: unknown) => reason,
  )
}
