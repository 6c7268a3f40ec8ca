/**
 * One seed: some runs of an uploader in a hostile world, then a last one in a kind world, which has to succeed. The
 * invariants are checked as it goes; a broken one throws, and the seed replays it.
 */
import assert from 'node:assert/strict'
import { createScope } from '../../src/engine/cancel.js'
import { discardUpload } from '../../src/engine/discard.js'
import { UploadError } from '../../src/engine/errors.js'
import type { UploadEvent } from '../../src/engine/events.js'
import type { Ports, UploadRequest } from '../../src/engine/life.js'
import type { Digester, Runtime, ServiceLimits, Slice } from '../../src/engine/ports.js'
import { runUpload, type UploadResult } from '../../src/engine/upload.js'
import { createMemoryService, type MemoryService } from '../../src/services/memory.js'
import { combineCrc64, crc64, crc64FromDecimal, crc64ToDecimal } from './checksums.js'
import { accessService, type NetworkTrouble } from './faulty-service.js'
import { createFile, openFile, type SimulatedFile } from './simulated-file.js'
import { createDisk, type Disk, openStore, rot } from './simulated-store.js'
import { createWorld, type SimulatedLife, type World } from './world.js'

const key = 'dir/object'
const epoch = 1_700_000_000_000

const limits: ServiceLimits = {
  minPartSize: 8,
  maxPartSize: 4096,
  maxParts: 40,
  maxObjectSize: 4096 * 40,
  maxPutSize: 4096,
}

/** What kind of bad day it is. */
interface Weather {
  readonly network: number
  readonly crash: number
  readonly killAfterMs: number | undefined
  readonly full: number
  readonly rot: number
  readonly mutate: number
  readonly abortByOthers: number
  readonly strangers: number
  readonly strangeParts: number
  readonly twins: boolean
  readonly lives: number
}

export interface Outcome {
  readonly parts: number
  readonly lives: number
  readonly crashes: number
  readonly faults: number
  readonly counts: ReadonlyMap<string, number>
  readonly trace: readonly string[]
}

