/**
 * One seed: some lives of the real storage over a simulated disk, several clients at once in each, every life but the last
 * ended by a power cut or a kill at some step; after each, the next start has to find all that was acknowledged and nothing
 * half done. The last life then finishes every upload, empties everything, and must leave no byte behind.
 */
import { makeFolders, openIn } from '../../src/server/storage/disk.js'
import { type Storage, StorageError } from '../../src/server/storage/storage.js'
import { createLuck, type Luck } from '../simulation/world.js'
import { audit, checkBytes, checkReferences } from './audit.js'
import { createContents } from './contents.js'
import { createLife, type Life } from './life.js'
import { type ModelLevel, openModelLevel } from './model-level.js'
import { createBucket } from './object-rows.js'
import { createRegisters } from './registers.js'
import { type Attempt, BUCKETS, KEYS, Nothing, type Row, type Scene } from './scene.js'
import { createSimulatedDisk, type SimulatedDisk } from './simulated-disk.js'
import { complete } from './upload-rows.js'
import { ROWS } from './workload.js'

const FOLDER = '/data'
/** Steps of a start in an empty folder: most of them make folders. */
const FIRST_START = 560
/** A life that meets no end before has done what it wanted. */
const LONGEST = 160

export interface CrashOptions {
  /** Ends the first of two lives after exactly so many steps: for trying every one of them. */
  readonly crashAt?: number
  readonly trace?: (line: string) => void
  /** A disk that lies, to show that the model can fail. */
  readonly forgets?: 'files' | 'folders'
}

export interface CrashOutcome {
  readonly crashes: number
  readonly steps: number
  /** Of the first life, when nothing ended it. */
  readonly firstLifeSteps: number
  readonly acknowledged: ReadonlyMap<string, number>
  readonly cutOff: number
  readonly kinds: ReadonlyMap<string, number>
}

export class CrashFailure extends Error {
  override readonly name = 'CrashFailure'
}

