/** Lives: runs of the engine that may die at any port call, and the ports they are given. */
import assert from 'node:assert/strict'
import { createScope } from '../../src/engine/cancel.js'
import { discardUpload } from '../../src/engine/discard.js'
import { UploadError } from '../../src/engine/errors.js'
import type { UploadEvent } from '../../src/engine/events.js'
import type { Ports, UploadRequest } from '../../src/engine/life.js'
import type { Digester, Runtime, Slice } from '../../src/engine/ports.js'
import { runUpload } from '../../src/engine/upload.js'
import { combineCrc64, crc64, crc64FromDecimal, crc64ToDecimal } from './checksums.js'
import { accessService, type NetworkTrouble } from './faulty-service.js'
import { broken, checkAdoption, checkSuccess, watchProgress } from './invariants.js'
import { scheduleOthers } from './others.js'
import { epoch, isForbidden, key, type Run, type Setting } from './setting.js'
import { openFile } from './simulated-file.js'
import { openStore } from './simulated-store.js'
import type { SimulatedLife, World } from './world.js'

export function startLife(setting: Setting, { restart }: { readonly restart: boolean }): Run {
  const { world, memory, file, disk, weather, tally } = setting
  tally.lives += 1
  const life: SimulatedLife = { name: `life ${tally.lives}`, alive: true }
  const run: Run = { ended: false }
  const startedAt = world.now()
  const die = (where: string): void => {
    if (!life.alive || run.ended) return
    life.alive = false
    run.ended = true
    tally.crashes += 1
    world.count('fault: crash')
    world.count(`crash: ${where}`)
    world.note(`${life.name} dies ${where}`)
    if (disk.holder === life) disk.holder = undefined
  }
  const crashPoint = (where: string): Promise<void> => {
    if (setting.calm || !world.luck.chance(weather.crash)) return Promise.resolve()
    die(where)
    return new Promise(() => {})
  }
  if (weather.killAfterMs !== undefined && !setting.calm) {
    world.schedule(world.luck.below(weather.killAfterMs), () => die('at some moment'))
  }
  const ports: Ports = {
    service: accessService({
      world,
      life,
      memory,
      trouble: { ...troubleOf(setting), crashPoint },
      serviceClock: () => epoch + world.now(),
      initiated: setting.initiated,
      aborted: setting.aborted,
      arrivals: setting.arrivals,
    }),
    source: openFile(world, life, file),
    checkpoints: openStore(world, life, disk, { full: setting.calm ? 0 : weather.full, crashPoint }),
    digester: createSimulatedDigester(world, life),
    runtime: runtimeOf(world, life),
  }
  const progress = watchProgress(setting)
  const request: UploadRequest = {
    key,
    ...setting.request,
    restart,
    steal: false,
    noProgressForMs: setting.calm ? Number.POSITIVE_INFINITY : 120_000,
    signal: createScope().signal,
    progressCallback: progress.callback,
    onEvent: (event) => hear(setting, event),
  }
  world.note(`${life.name} begins${restart ? ' with consent' : ''}`)
  scheduleOthers(setting, run)
  runUpload(ports, request).then(
    (result) => {
      if (!life.alive) return
      try {
        checkSuccess(setting, { result, startedAt })
        progress.checkFinished(result)
      } catch (error) {
        broken(setting, error)
      }
      tally.successes += 1
      run.result = result
      run.ended = true
      world.note(`${life.name} succeeds`)
    },
    (error: unknown) => {
      if (!life.alive) return
      run.ended = true
      run.code = error instanceof UploadError ? error.code : 'not an UploadError'
      run.message = error instanceof Error ? (error.stack ?? error.message) : String(error)
      world.note(`${life.name} fails: ${run.code}: ${run.message.split('\n')[0]}`)
      const strangers = memory.history.some(({ object }) => !setting.initiated.has(object.uploadId ?? ''))
      // A run that can't know what it once completed has to take its own object for a stranger's.
      const forgotten = ['fault: rotten line', 'fault: full disk', 'crash: after remove']
      const forgetful = forgotten.some((what) => world.counts.has(what))
      const unearned = run.code === 'conflict' && !strangers && !forgetful && !isForbidden(setting)
      if (!allowedFailures.has(run.code) || unearned)
        broken(setting, new Error(`${run.code}: ${run.message}`))
    },
  )
  return run
}

const allowedFailures = new Set([
  'source-changed',
  'source-missing',
  'interrupted',
  'integrity',
  'commit-unknown',
  'conflict',
  'locked',
  'store-unusable',
])

