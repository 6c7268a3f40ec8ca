/**
 * What the crash model takes for granted of LevelDB, shown of the real one: its log is cut off and spoiled at every record's
 * end and at many other places, and what is found then is always the batches up to one of them, each whole.
 */
import assert from 'node:assert/strict'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type LevelChange, openLevel } from '../../src/server/storage/level.js'
import { createLuck } from '../simulation/world.js'

const BATCHES = 40
const BLOCK = 32 * 1024
/** Of a fragment: checksum, length, kind. */
const HEADER = 7
const RANDOM_CUTS = 40
const SECTOR = 512

type State = ReadonlyMap<string, string>

/** Batch `number` counts itself, adds some keys, of which some values are long, and takes older ones away. */
function batchOf(number: number): LevelChange[] {
  const key = (name: string): Buffer => Buffer.from(name)
  return [
    { type: 'put', key: key('count'), value: String(number) },
    { type: 'put', key: key(`k${number}`), value: `v${number}`.repeat(number % 7 === 0 ? 20_000 : 20) },
    { type: 'put', key: key(`m${number}`), value: 'x' },
    { type: 'del', key: key(`k${number - 3}`) },
  ]
}

/** What there is after each number of batches. */
function statesUpTo(count: number): readonly State[] {
  const state = new Map<string, string>()
  return [
    new Map(),
    ...Array.from({ length: count }, (_, index) => {
      for (const change of batchOf(index + 1)) {
        if (change.type === 'put') state.set(change.key.toString(), change.value)
        else state.delete(change.key.toString())
      }
      return new Map(state)
    }),
  ]
}

async function readAll(folder: string): Promise<State> {
  const level = await openLevel(folder)
  try {
    const found = new Map<string, string>()
    const all = level.iterator({ gte: Buffer.from(''), lt: Buffer.from('~') })
    for (let next = await all.next(); next !== undefined; next = await all.next())
      found.set(String(next[0]), next[1])
    await all.close()
    return found
  } finally {
    await level.close()
  }
}

/** Where each record of a log ends: one record is one batch, in as many fragments as it needs. */
function recordEnds(log: Uint8Array): readonly number[] {
  const ends: number[] = []
  for (let offset = 0; offset + HEADER <= log.length; ) {
    if (BLOCK - (offset % BLOCK) < HEADER) {
      offset += BLOCK - (offset % BLOCK)
      continue
    }
    const length = (log[offset + 4] ?? 0) | ((log[offset + 5] ?? 0) << 8)
    const kind = log[offset + 6]
    offset += HEADER + length
    if (kind === 1 || kind === 4) ends.push(offset)
  }
  return ends
}

/** A database after so many synced batches, as a power cut leaves it: copied while it is open. */
async function withLog(
  work: (world: {
    readonly log: Buffer
    /** What is found when the log has these bytes instead. */
    found(log: Uint8Array): Promise<State>
  }) => Promise<void>,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'longhaul-level-'))
  try {
    const level = await openLevel(join(root, 'live'))
    for (let number = 1; number <= BATCHES; number += 1) await level.batch(batchOf(number), { sync: true })
    const copy = join(root, 'copy')
    await cp(join(root, 'live'), copy, { recursive: true })
    await level.close()
    const name = (await readdir(copy)).find((each) => each.endsWith('.log')) ?? ''
    let trials = 0
    await work({
      log: await readFile(join(copy, name)),
      async found(log) {
        trials += 1
        const trial = join(root, `trial-${trials}`)
        await cp(copy, trial, { recursive: true })
        await writeFile(join(trial, name), log)
        const state = await readAll(trial)
        await rm(trial, { recursive: true })
        return state
      },
    })
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

test('a log that is cut off anywhere gives the batches before the cut, each whole, and no other', () =>
  withLog(async ({ log, found }) => {
    const states = statesUpTo(BATCHES)
    const ends = recordEnds(log)
    assert.equal(ends.length, BATCHES, 'one record is one batch')
    const luck = createLuck(5)
    const cuts = new Set([0, log.length, ...ends.flatMap((end) => [end - 1, end, end + 1])])
    while (cuts.size < 3 * BATCHES + RANDOM_CUTS) cuts.add(luck.below(log.length))
    for (const cut of [...cuts].filter((each) => each <= log.length)) {
      const whole = ends.filter((end) => end <= cut).length
      assert.deepEqual(await found(log.subarray(0, cut)), states[whole], `cut at ${cut}`)
    }
  }))

test('a log whose end is garbage or zeros gives the batches before it, each whole', () =>
  withLog(async ({ log, found }) => {
    const states = statesUpTo(BATCHES)
    const ends = recordEnds(log)
    const luck = createLuck(6)
    for (let trial = 0; trial < RANDOM_CUTS; trial += 1) {
      const from = trial < 20 ? (ends[2 * trial] ?? 0) : luck.below(log.length)
      const spoilt = Uint8Array.from(log)
      const zeros = luck.chance(0.5)
      for (let at = from; at < spoilt.length; at += 1) spoilt[at] = zeros ? 0 : luck.below(256)
      const whole = ends.filter((end) => end <= from).length
      const state = await found(spoilt)
      // A garbage byte may be the right one, so a batch that ends there may be whole after all.
      assert.ok(
        [whole, whole + 1].some((count) => isSame(state, states[count])),
        `${zeros ? 'zeros' : 'garbage'} from ${from}: count ${state.get('count')}, not ${whole}`,
      )
    }
  }))

test('a last batch of which any sectors are missing is whole or absent, and all before it are there', () =>
  withLog(async ({ log, found }) => {
    const states = statesUpTo(BATCHES)
    const ends = recordEnds(log)
    const luck = createLuck(7)
    // The longest batches reach over several blocks.
    const long = ends.flatMap((end, index) => (end - (ends[index - 1] ?? 0) > BLOCK ? [index] : []))
    assert.ok(long.length > 2, 'some batches are long')
    for (let trial = 0; trial < RANDOM_CUTS; trial += 1) {
      const last = luck.pick(long)
      const start = ends[last - 1] ?? 0
      const end = ends[last] ?? 0
      const torn = Uint8Array.from(log.subarray(0, end))
      for (let at = start; at < end; at += SECTOR - (at % SECTOR)) {
        if (luck.chance(0.3)) torn.fill(0, at, Math.min(end, at + SECTOR - (at % SECTOR)))
      }
      const state = await found(torn)
      assert.ok(
        isSame(state, states[last]) || isSame(state, states[last + 1]),
        `batch ${last + 1} is torn, count ${state.get('count')}`,
      )
    }
  }))

function isSame(a: State, b: State | undefined): boolean {
  return a.size === b?.size && [...a].every(([key, value]) => b.get(key) === value)
}