/** @throws CrashFailure when something acknowledged is gone, or something half done is seen */
export async function runCrashSeed(seed: number, options: CrashOptions = {}): Promise<CrashOutcome> {
  try {
    return await play(seed, options)
  } catch (error) {
    throw new CrashFailure(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

interface Machine {
  readonly storage: Storage
  readonly level: ModelLevel
  readonly trouble: { syncFails: number; full: number }
  readonly failures: Error[]
}

async function play(seed: number, { crashAt, trace, forgets }: CrashOptions): Promise<CrashOutcome> {
  const luck = createLuck(seed)
  const note = trace ?? ((): void => {})
  const disk = createSimulatedDisk()
  const contents = createContents()
  let numbers = 0
  const scene: Scene = {
    luck,
    contents,
    registers: createRegisters(),
    uploads: [],
    next() {
      numbers += 1
      return numbers
    },
  }
  const counts = { crashes: 0, steps: 0, firstLifeSteps: 0, cutOff: 0 }
  const acknowledged = new Map<string, number>()
  const kinds = new Map<string, number>()
  const count = (kind: string): void => void kinds.set(kind, (kinds.get(kind) ?? 0) + 1)

  /** Within its first steps, in which it makes the outer folders, or anywhere. */
  const firstStart = (): number => (luck.chance(0.4) ? 8 : FIRST_START)
  const lives = crashAt === undefined ? 2 + luck.below(4) : 2
  for (let number = 1; number <= lives; number += 1) {
    const isLast = number === lives
    const life = createLife(luck, note)
    note(`life ${number}`)
    if (number === 1 && crashAt !== undefined) life.endIn(crashAt)
    else if (!isLast && luck.chance(0.15)) life.endIn(luck.below(number === 1 ? firstStart() : 40))
    const ending = await life.run(live(life, { number, isLast, mayEnd: number > 1 || crashAt === undefined }))
    counts.steps += life.steps()
    if (number === 1) counts.firstLifeSteps = life.steps()
    if (isLast) break
    if (ending === 'over') counts.crashes += 1
    const isPower = luck.chance(0.75)
    count(isPower ? 'power cut' : 'kill')
    note(isPower ? 'the power goes' : 'killed')
    if (isPower) disk.cutPower(luck)
  }
  return { ...counts, acknowledged, kinds }

  async function live(
    life: Life,
    { number, isLast, mayEnd }: { number: number; isLast: boolean; mayEnd: boolean },
  ): Promise<void> {
    const machine = await start(disk, life, luck, forgets)
    await settle(machine)
    if (mayEnd && !isLast) life.endIn(1 + luck.below(LONGEST))
    const way = isLast ? 1 : luck.next()
    if (way < 0.12) {
      machine.trouble.syncFails = 0.1
      count('a sync that fails')
    } else if (way < 0.24) {
      machine.trouble.full = 0.15
      count('a full disk')
    }
    if (number === 1) await tryOne(machine, createBucket, createBucket.plan(scene))
    const clients = 1 + luck.below(4)
    await Promise.all(Array.from({ length: clients }, () => client(machine)))
    machine.trouble.syncFails = 0
    machine.trouble.full = 0
    if (isLast) {
      await empty(machine)
      await machine.storage.settled()
    }
    await machine.storage.close()
    if (!isLast) return
    const left = [...disk.files(`${FOLDER}/contents`).keys()]
    if (left.length > 0) throw new Error(`left over at the end: ${left.join(', ')}`)
  }

  /** Compares what the start found with what was acknowledged. */
  async function settle({ storage, level }: Machine): Promise<void> {
    const found = await audit(storage, contents)
    // What the last life left over goes now, and a file goes after the commit that let go of it.
    await storage.settled()
    checkReferences(await level.entries(), contentsOf(disk))
    const isThere = new Set(found.uploads.map(({ uploadId }) => uploadId))
    const wrong = scene.registers.settle(found.registers, (register) => {
      const upload = /^part ([^/]+)\//.exec(register)?.[1]
      return upload !== undefined && !isThere.has(upload)
    })
    if (wrong !== undefined) throw new Error(wrong)
    scene.uploads.splice(0, scene.uploads.length, ...found.uploads)
  }

  async function client(machine: Machine): Promise<void> {
    for (let left = 2 + luck.below(9); left > 0; left -= 1) {
      if (luck.chance(0.2)) await read(machine)
      const row = pickRow(luck)
      await tryOne(machine, row, row.plan(scene))
    }
  }

  async function tryOne(
    { storage, failures }: Machine,
    { name }: Row,
    attempt: Attempt | undefined,
  ): Promise<void> {
    if (attempt === undefined) return
    const change = scene.registers.begin(name, attempt.touches)
    counts.cutOff += 1
    note(`${name}: ${attempt.touches.map(({ register, value }) => `${register} = ${value}`).join(', ')}`)
    try {
      await attempt.run(storage)
      scene.registers.acknowledge(change)
      acknowledged.set(name, (acknowledged.get(name) ?? 0) + 1)
      note(`acknowledged ${name}`)
    } catch (error) {
      // A storage that has not failed for good promises that a refusal changed nothing.
      const isRefusal = error instanceof Nothing || (error instanceof StorageError && failures.length === 0)
      if (!isRefusal && !(error instanceof StorageError)) throw error
      if (isRefusal) scene.registers.refuse(change)
    }
    counts.cutOff -= 1
  }

  async function read({ storage, failures }: Machine): Promise<void> {
    try {
      await checkBytes(storage, luck.pick(BUCKETS), { key: luck.pick(KEYS) }, contents)
    } catch (error) {
      if (!(error instanceof StorageError && failures.length > 0)) throw error
    }
  }

  /** Every upload is finished with what it has, every object read and deleted. */
  async function empty({ storage }: Machine): Promise<void> {
    for (const ref of (await audit(storage, contents)).uploads) {
      await complete(storage, ref, { scene, all: true, ifAbsent: false }).catch(async (error: unknown) => {
        if (!(error instanceof Nothing)) throw error
        await storage.abortUpload(ref)
      })
      await checkBytes(storage, ref.bucket, ref, contents)
    }
    for (const { name } of (await storage.listBuckets({ prefix: '', after: '', limit: 10 })).entries) {
      for (const key of KEYS) await storage.deleteObject(name, key)
      await storage.deleteBucket(name)
    }
  }
}

async function start(
  disk: SimulatedDisk,
  life: Life,
  luck: Luck,
  forgets: CrashOptions['forgets'],
): Promise<Machine> {
  const trouble = { syncFails: 0, full: 0, forgets }
  const failures: Error[] = []
  const port = disk.port(life, luck, trouble)
  let level: ModelLevel | undefined
  const ports = {
    disk: port,
    // In few folders, so that contents share them.
    newId: () =>
      `7${Array.from({ length: 31 }, (_, at) => luck.below(at === 0 ? 3 : 16).toString(16)).join('')}`,
    async openLevel(folder: string) {
      level = await openModelLevel(port, luck, folder)
      return level
    },
  }
  await makeFolders(FOLDER, 'durable', ports)
  const onFailure = (error: Error): void => void failures.push(error)
  // Mostly so little that what is let go of by two parts is left over for later.
  const atOnce = luck.pick([1, 1, 2, 64])
  // None, so that every file is made for its content, or so few that they are used up at once, too.
  const mostSpares = luck.pick([0, 1, 2, 5])
  const storage = await openIn(FOLDER, { durability: 'durable', onFailure, atOnce, mostSpares }, ports)
  if (level === undefined) throw new Error('The storage opened no ledger.')
  return { storage, level, trouble, failures }
}

function contentsOf(disk: SimulatedDisk): ReadonlyMap<string, number> {
  return new Map([...disk.files(`${FOLDER}/contents`)].map(([path, size]) => [path.slice(-32), size]))
}

function pickRow(luck: Luck): Row {
  let left = luck.below(ROWS.reduce((total, { weight }) => total + weight, 0))
  for (const row of ROWS) {
    left -= row.weight
    if (left < 0) return row
  }
  throw new RangeError('There is no row.')
}
