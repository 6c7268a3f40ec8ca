/** One seed's world of inputs that come once: the same service, disk and bad days as for files, and no file. */
import type { Cloud } from '../cloud.js'
import type { Ring } from '../faults.js'
import { createMemoryCloud } from '../memory-cloud.js'
import { createServerCloud } from '../server-cloud.js'
import { epoch, key, type Scale, type Setting, type Weather } from '../setting.js'
import { createDisk } from '../simulated-disk.js'
import { createFile, noise } from '../simulated-file.js'
import type { Luck, World } from '../world.js'
import type { StreamRun } from './stream-lives.js'

export interface StreamWeather {
  /** Chance per life that its input fails before its end. */
  readonly inputFails: number
  /** Chance per chunk that the producer thinks for minutes. */
  readonly inputStalls: number
  /** Chance per life that it is stopped, at some moment or at one of its calls. */
  readonly stops: number
  /** Chance per life that the input is larger than its parts carry, where they are few. */
  readonly tooLarge: number
}

export interface StreamSetting extends Setting {
  readonly streams: StreamWeather
  /** Bytes of an input are below this. */
  readonly sizes: number
  /** Of all lives so far. */
  readonly runs: StreamRun[]
  /** The bytes that the last life had: whoever starts the same program again mostly gets the same once more. */
  lastBytes: Uint8Array | undefined
}

function drawWeather(luck: Luck): Weather {
  const some = (probability: number, most: number): number =>
    luck.chance(probability) ? luck.next() * most : 0
  return {
    network: luck.chance(0.05) ? 0.3 + luck.next() * 0.4 : some(0.7, 0.2),
    crash: some(0.5, 0.05),
    killWithinMs: luck.chance(0.3) ? 20 + luck.below(600) : undefined,
    full: some(0.08, 0.3),
    rot: some(0.1, 0.8),
    move: some(0.05, 0.8),
    source: 0,
    lifecycle: some(0.12, 0.02),
    strangers: some(0.12, 0.02),
    strangeParts: some(0.08, 0.03),
    bucketGone: some(0.04, 0.01),
    rotAtService: some(0.03, 0.5),
    processes: luck.chance(0.1) ? luck.pick([2, 2, 3] as const) : 1,
    steals: luck.chance(0.4),
    denied: {
      listParts: luck.chance(0.04),
      listUploads: luck.chance(0.04),
      head: luck.chance(0.04),
      abort: luck.chance(0.06),
    },
    clockJumps: luck.chance(0.5),
    lives: 1 + luck.below(6),
  }
}

function drawStreamWeather(luck: Luck): StreamWeather {
  return {
    inputFails: luck.chance(0.4) ? luck.next() : 0,
    inputStalls: luck.chance(0.15) ? luck.next() * 0.05 : 0,
    stops: luck.chance(0.6) ? luck.next() : 0,
    tooLarge: luck.chance(0.1) ? 0.5 : 0,
  }
}

/** Few parts in some worlds, so that what is too large for them is met, and parts that grow. */
function drawScale(luck: Luck): Scale {
  const maxParts = luck.pick([6, 25, 100, 100] as const)
  const maxPartSize = 4096
  return {
    limits: {
      minPartSize: 8,
      maxPartSize,
      maxParts,
      maxObjectSize: maxPartSize * maxParts,
      maxPutSize: maxPartSize,
    },
    blockSize: 16,
    partSize: { least: 8, most: 48 },
    mostParts: Math.min(14, maxParts),
  }
}

export async function createStreamSetting(world: World, ring: Ring): Promise<StreamSetting> {
  const { luck } = world
  const scale = drawScale(luck)
  const weather = drawWeather(luck)
  const streams = drawStreamWeather(luck)
  const { least, most } = scale.partSize
  const partSize = least + luck.below(most - least)
  const service = {
    key,
    clock: () => epoch + world.now(),
    limits: scale.limits,
    pageSize: 1 + luck.below(6),
    rotAtService: () => (setting.calm ? 0 : weather.rotAtService),
  }
  const cloud: Cloud =
    ring === 2 ? await createServerCloud(world, service) : createMemoryCloud(world, service)
  const setting: StreamSetting = {
    ring,
    world,
    cloud,
    scale,
    file: createFile(world, 3 * least),
    disk: createDisk(),
    weather,
    mostThreads: 1 + luck.below(5),
    reported: new Set(),
    told: [],
    foreign: new Set(),
    unlike: new Set(),
    request: {
      multipartThreshold: luck.chance(0.7) ? 0 : luck.below(least * 25),
      partSize,
      numThreads: 1,
      verify: 'always',
      adopt: false,
      headers: luck.chance(0.35) ? { 'x-oss-forbid-overwrite': 'true' } : {},
    },
    tally: { lives: 0, crashes: 0, successes: 0, discards: 0, consents: 0 },
    calm: false,
    stage: 'between two runs',
    streams,
    sizes: partSize * scale.mostParts,
    runs: [],
    lastBytes: undefined,
  }
  if (luck.chance(0.3)) await cloud.others.storeObject(noise(world, 3))
  return setting
}
