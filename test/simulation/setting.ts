/** One seed's world: what kind of bad day it is, the file, the service, the disk, and what is asked. */
import type { UploadRequest } from '../../src/engine/life.js'
import type { ServiceLimits } from '../../src/engine/ports.js'
import type { UploadResult } from '../../src/engine/upload.js'
import type { AutoThreads } from '../../src/engine/window.js'
import type { Cloud } from './cloud.js'
import type { Ring } from './faults.js'
import { createMemoryCloud } from './memory-cloud.js'
import { createServerCloud } from './server-cloud.js'
import { createDisk, type Disk } from './simulated-disk.js'
import { createFile, noise, type SimulatedFile } from './simulated-file.js'
import { createLuck, type Luck, type SimulatedLife, type World } from './world.js'

export const key = 'dir/object'

export const epoch = 1_700_000_000_000

/** How large things are: the protocol has a smallest part, which memory need not have. */
export interface Scale {
  readonly limits: ServiceLimits
  readonly blockSize: number
  /** Part sizes are drawn from here. */
  readonly partSize: { readonly least: number; readonly most: number }
  readonly mostParts: number
}

const small: Scale = {
  limits: { minPartSize: 8, maxPartSize: 4096, maxParts: 100, maxObjectSize: 4096 * 100, maxPutSize: 4096 },
  blockSize: 16,
  partSize: { least: 8, most: 48 },
  mostParts: 14,
}

/** Chances per request, per port call or per tick of 10 ms, unless said otherwise. */
export interface Weather {
  readonly network: number
  readonly crash: number
  /** A life dies within so many milliseconds. */
  readonly killWithinMs: number | undefined
  readonly full: number
  /** Per pause between two lives. */
  readonly rot: number
  /** The same: the next life is on another machine, or somebody removed the store. */
  readonly move: number
  readonly source: number
  readonly lifecycle: number
  readonly strangers: number
  readonly strangeParts: number
  readonly bucketGone: number
  readonly rotAtService: number
  /** Processes at work on the target at once. */
  readonly processes: 1 | 2 | 3 | 10
  /** Whether one of them takes the lock by force. */
  readonly steals: boolean
  readonly denied: {
    readonly listParts: boolean
    readonly listUploads: boolean
    readonly head: boolean
    readonly abort: boolean
  }
  readonly clockJumps: boolean
  readonly lives: number
}

export interface Setting {
  readonly ring: Ring
  readonly world: World
  readonly cloud: Cloud
  readonly scale: Scale
  readonly file: SimulatedFile
  readonly disk: Disk
  readonly weather: Weather
  /** Parts in flight at once, whatever is found by measuring. */
  readonly mostThreads: number
  /** Ids that a life has told of as perhaps or surely left behind; `unlisted` when it could not look. */
  readonly reported: Set<string>
  /** Parts that a run was told are stored. */
  readonly told: { readonly part: string; readonly life: SimulatedLife }[]
  /** Uploads that others began. */
  readonly foreign: Set<string>
  /** Those among them whose parts are of another file. */
  readonly unlike: Set<string>
  readonly request: Pick<
    UploadRequest,
    'multipartThreshold' | 'partSize' | 'numThreads' | 'verify' | 'headers' | 'adopt'
  >
  readonly tally: { lives: number; crashes: number; successes: number; discards: number; consents: number }
  calm: boolean
  /** How far the run is that was heard of last. */
  stage: Stage
}

export const stages = ['between two runs', 'beginning', 'sending', 'completing'] as const
export type Stage = (typeof stages)[number]

function drawWeather(luck: Luck): Weather {
  const some = (probability: number, most: number): number =>
    luck.chance(probability) ? luck.next() * most : 0
  return {
    // Now and then a storm, in which most requests fail.
    network: luck.chance(0.05) ? 0.3 + luck.next() * 0.4 : some(0.7, 0.2),
    crash: some(0.6, 0.05),
    killWithinMs: luck.chance(0.35) ? 20 + luck.below(600) : undefined,
    full: some(0.08, 0.3),
    rot: some(0.2, 0.8),
    move: some(0.1, 0.8),
    source: some(0.3, 0.04),
    lifecycle: some(0.12, 0.02),
    strangers: some(0.12, 0.02),
    strangeParts: some(0.12, 0.03),
    bucketGone: some(0.04, 0.01),
    rotAtService: some(0.03, 0.5),
    processes: luck.chance(0.15) ? luck.pick([2, 2, 2, 3, 3, 10] as const) : 1,
    steals: luck.chance(0.3),
    denied: {
      listParts: luck.chance(0.04),
      listUploads: luck.chance(0.04),
      head: luck.chance(0.04),
      abort: luck.chance(0.05),
    },
    clockJumps: luck.chance(0.5),
    lives: 1 + luck.below(6),
  }
}

/**
 * Some seeds let the engine find the number of parts in flight. Which, and how, is taken from the seed by itself: the seeds
 * from before that was thought of, `seeds.txt` among them, go on meaning what they meant.
 */
function isAuto(seed: number): boolean {
  return Math.floor(seed / 32) % 5 === 3
}

function drawAuto(seed: number): AutoThreads {
  const luck = createLuck(seed ^ 0x5eed_a070)
  return { most: 1 + luck.below(8), paceMs: luck.pick([1, 5, 20, 100, 500]) }
}

export async function createSetting(
  world: World,
  ring: Ring,
  { auto = isAuto(world.seed) }: { readonly auto?: boolean | undefined } = {},
): Promise<Setting> {
  const { luck } = world
  const scale = small
  const weather = drawWeather(luck)
  const { least, most } = scale.partSize
  const partSize = least + luck.below(most - least)
  const size = luck.chance(0.05)
    ? 0
    : luck.chance(0.1)
      ? 1 + luck.below(least)
      : luck.below(partSize * scale.mostParts)
  const file = createFile(world, size)
  const service = {
    key,
    clock: () => epoch + world.now(),
    limits: scale.limits,
    pageSize: 1 + luck.below(6),
    rotAtService: () => (setting.calm ? 0 : weather.rotAtService),
  }
  const cloud = ring === 2 ? await createServerCloud(world, service) : createMemoryCloud(world, service)
  const multipartThreshold = luck.chance(0.85) ? 0 : luck.below(least * 25)
  const fixedThreads = 1 + luck.below(5)
  const numThreads = auto ? drawAuto(world.seed) : fixedThreads
  const setting: Setting = {
    ring,
    world,
    cloud,
    scale,
    file,
    disk: createDisk(),
    weather,
    mostThreads: typeof numThreads === 'number' ? numThreads : numThreads.most,
    reported: new Set(),
    told: [],
    foreign: new Set(),
    unlike: new Set(),
    request: {
      multipartThreshold,
      partSize,
      numThreads,
      verify: luck.pick(['always', 'always', 'changed', 'paranoid'] as const),
      adopt: luck.chance(weather.move > 0 ? 0.7 : 0.05),
      headers: luck.chance(0.35) ? { 'x-oss-forbid-overwrite': 'true' } : {},
    },
    tally: { lives: 0, crashes: 0, successes: 0, discards: 0, consents: 0 },
    calm: false,
    stage: 'between two runs',
  }
  // What is there before may even be the file's own bytes, of another day.
  if (luck.chance(0.3)) {
    await cloud.others.storeObject(luck.chance(0.5) ? file.bytes.slice() : noise(world, 3))
  }
  return setting
}

export interface Run {
  ended: boolean
  result?: UploadResult
  code?: string
  message?: string
}
