/** A checkpoint store whose appends can be torn, lost or refused, and whose lines can rot between two lives. */
import { UploadError } from '../../src/engine/errors.js'
import type { CheckpointLine, CheckpointLog, CheckpointStore } from '../../src/engine/ports.js'
import type { SimulatedLife, World } from './world.js'

export interface Disk {
  lines: string[]
  damaged: string[]
  holder: SimulatedLife | undefined
  asides: number
  /** When each part was first written down as stored, as `uploadId/partNumber`. */
  readonly recorded: Map<string, number>
  /** Ids that were ever written down as opened. */
  readonly opened: Set<string>
}

export interface StoreTrouble {
  /** Chance that an append is refused, as on a full disk. */
  readonly full: number
  crashPoint(where: string): Promise<void>
}

export function createDisk(): Disk {
  return { lines: [], damaged: [], holder: undefined, asides: 0, recorded: new Map(), opened: new Set() }
}

/** Between two lives a line may rot: its check then fails, and it is told apart from good ones. */
export function rot(world: World, disk: Disk): void {
  if (disk.lines.length === 0) return
  const index = world.luck.below(disk.lines.length)
  const [line] = disk.lines.splice(index, 1)
  if (line !== undefined) disk.damaged.push(line)
  world.count('fault: rotten line')
  world.note(`rots: ${line?.slice(0, 60)}`)
}

export function openStore(
  world: World,
  life: SimulatedLife,
  disk: Disk,
  trouble: StoreTrouble,
): CheckpointStore {
  const log: CheckpointLog = {
    async read() {
      await trouble.crashPoint('read')
      return {
        lines: disk.lines.map((line) => JSON.parse(line) as CheckpointLine),
        damaged: [...disk.damaged],
      }
    },
    async append(line) {
      await trouble.crashPoint('before append')
      if (world.luck.chance(trouble.full)) {
        world.count('fault: full disk')
        throw new UploadError('store-unusable', 'No space left on device.')
      }
      disk.lines.push(JSON.stringify(line))
      if (line['kind'] === 'opened') disk.opened.add(String(line['uploadId']))
      if (line['kind'] === 'stored') {
        const part = `${line['uploadId']}/${line['partNumber']}`
        disk.recorded.set(part, disk.recorded.get(part) ?? world.now())
      }
      world.note(`${life.name} writes ${JSON.stringify(line).slice(0, 100)}`)
      await trouble.crashPoint('after append')
    },
    held: async () => disk.holder === life,
    async setAside() {
      disk.lines = []
      disk.damaged = []
      disk.asides += 1
      return `aside-${disk.asides}`
    },
    async remove() {
      await trouble.crashPoint('before remove')
      disk.lines = []
      disk.damaged = []
      await trouble.crashPoint('after remove')
    },
    async release() {
      if (disk.holder === life) disk.holder = undefined
    },
  }
  return {
    async acquire(_target, options) {
      await trouble.crashPoint('before lock')
      if (disk.holder?.alive && disk.holder !== life && options?.steal !== true) {
        throw new UploadError('locked', 'Held by another life.')
      }
      disk.holder = life
      await trouble.crashPoint('after lock')
      return log
    },
    list: async () => [],
  }
}
