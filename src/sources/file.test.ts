import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { UploadError } from '../engine/errors.js'
import { patterned } from '../testing/source.js'
import { openFileSource } from './file.js'
import { type BlockPool, createBlockPool } from './pool.js'

const POISON = 251
let folder: string
const pool = createBlockPool({ blockSize: 64, blocks: 2 })

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longhaul-file-'))
})
after(() => rm(folder, { recursive: true }))

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

async function refused(path: string, words: RegExp): Promise<void> {
  await assert.rejects(openFileSource(path, { pool }), (error) => {
    assert.ok(error instanceof UploadError)
    assert.equal(error.code, 'source-missing')
    assert.match(error.message, words)
    return true
  })
}

test('what is no readable file is refused, saying why', async () => {
  const file = await fileOf('plain', 'x')
  const fifo = join(folder, 'fifo')
  execFileSync('mkfifo', [fifo])
  await symlink(join(folder, 'circle'), join(folder, 'circle'))
  await symlink(join(folder, 'nowhere'), join(folder, 'dangling'))
  const socketPath = join(folder, 'socket')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  try {
    await refused('', /empty/)
    await refused(join(folder, 'missing'), /does not exist/)
    await refused(join(file, 'under-a-file'), /does not exist/)
    await refused(join(folder, 'dangling'), /does not exist/)
    await refused(join(folder, 'circle'), /circle/)
    await refused(folder, /folder/)
    await refused(fifo, /no regular file/)
    await refused(socketPath, /no regular file/)
    await refused('/dev/null', /no regular file/)
    await refused('with\0zero', /no file name/)
  } finally {
    server.close()
  }
})

test('odd names open', async () => {
  for (const name of [' ', '-rf', 'ä😀', '%00', 'a\nb']) {
    const source = await openFileSource(await fileOf(name, 'content'), { pool })
    assert.equal((await source.identity()).size, 7)
    await source.close()
  }
})

test('a write in place changes the identity of both, a rename over the path only that of the name', async () => {
  const path = await fileOf('watched', 'first')
  const source = await openFileSource(path, { pool })
  const before = await source.identity()
  await appendFile(path, ' and more')
  const grown = await source.identity()
  assert.equal(grown.size, 14)
  assert.notEqual(grown.mtimeNs, before.mtimeNs)
  assert.equal(grown.inode, before.inode)
  assert.deepEqual(await source.identityByName(), grown)

  await rename(await fileOf('other', 'replacement!'), path)
  const named = await source.identityByName()
  assert.notEqual(named?.inode, grown.inode)
  assert.equal((await source.identity()).inode, grown.inode)
  let read = ''
  await source.slice(0, 5).pump(async (block) => {
    read += Buffer.from(block).toString()
  })
  assert.equal(read, 'first')

  await rm(path)
  assert.equal(await source.identityByName(), undefined)
  assert.equal((await source.identity()).size, 14)
  await source.close()
})

test('a link is followed, and its change of aim is seen by name', async () => {
  const link = join(folder, 'link')
  await symlink(await fileOf('aim-1', 'one'), link)
  const source = await openFileSource(link, { pool })
  assert.deepEqual(await source.identity(), await source.identityByName())
  await rm(link)
  await symlink(await fileOf('aim-2', 'two'), link)
  assert.notDeepEqual(await source.identity(), await source.identityByName())
  await source.close()
})

test('a path whose folder became a file names nothing any more', async () => {
  await mkdir(join(folder, 'sub'))
  const source = await openFileSource(await fileOf('sub/file', 'x'), { pool })
  await rm(join(folder, 'sub'), { recursive: true })
  await fileOf('sub', 'now a file')
  assert.equal(await source.identityByName(), undefined)
  await source.close()
})

test('a file cut while it is read is noticed, and its blocks come home', async () => {
  const path = await fileOf('shrinking', new Uint8Array(1000))
  const source = await openFileSource(path, { pool })
  let first = true
  const pumped = source.slice(0, 1000).pump(async () => {
    if (first) await truncate(path, 300)
    first = false
  })
  await assert.rejects(pumped, (error) => {
    assert.ok(error instanceof UploadError)
    assert.equal(error.code, 'source-changed')
    assert.match(error.message, /ends at byte 300/)
    return true
  })
  await home(pool, 2)
  await source.close()
})

test('a closed source can be read no more', async () => {
  const source = await openFileSource(await fileOf('closed', 'content'), { pool })
  await source.close()
  await assert.rejects(
    source.slice(0, 7).pump(async () => {}),
    UploadError,
  )
  await home(pool, 2)
})

