/**
 * A service that refuses a large body after its first block, while this process is busy: the caller has to learn that it was
 * refused, and not that the network broke.
 */
import assert from 'node:assert/strict'
import { resumableUpload, type UploadEvent, type UploadOptions } from '../../../src/index.js'
import { failure, MiB } from '../../library/world.js'
import type { Condition, Place } from './case.js'
import { startDifficultServer } from './difficult.js'
import type { Manner } from './difficult-server.js'

/** Of every turn of the event loop, this process is busy with something else for so long. */
const busyMs = 3

/** Keeps the event loop busy until the place is left. */
function keepBusy(place: Place): void {
  let isBusy = true
  place.after(() => {
    isBusy = false
  })
  const turn = (): void => {
    const start = performance.now()
    while (performance.now() - start < busyMs);
    if (isBusy) setImmediate(turn)
  }
  turn()
}

interface Refusal {
  readonly manner: Manner
  readonly code: string
  readonly how: string
  /** Parts that are taken before: after one of them the service is no longer asked before it gets a body. */
  readonly skip: number
  readonly partMiB: number
  readonly cases: number
}

function refusal({ manner, code, how, skip, partMiB, cases: full }: Refusal): Condition {
  const which = skip === 0 ? 'the first' : 'a later'
  return {
    name: `403 ${code} after the first block of ${which} part of ${partMiB} MiB, and the connection is ${how}, in a busy process`,
    expected: '`denied` each time',
    bound: { words: '15 minutes of trying', ms: 15 * 60_000 },
    async run(place) {
      const cases = place.times(full)
      const partSize = partMiB * MiB
      const server = await startDifficultServer(place)
      const filename = await server.sparse((skip + 1) * partSize)
      keepBusy(place)
      let noticedMs = 0
      let failures = 0
      for (let count = 0; count < cases; count += 1) {
        await server.mistreat({ victim: 'UploadPart', manner, code, skip, times: 1_000_000 })
        const began = performance.now()
        const options: UploadOptions = {
          store: server.store,
          multipartThreshold: 0,
          partSize,
          onEvent: (event: UploadEvent) => {
            if (event.type === 'waiting') failures += 1
          },
        }
        const error = await failure(resumableUpload(server.bucket, `k${count}`, filename, options), 'denied')
        assert.equal(error.status, 403)
        noticedMs = Math.max(noticedMs, performance.now() - began)
      }
      const tries = failures === 0 ? 'all at the first attempt' : `after ${failures} resets without an answer`
      return { cases, seen: `\`denied\` ${cases} of ${cases}, ${tries}`, noticedMs }
    },
  }
}

const base = { code: 'AccessDenied', skip: 1, partMiB: 8, cases: 25 } as const

export const refusals: readonly Condition[] = [
  refusal({ ...base, manner: 'refuses and resets', how: 'reset', skip: 0, partMiB: 32, cases: 100 }),
  refusal({ ...base, manner: 'refuses and resets', how: 'reset', cases: 100 }),
  refusal({ ...base, manner: 'refuses and resets', how: 'reset', code: 'SignatureDoesNotMatch' }),
  refusal({ ...base, manner: 'refuses and closes', how: 'closed' }),
  refusal({ ...base, manner: 'refuses and holds', how: 'held open' }),
]
