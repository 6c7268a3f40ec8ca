/**
 * Keys that end, by their time or by the service's word, while 16 parts are in flight. The server takes the newest alone;
 * the function that gives keys counts how often it is asked.
 */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CredentialsSource, GivenCredentials } from '../../../src/index.js'
import type { ServerCredentials } from '../../../src/server/index.js'
import { createRecorder } from '../../library/recorder.js'
import { bytesFrom, bytesOf, createWorld, failure, PART } from '../../library/world.js'
import type { Condition, Place } from './case.js'

const inFlight = 16
const parts = 48
const bytes = bytesFrom(1, parts * PART)

function keysOf(generation: number): ServerCredentials {
  const name = `generation-${generation}`
  return { accessKeyId: `STS.${name}`, accessKeySecret: name, securityToken: name }
}

/** A server that takes the keys of some generations, at first the first, with a gate before it that holds back parts. */
async function createOffice(place: Place) {
  const accepted = [keysOf(1)]
  const world = await createWorld(place, { credentials: accepted })
  const recorder = await createRecorder(world.server)
  place.after(() => recorder.close())
  const filename = await world.file(bytes)
  return {
    world,
    recorder,
    accept(...generations: readonly number[]): void {
      accepted.splice(0, accepted.length, ...generations.map(keysOf))
    },
    upload: (credentials: CredentialsSource) =>
      world.upload('k', filename, {
        bucket: world.bucketWith({ endpoint: recorder.endpoint, credentials }),
        numThreads: inFlight,
      }),
    refused: () => world.server.requests.entries().filter(({ status }) => status === 403).length,
    async assertRight(generation: number) {
      const reader = world.bucketWith({ credentials: keysOf(generation) })
      assert.deepEqual(await bytesOf(reader, 'k'), bytes)
    },
  }
}

/** As long as a call to a token service takes. */
const askMs = 20

/** More questions than any of these conditions has: whoever asks for ever is to be found out soon. */
function assertFew(asked: number): void {
  if (asked > 4) throw Object.assign(new Error(`asked ${asked} times`), { code: 'denied' })
}

const refusedInFlight: Condition = {
  name: `The service refuses the token while ${inFlight} parts are in flight`,
  expected: 'exactly one refresh, every part arrives',
  async run(place) {
    const cases = place.times(5)
    for (let count = 0; count < cases; count += 1) {
      const office = await createOffice(place)
      let asked = 0
      const { gathered, release } = office.recorder.gather(inFlight)
      const uploading = office.upload(async () => {
        asked += 1
        assertFew(asked)
        const generation = asked
        await sleep(askMs)
        return keysOf(generation)
      })
      await Promise.race([gathered, uploading])
      office.accept(2)
      release()
      await uploading
      assert.deepEqual([asked, office.refused()], [2, inFlight])
      await office.assertRight(2)
    }
    return { cases, seen: `1 refresh for ${inFlight} refusals, each time` }
  },
}

/** A life whose half is more than the 10 s within which no function is asked again for the sake of time. */
const shortLifeMs = 22_000

const endingInFlight: Condition = {
  name: `The expiration comes near while ${inFlight} parts are in flight`,
  expected: 'exactly one refresh, nothing refused',
  bound: { words: '5 minutes before its end, or half its life: 11 s', ms: shortLifeMs / 2 },
  isLong: true,
  async run(place) {
    const office = await createOffice(place)
    office.accept(1, 2)
    let asked = 0
    let refreshedMs = 0
    const began = performance.now()
    const { gathered, release } = office.recorder.gather(inFlight)
    const uploading = office.upload(async () => {
      asked += 1
      refreshedMs = performance.now() - began
      const generation = asked
      const lifeMs = generation === 1 ? shortLifeMs : 3_600_000
      const expiration = Date.now() + lifeMs
      await sleep(askMs)
      return { ...keysOf(generation), expiration }
    })
    await Promise.race([gathered, uploading])
    // A little past the time from which the old one is replaced.
    await sleep(shortLifeMs / 2 + 200 - (performance.now() - began))
    release()
    await uploading
    assert.deepEqual([asked, office.refused()], [2, 0])
    await office.assertRight(2)
    return { cases: 1, seen: `1 refresh for ${parts - inFlight} requests`, noticedMs: refreshedMs }
  },
}

const failingOnce: Condition = {
  name: `The refresh for ${inFlight} refused parts fails once`,
  expected: 'one more refresh, every part arrives',
  async run(place) {
    const office = await createOffice(place)
    let asked = 0
    const { gathered, release } = office.recorder.gather(inFlight)
    const uploading = office.upload(async () => {
      asked += 1
      assertFew(asked)
      const generation = asked
      await sleep(askMs)
      if (generation === 2) throw new Error('the token service is busy')
      return keysOf(generation)
    })
    await Promise.race([gathered, uploading])
    office.accept(3)
    release()
    await uploading
    assert.equal(asked, 3)
    await office.assertRight(3)
    return { cases: 1, seen: '1 refresh that failed and 1 that did not' }
  },
}

const sameAgain: Condition = {
  name: `The token is refused while ${inFlight} parts are in flight, and the same comes again`,
  expected: '`denied`, by one question',
  async run(place) {
    const office = await createOffice(place)
    let asked = 0
    const { gathered, release } = office.recorder.gather(inFlight)
    const uploading = office.upload(async (): Promise<GivenCredentials> => {
      asked += 1
      await sleep(askMs)
      return keysOf(1)
    })
    await Promise.race([gathered, uploading])
    office.accept(2)
    release()
    await failure(uploading, 'denied')
    assert.equal(asked, 2)
    return { cases: 1, seen: '`denied`, 1 question' }
  },
}

export const credentials: readonly Condition[] = [refusedInFlight, failingOnce, sameAgain, endingInFlight]