function troubleOf({ world, weather, calm }: Setting): Omit<NetworkTrouble, 'crashPoint'> {
  const bad = calm ? 0 : weather.network
  return {
    lostBefore: bad,
    lostAfter: bad / 2,
    late: bad / 4,
    odd: bad / 8,
    unavailable: bad / 2,
    unavailableAfter: bad / 8,
    throttled: bad / 4,
    rejected: bad / 8,
    skewed: bad / 8,
    corruptBody: bad / 4,
    corruptAnswer: bad / 8,
    resetInBody: bad / 2,
    mayNotList: !calm && world.luck.chance(bad / 2),
    mayNotHead: !calm && world.luck.chance(bad / 2),
  }
}

function hear(setting: Setting, event: UploadEvent): void {
  setting.world.count(`event: ${event.type}`)
  if (event.type === 'orphans-suspected') {
    for (const id of event.uploadIds) setting.reported.add(id)
    if (event.uploadIds.length === 0) setting.reported.add('unlisted')
  }
  if (event.type === 'abort-pending') setting.reported.add(event.uploadId)
  if (event.type === 'recovered') checkAdoption(setting, event.uploadId)
}

function runtimeOf(world: World, life: SimulatedLife): Runtime {
  const offset = world.luck.below(1_000_000)
  let jump = 0
  return {
    monotonic: () => world.now() + offset,
    wallClock: () => {
      if (world.luck.chance(0.1)) jump = (world.luck.next() - 0.5) * 7_200_000
      return epoch + world.now() + jump
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const onAbort = (): void => reject(signal?.reason)
        signal?.addEventListener('abort', onAbort)
        world.schedule(
          ms,
          () => {
            signal?.removeEventListener('abort', onAbort)
            resolve()
          },
          life,
        )
      }),
    random: () => world.luck.next(),
  }
}

function createSimulatedDigester(world: World, life: SimulatedLife): Digester {
  return {
    async digest(slice: Slice, _want, signal) {
      let crc = 0n
      let size = 0
      await slice.pump(async (block) => {
        if (world.luck.chance(0.5)) await world.pause(world.luck.below(20), life)
        crc = crc64(block, crc)
        size += block.length
      }, signal)
      return { size, crc64: crc64ToDecimal(crc) }
    },
    combineCrc64: (a, b, sizeOfB) =>
      crc64ToDecimal(combineCrc64(crc64FromDecimal(a), crc64FromDecimal(b), sizeOfB)),
    secretDigest: (salt, secret) => `${salt}:${secret.length}`,
  }
}

export async function discardOnce(setting: Setting): Promise<void> {
  const { world, memory, disk } = setting
  const life: SimulatedLife = { name: 'discard', alive: true }
  const crashPoint = (): Promise<void> => Promise.resolve()
  const kind = { ...setting, calm: true }
  let ended = false
  let error: unknown
  // What a dead life had asked for has arrived by now; what arrives after a discard nobody can know of.
  const settledAt = world.now() + 100
  world.schedule(100, () => {})
  await world.runUntil(() => world.now() >= settledAt, { maxSteps: 10_000, untilMs: settledAt + 1 })
  world.note('discard')
  world.count('discards')
  const before = new Set(setting.initiated)
  discardUpload(
    {
      service: accessService({
        world,
        life,
        memory,
        trouble: { ...troubleOf(kind), crashPoint },
        serviceClock: () => epoch + world.now(),
        initiated: setting.initiated,
        aborted: setting.aborted,
        arrivals: setting.arrivals,
      }),
      checkpoints: openStore(world, life, disk, { full: 0, crashPoint }),
      runtime: runtimeOf(world, life),
    },
    {
      key,
      headers: {},
      signal: createScope().signal,
      steal: false,
      noProgressForMs: 600_000,
      onEvent: (event) => hear(setting, event),
    },
  ).then(
    () => {
      ended = true
    },
    (why: unknown) => {
      ended = true
      error = why
    },
  )
  await world.runUntil(() => ended, { maxSteps: 50_000, untilMs: world.now() + 600_000 })
  if (error !== undefined) throw error
  assert.equal(disk.lines.length, 0, 'a discarded upload left a checkpoint')
  if (world.counts.has('fault: rotten line') || world.counts.has('fault: late effect')) return
  const left = [...memory.uploads.keys()].filter((id) => before.has(id) && !setting.reported.has(id))
  assert.deepEqual(left, [], 'a discarded upload is still at the service')
}
