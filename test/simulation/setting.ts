import type { UploadRequest } from '../../src/engine/life.js'
import type { ServiceLimits } from '../../src/engine/ports.js'
import type { UploadResult } from '../../src/engine/upload.js'
import { createMemoryService, type MemoryService } from '../../src/services/memory.js'
import { createFile, type SimulatedFile } from './simulated-file.js'
import { createDisk, type Disk } from './simulated-store.js'
import type { World } from './world.js'

export const key = 'dir/object'

export const epoch = 1_700_000_000_000

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

export interface Setting {
  readonly world: World
  readonly memory: MemoryService
  readonly file: SimulatedFile
  readonly disk: Disk
  readonly weather: Weather
  readonly initiated: Set<string>
  readonly aborted: string[]
  readonly arrivals: { readonly part: string; readonly at: number }[]
  readonly reported: Set<string>
  readonly foreign: Set<string>
  readonly request: Pick<
    UploadRequest,
    'multipartThreshold' | 'partSize' | 'numThreads' | 'verify' | 'headers'
  >
  readonly tally: { lives: number; crashes: number; successes: number }
  calm: boolean
}

export function createSetting(world: World): Setting {
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
    arrivals: [],
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

/** An object is there that must stay: not ours, or ours without anybody left who could know. */
export function isForbidden({ request, memory, initiated, world }: Setting): boolean {
  const present = memory.objects.get(key)
  if (present === undefined || request.headers['x-oss-forbid-overwrite'] !== 'true') return false
  const forgotten = [
    'discards',
    'crash: after remove',
    'fault: rotten line',
    'fault: full disk',
    'fault: head denied',
  ]
  const moved = [...world.counts.keys()].some((what) => what.startsWith('fault: source'))
  if (moved || forgotten.some((what) => world.counts.has(what))) return true
  return present.uploadId === undefined || !initiated.has(present.uploadId)
}

export interface Run {
  ended: boolean
  result?: UploadResult
  code?: string
  message?: string
}
