/**
 * One seed: some runs of an uploader in a hostile world, then a last one in a kind world, which has to succeed. The
 * invariants are checked as it goes; a broken one throws, and the seed replays it.
 */
import assert from 'node:assert/strict'
import { discardOnce } from './discards.js'
import type { Ring } from './faults.js'
import { checkAtEnd, isForbidden, throwIfBroken } from './invariants.js'
import { startLife } from './lives.js'
import { changeSource } from './others.js'
import { createSetting, type Run, type Setting } from './setting.js'
import { journalBytes, lose, rot } from './simulated-disk.js'
import { createWorld, type World } from './world.js'

export interface Outcome {
  /** Of the largest multipart upload that the seed's file needs; 1 when it needs none. */
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
  {
    ring = 1,
    traced = false,
    auto,
  }: {
    readonly ring?: Ring
    readonly traced?: boolean | undefined
    /** Does the engine find the number of parts in flight? The seed says so by default. */
    readonly auto?: boolean | undefined
  } = {},
): Promise<Outcome> {
  const world = createWorld(seed, { traced })
  try {
    return await outcomeOf(world, await createSetting(world, ring, { auto }))
  } catch (error) {
    throw new SeedFailure(seed, error, world.trace)
  }
}

async function outcomeOf(world: World, setting: Setting): Promise<Outcome> {
  // What was there before is of other seconds, the smallest step of Last-Modified.
  await passTime(world, 3000)
  await liveThrough(setting)
  checkAtEnd(setting)
  const { request, file } = setting
  const { length } = file.bytes
  const parts = length >= request.multipartThreshold ? Math.ceil(length / (request.partSize ?? 1)) : 1
  return outcomeFrom(setting, parts)
}

export function outcomeFrom({ world, tally }: Setting, parts: number): Outcome {
  const faults = [...world.counts]
    .filter(([what]) => what.startsWith('fault: '))
    .reduce((sum, [, count]) => sum + count, 0)
  const { lives, crashes } = tally
  return { parts, lives, crashes, faults, counts: world.counts, trace: world.trace }
}

const companies = {
  1: undefined,
  2: 'two processes',
  3: 'three processes',
  10: 'ten processes',
} as const

async function liveThrough(setting: Setting): Promise<void> {
  const { world, weather, disk } = setting
  let restart = false
  for (let round = 1; round <= weather.lives; round++) {
    const runs = await runTogether(setting, restart)
    throwIfBroken(setting)
    setting.stage = 'between two runs'
    if (world.luck.chance(weather.rot)) rot(world, disk)
    if (world.luck.chance(weather.move)) lose(world, disk)
    if (world.luck.chance(weather.source * 4)) changeSource(setting)
    // Now and then somebody begins anew without need.
    restart = runs.some((run) => run.code === 'conflict') || world.luck.chance(0.05)
    if (runs.some((run) => run.result !== undefined)) {
      // Another process may have begun after that success, and died.
      return calmDown(setting, restart, journalBytes(disk).length === 0)
    }
    if (world.luck.chance(0.05)) await discardOnce(setting)
  }
  return calmDown(setting, restart, false)
}

/** One life, or several at once, one of which may take the lock by force. Ends when all have ended. */
async function runTogether(setting: Setting, restart: boolean): Promise<readonly Run[]> {
  const { world, weather } = setting
  const { luck } = world
  const runs: Run[] = [startLife(setting, { restart, steal: false })]
  let toCome = weather.processes - 1
  const company = companies[weather.processes]
  if (company !== undefined) world.strike(company)
  const thief = weather.steals ? luck.below(Math.max(1, toCome)) : -1
  for (let index = 0; index < weather.processes - 1; index++) {
    world.schedule(luck.below(300), () => {
      toCome -= 1
      runs.push(startLife(setting, { restart: false, steal: index === thief }))
    })
  }
  await world.runUntil(() => toCome === 0 && runs.every((run) => run.ended), {
    maxSteps: 300_000,
    untilMs: world.now() + 40 * 3600_000,
  })
  return runs
}

/** The world turns kind. If nothing succeeded yet, it must now. */
async function calmDown(setting: Setting, restart: boolean, succeeded: boolean): Promise<void> {
  const { world } = setting
  setting.calm = true
  // What is still under way from dead lives arrives first, and what is gone for a while comes back.
  await passTime(world, 6000)
  let consent = restart
  for (let attempt = 1; attempt <= 3 && !succeeded; attempt++) {
    const began = world.now()
    const run = startLife(setting, { restart: consent, steal: false })
    await world.runUntil(() => run.ended, { maxSteps: 100_000, untilMs: began + 600_000 })
    throwIfBroken(setting)
    if (run.result !== undefined) return
    assert.equal(run.code, 'conflict', `in a kind world an upload ended with ${run.code}: ${run.message}`)
    if (isForbidden(setting)) return
    assert.ok(!consent, 'a conflict in spite of consent')
    consent = true
  }
  assert.ok(succeeded, 'no success in a kind world')
}

export async function passTime(world: World, ms: number): Promise<void> {
  const until = world.now() + ms
  world.schedule(ms, () => {})
  await world.runUntil(() => world.now() >= until, { maxSteps: 100_000, untilMs: Number.POSITIVE_INFINITY })
}
