/**
 * One seed of inputs that come once: some lives in a hostile world, each with an input of its own, then one in a kind
 * world, which has to succeed and to leave nothing behind.
 */
import assert from 'node:assert/strict'
import { discardOnce } from '../discards.js'
import type { Ring } from '../faults.js'
import { throwIfBroken } from '../invariants.js'
import { type Outcome, outcomeFrom, passTime, SeedFailure } from '../scenario.js'
import { journalBytes, lose, rot } from '../simulated-disk.js'
import { createWorld } from '../world.js'
import { checkStreamsAtEnd } from './stream-invariants.js'
import { type StreamRun, startStreamLife } from './stream-lives.js'
import { createStreamSetting, type StreamSetting } from './stream-setting.js'

export async function runStreamSeed(
  seed: number,
  { ring = 1, traced = false }: { readonly ring?: Ring; readonly traced?: boolean | undefined } = {},
): Promise<Outcome> {
  // An input waits a turn of the loop before it calls itself ended.
  const world = createWorld(seed, { traced, turns: 2 })
  try {
    const setting = await createStreamSetting(world, ring)
    await passTime(world, 3000)
    await liveThrough(setting)
    checkStreamsAtEnd(setting)
    const largest = Math.max(...setting.runs.map(({ input }) => input.bytes.length))
    const { multipartThreshold, partSize = 1 } = setting.request
    const parts = largest >= multipartThreshold ? Math.ceil(largest / partSize) : 1
    return outcomeFrom(setting, parts)
  } catch (error) {
    throw new SeedFailure(seed, error, world.trace)
  }
}

async function liveThrough(setting: StreamSetting): Promise<void> {
  const { world, weather, disk } = setting
  let restart = false
  for (let round = 1; round <= weather.lives; round++) {
    const runs = await runTogether(setting, restart)
    throwIfBroken(setting)
    if (world.luck.chance(weather.rot)) rot(world, disk)
    if (world.luck.chance(weather.move)) lose(world, disk)
    restart = runs.some((run) => run.code === 'conflict') || world.luck.chance(0.05)
    if (world.luck.chance(0.05)) await discardOnce(setting)
  }
  return calmDown(setting, restart)
}

/** One life, or several at once, one of which may take the lock by force. Ends when all have ended. */
async function runTogether(setting: StreamSetting, restart: boolean): Promise<readonly StreamRun[]> {
  const { world, weather } = setting
  const { luck } = world
  const runs = [startStreamLife(setting, { restart, steal: false })]
  let toCome = weather.processes - 1
  if (toCome > 0) world.strike(toCome === 1 ? 'two processes' : 'three processes')
  const thief = weather.steals ? luck.below(Math.max(1, toCome)) : -1
  for (let index = 0; index < weather.processes - 1; index++) {
    world.schedule(luck.below(300), () => {
      toCome -= 1
      runs.push(startStreamLife(setting, { restart: false, steal: index === thief }))
    })
  }
  await world.runUntil(() => toCome === 0 && runs.every((run) => run.ended), {
    maxSteps: 300_000,
    untilMs: world.now() + 40 * 3600_000,
  })
  return runs
}

async function calmDown(setting: StreamSetting, restart: boolean): Promise<void> {
  const { world, disk, request, cloud } = setting
  setting.calm = true
  await passTime(world, 6000)
  let consent = restart
  for (let attempt = 1; attempt <= 2; attempt++) {
    const began = world.now()
    const run = startStreamLife(setting, { restart: consent, steal: false })
    await world.runUntil(() => run.ended, { maxSteps: 100_000, untilMs: began + 600_000 })
    throwIfBroken(setting)
    if (run.result !== undefined) {
      assert.equal(journalBytes(disk).length, 0, 'a kind world, and yet something is left to do')
      return
    }
    assert.equal(run.code, 'conflict', `in a kind world an input ended with ${run.code}: ${run.message}`)
    if (request.headers['x-oss-forbid-overwrite'] === 'true' && cloud.object() !== undefined) return
    assert.ok(!consent, 'a conflict in spite of consent')
    consent = true
  }
}
