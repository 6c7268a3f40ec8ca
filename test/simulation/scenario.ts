/**
 * One seed: some runs of an uploader in a hostile world, then a last one in a kind world, which has to succeed. The
 * invariants are checked as it goes; a broken one throws, and the seed replays it.
 */
import assert from 'node:assert/strict'
import { checkAtEnd } from './invariants.js'
import { discardOnce, startLife } from './lives.js'
import { createSetting, isForbidden, type Run, type Setting } from './setting.js'
import { rot } from './simulated-store.js'
import { createWorld } from './world.js'

export interface Outcome {
  readonly parts: number
  readonly lives: number
  readonly crashes: number
  readonly faults: number
  readonly counts: ReadonlyMap<string, number>
  readonly trace: readonly string[]
}

export class SeedFailure extends Error {
  readonly trace: readonly string[]

  constructor(seed: number, cause: unknown, trace: readonly string[]) {
    super(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.trace = trace
  }
}

export async function runSeed(
  seed: number,
  options: { readonly traced: boolean } = { traced: false },
): Promise<Outcome> {
  const world = createWorld(seed, options)
  const setting = createSetting(world)
  try {
    await liveThrough(setting)
    checkAtEnd(setting)
  } catch (error) {
    throw new SeedFailure(seed, error, world.trace)
  }
  const { file, request, tally } = setting
  const parts =
    file.bytes.length >= request.multipartThreshold
      ? Math.ceil(file.bytes.length / (request.partSize ?? 64))
      : 1
  const faults = [...world.counts]
    .filter(([what]) => what.startsWith('fault'))
    .reduce((sum, [, n]) => sum + n, 0)
  return { parts, ...tally, faults, counts: world.counts, trace: world.trace }
}

async function liveThrough(setting: Setting): Promise<void> {
  const { world, weather, disk } = setting
  let restart = false
  for (let life = 1; life <= weather.lives; life++) {
    const runs: Run[] = [startLife(setting, { restart })]
    if (weather.twins) runs.push(startLife(setting, { restart: false }))
    await world.runUntil(() => runs.every((run) => run.ended), {
      maxSteps: 200_000,
      untilMs: world.now() + 40 * 3600_000,
    })
    if (world.luck.chance(weather.rot)) rot(world, disk)
    restart = runs.some((run) => run.code === 'conflict')
    if (runs.some((run) => run.result !== undefined)) return calmDown(setting, restart, true)
    if (world.luck.chance(0.05)) await discardOnce(setting)
  }
  return calmDown(setting, restart, false)
}

/** The world turns kind. If nothing succeeded yet, it must now. */
async function calmDown(setting: Setting, restart: boolean, succeeded: boolean): Promise<void> {
  const { world } = setting
  setting.calm = true
  // What is still under way from dead lives arrives first.
  const arrived = world.now() + 6000
  world.schedule(6000, () => {})
  await world.runUntil(() => world.now() >= arrived, { maxSteps: 100_000, untilMs: Number.POSITIVE_INFINITY })
  let consent = restart
  for (let attempt = 1; attempt <= 3 && !succeeded; attempt++) {
    const began = world.now()
    const run = startLife(setting, { restart: consent })
    await world.runUntil(() => run.ended, { maxSteps: 100_000, untilMs: began + 600_000 })
    if (run.result !== undefined) return
    assert.equal(run.code, 'conflict', `in a kind world an upload ended with ${run.code}: ${run.message}`)
    if (isForbidden(setting)) return
    assert.ok(!consent, 'a conflict in spite of consent')
    consent = true
  }
  assert.ok(succeeded, 'no success in a kind world')
}
