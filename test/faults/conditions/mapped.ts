/**
 * A file that is written through a shared mapping. The first write to a clean page moves the file's times; further writes to
 * the page do not, until the system has written it back. So what changes then changes without a trace, and is not promised
 * to be noticed; `verify: 'paranoid'` reads everything again before Complete, and notices what came before that.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Verify } from '../../../src/index.js'
import { bytesFrom, countOf, createWorld, failure, PART, type Uploading } from '../../library/world.js'
import type { Condition, Place, Seen } from './case.js'

const parts = 8
const original = bytesFrom(1, parts * PART)

/** Holds a mapping open and writes what it is told: an offset and a text; `sync` writes back. Answers each line. */
const program = `
import mmap, sys
with open(sys.argv[1], 'r+b') as file:
    mapping = mmap.mmap(file.fileno(), 0)
    print('mapped', flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == 'sync':
            mapping.flush()
        else:
            text = words[1].encode()
            mapping[int(words[0]):int(words[0]) + len(text)] = text
        print('done', flush=True)
`

interface Mapping {
  write(offset: number, text: string): Promise<void>
  sync(): Promise<void>
}

/** `undefined` where there is no Python to do it. */
async function map(place: Place, filename: string): Promise<Mapping | undefined> {
  const child: ChildProcess = spawn('python3', ['-c', program, filename], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const { stdin, stdout } = child
  assert.ok(stdin !== null && stdout !== null)
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('close', () => resolve())
  })
  place.after(async () => {
    stdin.end()
    await ended
  })
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done === true) return undefined
  const tell = async (line: string): Promise<void> => {
    stdin.write(`${line}\n`)
    const answer = await lines.next()
    assert.equal(answer.value, 'done')
  }
  return { write: (offset, text) => tell(`${offset} ${text}`), sync: () => tell('sync') }
}

function timesOf(filename: string): string {
  const { mtimeNs, ctimeNs } = statSync(filename, { bigint: true })
  return `${mtimeNs} ${ctimeNs}`
}

const notTried: Seen = { cases: 0, seen: 'not tried: no python3 here' }

/**
 * Writes through the mapping at a part that was sent, while the service holds back a later one. `isDirty`: the page was
 * written to before the upload began, so that the file system reports nothing.
 */
async function writtenDuring(
  place: Place,
  { verify, isDirty }: { readonly verify: Verify; readonly isDirty: boolean },
) {
  let disturb: (() => Promise<void>) | undefined
  let released = Promise.resolve()
  const world = await createWorld(place, {
    clock: { now: () => Date.now(), sleep: () => released },
    faults: [{ operation: 'UploadPart', partNumber: 5, effect: 'delay', ms: 1 }],
    onRequest({ operation, partNumber }) {
      if (operation !== 'UploadPart' || partNumber !== 4) return
      released = disturb?.() ?? released
    },
  })
  const filename = await world.file(original)
  const mapping = await map(place, filename)
  if (mapping === undefined) return undefined
  if (isDirty) await mapping.write(PART + 7, 'before')
  const before = readFileSync(filename)
  const timesBefore = timesOf(filename)
  let isTraceless = false
  disturb = async () => {
    await mapping.write(PART + 7, 'during')
    isTraceless = timesOf(filename) === timesBefore
  }
  const uploading: Uploading = world.upload('k', filename, { verify })
  await uploading
  const object = await world.objectBytes('k')
  const now = readFileSync(filename)
  assert.ok(!now.equals(before))
  return { isNow: object.equals(now), isBefore: object.equals(before), isTraceless, uploading }
}

const traced: Condition = {
  name: 'The file, while it is uploaded, is written through `mmap`, and the file system reports it',
  expected: 'the object is the file as it is now',
  async run(place) {
    const cases = place.times(5)
    let traceless = 0
    for (let count = 0; count < cases; count += 1) {
      const told = await writtenDuring(place, { verify: 'always', isDirty: false })
      if (told === undefined) return notTried
      // On a file system that keeps no times for mappings, such as tmpfs, this is the case below.
      if (told.isTraceless) traceless += 1
      else assert.ok(told.isNow)
    }
    return { cases, seen: traceless === 0 ? 'so' : `so; ${traceless} were not reported by this file system` }
  },
}

const traceless: Condition = {
  name: 'The same to a page that was dirty before, so that the file system reports nothing',
  expected: 'not promised: the object is the bytes that were read, each part whole',
  async run(place) {
    const cases = place.times(5)
    let reported = 0
    for (let count = 0; count < cases; count += 1) {
      const told = await writtenDuring(place, { verify: 'always', isDirty: true })
      if (told === undefined) return notTried
      if (told.isTraceless) assert.ok(told.isBefore)
      else {
        reported += 1
        assert.ok(told.isNow)
      }
    }
    const lucky = reported === 0 ? '' : `; ${reported} were reported after all, and seen`
    return { cases, seen: `the object has the bytes of before${lucky}` }
  },
}

const paranoid: Condition = {
  name: "The same with `verify: 'paranoid'`",
  expected: 'the object is the file as it was read before Complete',
  async run(place) {
    const cases = place.times(5)
    for (let count = 0; count < cases; count += 1) {
      const told = await writtenDuring(place, { verify: 'paranoid', isDirty: true })
      if (told === undefined) return notTried
      assert.ok(told.isNow)
      assert.equal(countOf(told.uploading, 'part-refuted'), 1)
    }
    return { cases, seen: 'the object is the file as it is now; one part sent again' }
  },
}

/** Writes to a part that an earlier call has sent, and gives what the next call made of it. */
async function writtenBetween(place: Place, verify: Verify) {
  const world = await createWorld(place)
  const filename = await world.file(original)
  const mapping = await map(place, filename)
  if (mapping === undefined) return undefined
  await mapping.write(PART + 7, 'before')
  const before = readFileSync(filename)
  const timesBefore = timesOf(filename)
  world.stopAtPart(6)
  await failure(world.upload('k', filename, { verify }), 'denied')
  await mapping.write(PART + 7, 'between')
  const isTraceless = timesOf(filename) === timesBefore
  await world.upload('k', filename, { verify })
  const object = await world.objectBytes('k')
  return { isNow: object.equals(readFileSync(filename)), isBefore: object.equals(before), isTraceless }
}

const betweenCalls: Condition = {
  name: 'The file, between two calls, is written through `mmap`, without a trace',
  expected: 'the object is the file as it is now: every kept part is read again',
  async run(place) {
    for (const verify of ['always', 'paranoid'] as const) {
      const told = await writtenBetween(place, verify)
      if (told === undefined) return notTried
      assert.ok(told.isNow, verify)
    }
    return { cases: 2, seen: "so, with `'always'` and `'paranoid'`" }
  },
}

const betweenTrusting: Condition = {
  name: "The same with `verify: 'changed'`, which trusts the file system",
  expected: 'not promised: a kept part is the bytes that were read',
  async run(place) {
    const told = await writtenBetween(place, 'changed')
    if (told === undefined) return notTried
    assert.ok(told.isTraceless ? told.isBefore : told.isNow)
    return {
      cases: 1,
      seen: told.isTraceless ? 'the object has the bytes of before' : 'it was reported, and seen',
    }
  },
}

export const mapped: readonly Condition[] = [traced, traceless, paranoid, betweenCalls, betweenTrusting]
