/** Somebody gives the upload up, in a moment when the network is kind. */
import assert from 'node:assert/strict'
import { createScope } from '../../src/engine/cancel.js'
import { discardUpload } from '../../src/engine/discard.js'
import { createCrashes } from './crashes.js'
import { hear, portsOf } from './lives.js'
import { key, type Setting } from './setting.js'
import { journalBytes } from './simulated-disk.js'
import { noTrouble } from './trouble.js'
import type { SimulatedLife } from './world.js'

export async function discardOnce(setting: Setting): Promise<void> {
  const { world, cloud, disk, tally } = setting
  const life: SimulatedLife = { name: 'discard', alive: true }
  const crashes = createCrashes({ world, life, chance: () => 0, onDeath: () => {} })
  let ended = false
  let failure: { readonly error: unknown } | undefined
  // What a dead life had asked for has arrived by now; what arrives after a discard nobody can know of.
  const settledAt = world.now() + 100
  world.schedule(100, () => {})
  await world.runUntil(() => world.now() >= settledAt, { maxSteps: 10_000, untilMs: settledAt + 1 })
  if (cloud.bucketGone) return
  world.note('discard')
  world.count('discards')
  tally.discards += 1
  const before = new Set(cloud.initiated)
  const calm = { ...setting, calm: true }
  discardUpload(portsOf(calm, life, { crashes, trouble: noTrouble }), {
    key,
    headers: {},
    signal: createScope().signal,
    steal: false,
    noProgressForMs: 600_000,
    onEvent: (event) => hear(setting, life, event),
  }).then(
    () => {
      ended = true
    },
    (error: unknown) => {
      ended = true
      failure = { error }
    },
  )
  await world.runUntil(() => ended, { maxSteps: 50_000, untilMs: world.now() + 600_000 })
  if (failure !== undefined) throw failure.error
  assert.equal(journalBytes(disk).length, 0, 'a discarded upload left a checkpoint')
  if (disk.lostKinds.size > 0 || world.met('request late', 'request repeated')) return
  // An earlier run has told that it may have left one and could not look for it.
  if (setting.reported.has('unlisted')) return
  const left = cloud
    .uploads()
    .map(({ uploadId }) => uploadId)
    .filter((id) => before.has(id) && !setting.reported.has(id))
  assert.deepEqual(left, [], 'a discarded upload is still at the service')
}
