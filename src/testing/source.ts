/** What every source owes the engine. `make` gives a source over the bytes, and says when all it lent has come home. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { UploadError } from '../engine/errors.js'
import type { Source } from '../engine/ports.js'

export interface SourceWorld {
  readonly source: Source
  /** Blocks lent out now; 0 for a source that lends none. */
  lent(): number
  close(): Promise<void>
}

export function sourceContract(name: string, make: (bytes: Uint8Array) => Promise<SourceWorld>): void {
  const check = (
    title: string,
    size: number,
    body: (world: SourceWorld, bytes: Uint8Array) => Promise<void>,
  ) =>
    test(`${name}: ${title}`, async () => {
      const bytes = patterned(size)
      const world = await make(bytes)
      try {
        await body(world, bytes)
        for (let turns = 0; world.lent() > 0 && turns < 10_000; turns += 1) await turn()
        assert.equal(world.lent(), 0, 'every block came home')
      } finally {
        await world.close()
      }
    })

  check('any range gives exactly its bytes, as often as asked', 1000, async ({ source }, bytes) => {
    const edges = [0, 1, 6, 7, 8, 63, 64, 65, 100, 101, 511, 999, 1000]
    const ranges = edges.flatMap((start) =>
      edges.filter((end) => end >= start).map((end) => ({ start, end })),
    )
    for (const { start, end } of ranges) {
      const slice = source.slice(start, end)
      assert.equal(slice.start, start)
      assert.equal(slice.size, end - start)
      for (let time = 1; time <= 2; time += 1) {
        assert.deepEqual(await collect(source, start, end), bytes.slice(start, end))
      }
    }
  })

  check('ranges can be read at the same time', 5000, async ({ source }, bytes) => {
    const starts = Array.from({ length: 10 }, (_, index) => index * 500)
    const ranges = await Promise.all(starts.map((start) => collect(source, start, start + 500)))
    assert.deepEqual(Buffer.concat(ranges), Buffer.from(bytes))
  })

  check('an empty range is read without a block', 10, async ({ source }) => {
    for (const at of [0, 5, 10]) {
      await source.slice(at, at).pump(async () => assert.fail('no bytes, no call'))
    }
  })

  check('an empty source has an empty range', 0, async ({ source }) => {
    assert.equal((await source.identity()).size, 0)
    await source.slice(0, 0).pump(async () => assert.fail('no bytes, no call'))
  })

  check('a single byte is a source', 1, async ({ source }, bytes) => {
    assert.deepEqual(await collect(source, 0, 1), bytes)
  })

  check('what is no range is refused at once', 10, async ({ source }) => {
    for (const [start, end] of [
      [-1, 5],
      [5, 4],
      [0.5, 5],
      [0, Number.NaN],
      [0, Number.POSITIVE_INFINITY],
    ] as const) {
      assert.throws(() => source.slice(start, end), RangeError)
    }
  })

  check(
    'a range past the end gives no byte too many and fails as changed',
    100,
    async ({ source }, bytes) => {
      for (const [start, end] of [
        [0, 101],
        [99, 200],
        [100, 101],
        [5000, 5001],
      ] as const) {
        const seen: Uint8Array[] = []
        const pumped = source.slice(start, end).pump(async (block) => void seen.push(block.slice()))
        await assert.rejects(
          pumped,
          (error) => error instanceof UploadError && error.code === 'source-changed',
        )
        const got = Buffer.concat(seen)
        assert.deepEqual(got, Buffer.from(bytes.slice(start, start + got.length)))
      }
    },
  )

  check('the sink has one block at a time', 1000, async ({ source }) => {
    let busy = false
    await source.slice(0, 1000).pump(async () => {
      assert.equal(busy, false)
      busy = true
      await turn()
      busy = false
    })
    assert.equal(busy, false, 'the last block was released before the pump ended')
  })

  check("the sink's error ends the pump, thrown or rejected", 1000, async ({ source }) => {
    const failure = new Error('the socket broke')
    let calls = 0
    const rejecting = async (): Promise<void> => {
      calls += 1
      await turn()
      throw failure
    }
    await assert.rejects(source.slice(0, 1000).pump(rejecting), (error) => error === failure)
    await turn()
    assert.equal(calls, 1)
    const throwing = (): Promise<void> => {
      throw failure
    }
    await assert.rejects(source.slice(0, 1000).pump(throwing), (error) => error === failure)
  })

  check('an abort before the start reads nothing', 1000, async ({ source }) => {
    const reason = new Error('stop')
    const pumped = source.slice(0, 1000).pump(async () => assert.fail('aborted'), AbortSignal.abort(reason))
    await assert.rejects(pumped, (error) => error === reason)
  })

  check(
    'an abort is heard while the sink is stuck, and the sink is called no more',
    1000,
    async ({ source }) => {
      const abort = new AbortController()
      const reason = new Error('stop')
      let calls = 0
      let unstick = (): void => {}
      const stuck = new Promise<void>((resolve) => {
        unstick = resolve
      })
      const pumped = source.slice(0, 1000).pump(() => {
        calls += 1
        setImmediate(() => abort.abort(reason))
        return stuck
      }, abort.signal)
      await assert.rejects(pumped, (error) => error === reason)
      unstick()
      for (let turns = 0; turns < 20; turns += 1) await turn()
      assert.equal(calls, 1)
    },
  )

  check('an unchanged source keeps its identity, under its name too', 321, async ({ source }) => {
    const identity = await source.identity()
    assert.equal(identity.size, 321)
    for (const value of [identity.mtimeNs, identity.ctimeNs, identity.device, identity.inode]) {
      assert.match(value, /^-?\d+$/)
    }
    await collect(source, 0, 321)
    assert.deepEqual(await source.identity(), identity)
    assert.deepEqual(await source.identityByName(), identity)
  })
}

/** Bytes without a short period, and without the poison that tests write into blocks given back. */
export function patterned(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 131 + (index >> 8) * 17) % POISON)
}

export const POISON = 251

async function collect(source: Source, start: number, end: number): Promise<Uint8Array> {
  const blocks: Uint8Array[] = []
  await source.slice(start, end).pump(async (block) => {
    assert.ok(block.length > 0)
    blocks.push(block.slice())
  })
  return Uint8Array.from(Buffer.concat(blocks))
}
