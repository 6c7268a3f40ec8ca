/**
 * The file does not hold still, at any part and with any number of threads, or between two calls. `moving-file.test.ts` has
 * the chosen moments; here they are left to luck.
 */
import assert from 'node:assert/strict'
import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { UploadError, type UploadErrorCode, type Verify } from '../../../src/index.js'
import { bytesFrom, createWorld, failure, PART, type World } from '../../library/world.js'
import type { Condition, Place } from './case.js'

const parts = 10
const size = parts * PART - 17
const original = bytesFrom(1, size)

type Disturb = (filename: string, luck: () => number) => void

interface Disturbance {
  readonly name: string
  readonly disturb: Disturb
  /** What a call says that is disturbed; `right`: it ends with the file's present bytes. */
  readonly during: UploadErrorCode | 'right'
  readonly between: UploadErrorCode | 'right'
}

const disturbances: readonly Disturbance[] = [
  {
    name: 'appended to',
    disturb: (file, luck) => appendFileSync(file, bytesFrom(2, 1 + Math.floor(luck() * 3 * PART))),
    during: 'source-changed',
    between: 'right',
  },
  {
    name: 'truncated',
    disturb: (file, luck) => truncateSync(file, Math.floor(luck() * size)),
    during: 'source-changed',
    between: 'right',
  },
  {
    name: 'replaced by a rename',
    disturb(file) {
      writeFileSync(`${file}.new`, bytesFrom(3, size))
      renameSync(`${file}.new`, file)
    },
    during: 'source-changed',
    between: 'right',
  },
  {
    name: 'rewritten in place with its mtime restored',
    disturb: rewrite,
    during: 'right',
    between: 'right',
  },
  {
    name: 'deleted',
    disturb: (file) => rmSync(file),
    during: 'source-missing',
    between: 'source-missing',
  },
]

/** A time that can be restored to the nanosecond, in seconds since the epoch. */
const wholeSecond = 1_700_000_000

async function createFile(world: World): Promise<string> {
  const filename = await world.file(original)
  utimesSync(filename, wholeSecond, wholeSecond)
  return filename
}

/** Some bytes in every third part, and the time as it was: only the ctime tells. */
function rewrite(file: string, luck: () => number): void {
  const before = statSync(file, { bigint: true }).mtimeNs
  const handle = openSync(file, 'r+')
  const patch = Buffer.from(`rewritten ${luck()}`)
  for (let part = Math.floor(luck() * 3); part < parts; part += 3) {
    writeSync(handle, patch, 0, patch.length, part * PART + Math.floor(luck() * (PART - 100)))
  }
  closeSync(handle)
  utimesSync(file, wholeSecond, wholeSecond)
  assert.equal(statSync(file, { bigint: true }).mtimeNs, before)
}

/** A world whose file is disturbed while the service holds back its word on the n-th part that comes. */
async function disturbAtPart(place: Place, disturb: () => void, count: number): Promise<World> {
  let seen = 0
  return createWorld(place, {
    onRequest({ operation }) {
      if (operation !== 'UploadPart') return
      seen += 1
      if (seen === count) disturb()
    },
  })
}

/** The next call, undisturbed, makes the object what the file is now. */
async function assertNextIsRight(world: World, filename: string, verify: Verify = 'always'): Promise<void> {
  await world.upload('k', filename, { numThreads: 2, verify })
  assert.deepEqual(await world.objectBytes('k'), readFileSync(filename))
  assert.deepEqual([world.stored(), await world.unfinished()], [[], []])
}

async function during(place: Place, { disturb, during: expected }: Disturbance): Promise<void> {
  const { luck } = place
  let filename = ''
  const count = 1 + Math.floor(luck() * (parts - 1))
  const world = await disturbAtPart(place, () => disturb(filename, luck), count)
  filename = await createFile(world)
  const verify = luck() < 0.3 ? 'paranoid' : 'always'
  const uploading = world.upload('k', filename, { numThreads: 1 + Math.floor(luck() * 4), verify })
  if (expected === 'right') {
    await uploading
    assert.deepEqual(await world.objectBytes('k'), readFileSync(filename))
    return
  }
  await failure(uploading, expected)
  assert.equal(world.asked('CompleteMultipartUpload').length, 0)
  assert.equal((await world.unfinished()).length, 1, 'what was sent is kept')
  if (expected === 'source-missing') await failure(world.upload('k', filename), expected)
  else await assertNextIsRight(world, filename)
}

async function between(place: Place, { disturb, between: expected }: Disturbance): Promise<void> {
  const { luck } = place
  const world = await createWorld(place)
  const filename = await createFile(world)
  const numThreads = 1 + Math.floor(luck() * 4)
  world.stopAtPart(2 + Math.floor(luck() * (parts - 2)))
  await failure(world.upload('k', filename, { numThreads }), 'denied')
  world.server.faults.clear()
  disturb(filename, luck)
  if (expected === 'right') await assertNextIsRight(world, filename, luck() < 0.5 ? 'changed' : 'always')
  else await failure(world.upload('k', filename), expected)
}

function told(expected: UploadErrorCode | 'right'): string {
  return expected === 'right' ? 'the object is the file as it is now' : `\`${expected}\``
}

const each: readonly Condition[] = disturbances.flatMap((disturbance) => [
  {
    name: `The file, while it is uploaded, is ${disturbance.name}`,
    expected:
      disturbance.during === 'source-changed'
        ? '`source-changed`, no object; the next call uploads the file as it is now'
        : told(disturbance.during),
    run: (place) => repeated(place, () => during(place, disturbance)),
  },
  {
    name: `The file, between two calls, is ${disturbance.name}`,
    expected: told(disturbance.between),
    run: (place) => repeated(place, () => between(place, disturbance)),
  },
])

async function repeated(place: Place, once: () => Promise<void>) {
  const cases = place.times(20)
  for (let count = 0; count < cases; count += 1) {
    try {
      await once()
    } catch (cause) {
      const why = cause instanceof UploadError ? `${cause.code}: ${cause.message}` : String(cause)
      throw new Error(`case ${count + 1}: ${why}`, { cause })
    }
  }
  return { cases, seen: `so, ${cases} of ${cases}` }
}

export const sources: readonly Condition[] = each