test('a block read beforehand is the first of its range, and goes home when nobody wants it', async () => {
  const bytes = patterned(200)
  const source = await openFileSource(await fileOf('early', bytes), { pool })
  const wanted = source.earlySlice?.(30, 170)
  assert.equal(pool.free, 1)
  const got: Uint8Array[] = []
  await wanted?.pump(async (block) => void got.push(block.slice()))
  assert.deepEqual(Buffer.concat(got), Buffer.from(bytes.slice(30, 170)))
  const unwanted = source.earlySlice?.(0, 200)
  unwanted?.drop()
  const failing = source.earlySlice?.(1000, 1010)
  await assert.rejects(
    failing?.pump(async () => {}) ?? Promise.resolve(),
    (error) => error instanceof UploadError && error.code === 'source-changed',
  )
  assert.equal(source.earlySlice?.(5, 5), undefined, 'nothing to read')
  await home(pool, 2)
  await source.close()
})

test('nothing is read beforehand where no block is to spare', async () => {
  const source = await openFileSource(await fileOf('busy', patterned(200)), { pool })
  const blocks = [await pool.lease(), await pool.lease()]
  assert.equal(source.earlySlice?.(0, 100), undefined)
  for (const block of blocks) pool.give(block)
  await home(pool, 2)
  await source.close()
})

/** Whoever still looks at a block after giving it back sees nothing but poison. */
function poisoned(inner: BlockPool): BlockPool {
  return {
    blockSize: inner.blockSize,
    leaseFree: () => inner.leaseFree(),
    get free() {
      return inner.free
    },
    lease: (signal) => inner.lease(signal),
    give(block) {
      block.fill(POISON)
      inner.give(block)
    },
  }
}

async function home(blockPool: BlockPool, blocks: number): Promise<void> {
  for (let turns = 0; blockPool.free < blocks && turns < 10_000; turns += 1) await turn()
  assert.equal(blockPool.free, blocks)
}

interface PumpPlan {
  readonly from: number
  readonly length: number
  /** Turns of the event loop that the sink takes for each block. */
  readonly delays: readonly number[]
  readonly failAtCall: number
  /** Turns until the abort; none when 0. */
  readonly abortAfter: number
}

const pumpPlan = fc.record<PumpPlan>({
  from: fc.nat(400),
  length: fc.nat(300),
  delays: fc.array(fc.nat(4), { minLength: 1, maxLength: 5 }),
  failAtCall: fc.oneof(fc.constant(0), fc.nat(8)),
  abortAfter: fc.oneof(fc.constant(0), fc.nat(30)),
})

test('under slow sinks, failures and aborts no sink sees a reused block, and all blocks come home', async () => {
  const content = Uint8Array.from({ length: 700 }, (_, index) => (index * 131 + 7) % POISON)
  const path = await fileOf('poisoned', content)
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 90 }),
      fc.array(pumpPlan, { minLength: 1, maxLength: 4 }),
      async (blocks, blockSize, plans) => {
        const blockPool = poisoned(createBlockPool({ blocks, blockSize }))
        const source = await openFileSource(path, { pool: blockPool })
        await Promise.all(plans.map((plan) => runPump({ plan, source, content })))
        await home(blockPool, blocks)
        await source.close()
      },
    ),
    { numRuns: 150 },
  )
})

async function runPump({
  plan,
  source,
  content,
}: {
  readonly plan: PumpPlan
  readonly source: Awaited<ReturnType<typeof openFileSource>>
  readonly content: Uint8Array
}): Promise<void> {
  const { from, length, delays, failAtCall, abortAfter } = plan
  const abort = new AbortController()
  const failure = new Error('sink')
  let at = from
  let calls = 0
  let wrong: unknown
  const sink = async (block: Uint8Array): Promise<void> => {
    calls += 1
    const call = calls
    const expected = content.slice(at, at + block.length)
    at += block.length
    try {
      assert.deepEqual(block.slice(), expected)
      for (let turns = 0; turns < (delays[call % delays.length] ?? 0); turns += 1) await turn()
      assert.deepEqual(block.slice(), expected, 'still the sink’s own')
    } catch (error) {
      wrong = error
    }
    if (call === failAtCall) throw failure
  }
  const aborting = (async () => {
    for (let turns = 0; turns < abortAfter; turns += 1) await turn()
    if (abortAfter > 0) abort.abort(failure)
  })()
  const outcome = await source
    .slice(from, from + length)
    .pump(sink, abort.signal)
    .then(
      () => 'done',
      (error: unknown) => error,
    )
  await aborting
  for (let turns = 0; turns < 5; turns += 1) await turn()
  assert.equal(wrong, undefined)
  if (outcome === 'done') assert.equal(at, from + length)
  else assert.equal(outcome, failure)
}
