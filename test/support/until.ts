/** Waiting for something that no promise tells of. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

const LOOKS = 6000
const BETWEEN_MS = 5

/** Looks until it is so, and fails after longer than the slowest machine takes. @param what such as `the request arrived` */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let looks = 0; !isSo(); looks += 1) {
    assert.ok(looks < LOOKS, `Never: ${what}.`)
    await sleep(BETWEEN_MS)
  }
}