interface Setting {
  readonly world: World
  readonly memory: MemoryService
  readonly file: SimulatedFile
  readonly disk: Disk
  readonly weather: Weather
  readonly initiated: Set<string>
  readonly aborted: string[]
  readonly reported: Set<string>
  readonly foreign: Set<string>
  readonly request: Pick<
    UploadRequest,
    'multipartThreshold' | 'partSize' | 'numThreads' | 'verify' | 'headers'
  >
  readonly tally: { lives: number; crashes: number; successes: number }
  calm: boolean
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

function createSetting(world: World): Setting {
  const { luck } = world
  const some = (probability: number, most: number): number =>
    luck.chance(probability) ? luck.next() * most : 0
  const weather: Weather = {
    network: some(0.8, 0.12),
    crash: some(0.7, 0.05),
    killAfterMs: luck.chance(0.4) ? 20 + luck.below(600) : undefined,
    full: some(0.1, 0.3),
    rot: some(0.15, 0.7),
    mutate: some(0.25, 0.004),
    abortByOthers: some(0.15, 0.002),
    strangers: some(0.12, 0.002),
    strangeParts: some(0.15, 0.003),
    twins: luck.chance(0.15),
    lives: 1 + luck.below(6),
  }
  const partSize = 8 + luck.below(40)
  const size = luck.chance(0.05) ? 0 : luck.chance(0.1) ? 1 + luck.below(8) : luck.below(partSize * 14)
  const memory = createMemoryService({
    clock: () => epoch + world.now(),
    limits,
    pageSize: 1 + luck.below(6),
  })
  if (luck.chance(0.3)) memory.storeObject(key, Uint8Array.of(1, 2, 3), {})
  return {
    world,
    memory,
    file: createFile(world, size),
    disk: createDisk(),
    weather,
    initiated: new Set(),
    aborted: [],
    reported: new Set(),
    foreign: new Set(),
    request: {
      multipartThreshold: luck.chance(0.8) ? 0 : luck.below(200),
      partSize,
      numThreads: 1 + luck.below(5),
      verify: luck.pick(['always', 'always', 'changed', 'paranoid'] as const),
      headers: luck.chance(0.15) ? { 'x-oss-forbid-overwrite': 'true' } : {},
    },
    tally: { lives: 0, crashes: 0, successes: 0 },
    calm: false,
  }
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

/** An object is there that must stay: not ours, or ours without anybody left who could know. */
function isForbidden({ request, memory, initiated, world }: Setting): boolean {
  const present = memory.objects.get(key)
  if (present === undefined || request.headers['x-oss-forbid-overwrite'] !== 'true') return false
  const forgotten = ['discards', 'crash: after remove', 'fault: rotten line', 'fault: full disk']
  const moved = [...world.counts.keys()].some((what) => what.startsWith('fault: source'))
  if (moved || forgotten.some((what) => world.counts.has(what))) return true
  return present.uploadId === undefined || !initiated.has(present.uploadId)
}

interface Run {
  ended: boolean
  result?: UploadResult
  code?: string
  message?: string
}

function startLife(setting: Setting, { restart }: { readonly restart: boolean }): Run {
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
      if (!allowedFailures.has(run.code)) broken(setting, new Error(`${run.code}: ${run.message}`))
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

const breaches = new WeakMap<Setting, unknown>()

/** A breach is found within a promise of the simulated world; it is thrown where the seed ends. */
function broken(setting: Setting, error: unknown): void {
  if (!breaches.has(setting)) breaches.set(setting, error)
}

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

/** Others at work beside us: people who edit the file, lifecycle rules, another uploader of the same key. */
function scheduleOthers(setting: Setting, run: Run): void {
  const { world, weather, memory, file } = setting
  const tick = (): void => {
    if (run.ended || setting.calm) return
    const { luck } = world
    if (luck.chance(weather.mutate * 10)) {
      const how = luck.pick(['rewrite', 'touch', 'resize', 'replace', 'rewrite'] as const)
      world.count(`fault: source ${how}`)
      world.note(`file: ${how}`)
      if (how === 'resize') file.resize(luck.below(200))
      else file[how]()
    }
    if (luck.chance(weather.abortByOthers * 10)) {
      const [id] = [...memory.uploads.keys()].filter((uploadId) => setting.initiated.has(uploadId))
      if (id !== undefined) {
        world.count('fault: aborted by others')
        world.note(`others abort ${id}`)
        memory.uploads.delete(id)
      }
    }
    if (luck.chance(weather.strangers * 10)) {
      if (luck.chance(0.5)) {
        world.count('fault: object by others')
        world.note('others store an object')
        memory.storeObject(
          key,
          Uint8Array.from({ length: luck.below(200) }, () => luck.below(256)),
          {},
        )
      } else {
        world.count('fault: upload by others')
        const upload = memory.initiate(key, {})
        setting.foreign.add(upload.uploadId)
        world.note(`others initiate ${upload.uploadId}`)
        if (luck.chance(0.8)) memory.storePart(upload, 1, Uint8Array.of(9, 9, 9))
      }
    }
    if (luck.chance(weather.strangeParts * 10)) {
      const [upload] = [...memory.uploads.values()].filter(({ uploadId }) => setting.initiated.has(uploadId))
      if (upload !== undefined) {
        world.count('fault: part by others')
        const partNumber = 1 + luck.below(14)
        world.note(`others send part ${partNumber} of ${upload.uploadId}`)
        const length = 1 + luck.below(48)
        memory.storePart(
          upload,
          partNumber,
          Uint8Array.from({ length }, () => luck.below(256)),
        )
      }
    }
    world.schedule(10, tick)
  }
  world.schedule(world.luck.below(10), tick)
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

/** Only an upload without a part may be taken for one of ours; nobody can tell it from a stranger's then. */
function checkAdoption(setting: Setting, uploadId: string): void {
  const { world, memory, foreign } = setting
  const parts = memory.uploads.get(uploadId)?.parts.size ?? 0
  if (parts > 0 && !world.counts.has('fault: part by others')) {
    broken(setting, new Error(`adopted ${uploadId}, which has ${parts} parts`))
  }
  if (foreign.has(uploadId)) world.count('foreign adopted')
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

function watchProgress(setting: Setting): {
  readonly callback: (consumed: number, total: number) => void
  checkFinished(result: UploadResult): void
} {
  let last = -1
  let total = 0
  return {
    callback(consumed, of) {
      total = of
      if (consumed <= last && !(consumed === 0 && last === -1)) {
        broken(setting, new Error(`progress went from ${last} to ${consumed}`))
      }
      if (consumed === of && setting.memory.history.length === 0) {
        broken(setting, new Error('100 % before any object exists'))
      }
      if (consumed > of) broken(setting, new Error(`progress ${consumed} of ${of}`))
      last = consumed
    },
    checkFinished: () => assert.equal(last, total, 'success without 100 %'),
  }
}

async function discardOnce(setting: Setting): Promise<void> {
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

function checkSuccess(
  setting: Setting,
  { result, startedAt }: { readonly result: UploadResult; readonly startedAt: number },
): void {
  const { memory, file, world } = setting
  const stored = memory.history.filter(({ object }) => object.crc64 === result.crc64)
  assert.ok(stored.length > 0, 'success, but no such object was ever stored')
  // The contents that the file had at some moment of this life: what was current when it began, and all since.
  const began = file.versions.findLastIndex((version) => version.at < startedAt)
  const contents = file.versions.slice(Math.max(0, began))
  assert.ok(
    contents.some(({ bytes }) => crc64ToDecimal(crc64(bytes)) === result.crc64),
    'success, but the object is nothing that the file ever was in this run',
  )
  const present = memory.objects.get(key)
  assert.ok(present !== undefined, 'success, but there is no object')
  if (!world.counts.has('fault: object by others')) {
    assert.equal(present.crc64, result.crc64, 'success, but the object is another')
  }
  assert.equal(result.size, result.bytes.kept + result.bytes.sent)
}

function checkAtEnd(setting: Setting): void {
  const { world, memory, disk, weather, foreign } = setting
  if (breaches.has(setting)) throw breaches.get(setting)
  const counted = (what: string): boolean => world.counts.has(what)
  for (const id of setting.aborted)
    assert.ok(!foreign.has(id) || counted('foreign adopted'), `aborted ${id}, which is not ours`)
  for (const id of foreign) {
    assert.ok(memory.uploads.has(id) || counted('foreign adopted'), `${id} of others is gone`)
  }
  const quiet = !counted('fault: rotten line') && weather.full === 0 && !isForbidden(setting)
  if (quiet && !counted('fault: late effect')) {
    const left = [...memory.uploads.keys()].filter(
      (id) => setting.initiated.has(id) && !setting.reported.has(id),
    )
    // What the checkpoint still names is not lost: an abort to repeat, or an upload that met a conflict.
    const remembered = disk.lines.join()
    const orphans = left.filter((id) => !remembered.includes(id))
    if (!setting.reported.has('unlisted'))
      assert.deepEqual(orphans, [], 'uploads of ours were left at the service')
  }
  const alone = ![...world.counts.keys()].some(
    (what) =>
      what.startsWith('fault: source') || what.endsWith('by others') || what.startsWith('fault: corrupt'),
  )
  const committed = memory.history.filter(({ object }) => object.uploadId !== undefined)
  if (alone && !counted('discards') && quiet) {
    // A run that dies between its tidying up and its answer has told nobody that it is done.
    const unheard = world.counts.get('crash: after remove') ?? 0
    assert.ok(committed.length <= 1 + unheard, `${committed.length} Completes took effect`)
  }
  if (alone && weather.network === 0 && weather.full === 0 && !counted('fault: rotten line'))
    checkResent(setting)
}

/** Where only lives end early, what was acknowledged is not sent again: at most what was in flight when one ended. */
function checkResent({ memory, request, tally, file, world, initiated }: Setting): void {
  if (initiated.size !== 1 || world.counts.has('fault: aborted by others')) return
  const parts = Math.ceil(file.bytes.length / (request.partSize ?? 1))
  const received = [...memory.received.values()].reduce((sum, count) => sum + count, 0)
  const most = parts + tally.crashes * request.numThreads
  assert.ok(
    received <= most,
    `${received} parts arrived; ${most} would do for ${parts} and ${tally.crashes} crashes`,
  )
}
