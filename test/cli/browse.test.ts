/** `ls` and `rm` where a transcript can't go: consent at a terminal, thousands of keys, odd names, a reader that has gone. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ls } from '../../src/cli/commands/ls.js'
import { type RmFlags, rm } from '../../src/cli/commands/rm.js'
import { UsageError } from '../../src/cli/failure.js'
import type { World as CliWorld } from '../../src/cli/world.js'
import { putObjects } from '../library/put-objects.js'
import { createWorld, type World } from '../library/world.js'

interface Stage {
  readonly world: World
  /** Lines of stdout. */
  readonly lines: string[]
  /** How often it was written to in whole pages. */
  readonly pages: number[]
  /** Whether somebody still reads. */
  reads: boolean
  readonly cli: CliWorld
  readonly endpoint: string
  rm(flags?: Partial<RmFlags>, ask?: CliWorld['ask']): Promise<number>
}

async function openStage(t: TestContext, keys: readonly string[]): Promise<Stage> {
  const world = await createWorld(t)
  await putObjects(world, keys)
  const { endpoint, accessKeyId, accessKeySecret } = world.server
  const cli: CliWorld = {
    screen: {
      out: (line) => void stage.lines.push(line),
      async outBytes(bytes) {
        const lines = Buffer.from(bytes).toString('utf8').split('\n').slice(0, -1)
        stage.pages.push(lines.length)
        stage.lines.push(...lines)
        return stage.reads
      },
      err() {},
      status() {},
      clearStatus() {},
      moving: false,
      columns: () => 80,
      rows: () => 24,
      flush: async () => {},
    },
    environment: { OSS_ACCESS_KEY_ID: accessKeyId, OSS_ACCESS_KEY_SECRET: accessKeySecret },
    script: '',
    program: 'longhaul',
    args: [],
    signal: new AbortController().signal,
    stoppedBy: () => undefined,
    atSuddenEnd: () => () => {},
  }
  const stage: Stage = {
    world,
    lines: [],
    pages: [],
    reads: true,
    cli,
    endpoint,
    rm: (flags = {}, ask) =>
      rm(['oss://examplebucket/k'], { endpoint, recursive: true, ...flags }, ask ? { ...cli, ask } : cli),
  }
  return stage
}

const many = Array.from({ length: 2003 }, (_, index) => `k${String(index).padStart(4, '0')}`)

test('a long list is printed page by page, and a limit asks for no more than it needs', async (t) => {
  const stage = await openStage(t, many)
  const { endpoint, cli, lines, pages, world } = stage
  assert.equal(await ls('oss://examplebucket', { endpoint, recursive: true }, cli), 0)
  assert.deepEqual(pages, [1000, 1000, 3])
  assert.deepEqual(
    lines.slice(0, -1).map((line) => line.split('/').at(-1)),
    many,
  )
  assert.match(lines.at(-1) ?? '', /^2003 objects of 9\.8 KiB in /)

  pages.length = 0
  lines.length = 0
  world.server.requests.clear()
  assert.equal(await ls('oss://examplebucket', { endpoint, limit: 1500, json: true }, cli), 0)
  assert.deepEqual(pages, [1000, 500])
  const summary = {
    type: 'summary',
    v: 1,
    exitCode: 0,
    count: 1500,
    prefixes: 0,
    bytes: 7500,
    truncated: true,
  }
  assert.deepEqual(JSON.parse(lines.at(-1) ?? ''), summary)
  assert.equal(world.server.requests.count('ListObjectsV2'), 2)

  // Whoever reads no more, as `head` does, ends the listing.
  stage.reads = false
  world.server.requests.clear()
  assert.equal(await ls('oss://examplebucket', { endpoint }, cli), 0)
  assert.equal(world.server.requests.count('ListObjectsV2'), 1)

  // All of it goes, page after page; the question tells that one page is not all.
  lines.length = 0
  const exitCode = await stage.rm({}, async (question) => {
    assert.match(
      question,
      /^Remove more than 1000 objects of 4\.9 KiB, all whose keys begin with oss:\/\/examplebucket\/k\? /,
    )
    return 'yes'
  })
  assert.equal(exitCode, 0)
  assert.equal(lines.length, many.length + 1)
  assert.equal(lines.at(-1), '2003 objects of 9.8 KiB were removed')
  stage.reads = true
  lines.length = 0
  await ls('oss://examplebucket', { endpoint }, cli)
  assert.deepEqual(lines, ['Nothing in oss://examplebucket/'])
})

test('names that would move the cursor or turn a line around are shown escaped, as a shell reads them back', async (t) => {
  const { cli, endpoint, lines } = await openStage(t, [
    "a\n\u001b[2Jb'c",
    'k\u202egpj.exe',
    'plain name 世界',
  ])
  await ls('oss://examplebucket', { endpoint }, cli)
  assert.deepEqual(
    lines.slice(0, -1).map((line) => line.slice(37)),
    [
      "$'oss://examplebucket/a\\x0a\\x1b[2Jb\\'c'",
      "$'oss://examplebucket/k\\u202egpj.exe'",
      'oss://examplebucket/plain name 世界',
    ],
  )
  lines.length = 0
  await ls('oss://examplebucket', { endpoint, json: true }, cli)
  assert.deepEqual(
    lines.slice(0, -1).map((line) => JSON.parse(line).key),
    ["a\n\u001b[2Jb'c", 'k\u202egpj.exe', 'plain name 世界'],
  )
})

test('at a terminal rm -r asks; anything but yes removes nothing, and --json or no terminal refuse', async (t) => {
  const stage = await openStage(t, ['k1', 'k2'])
  for (const answer of ['', 'n', 'yeah']) {
    const exitCode = await stage.rm({}, async (question) => {
      assert.match(question, /^Remove 2 objects of 10 B, .* There is no way back\. \[y\/N\] $/)
      return answer
    })
    assert.equal(exitCode, 0)
    assert.equal(stage.lines.at(-1), 'Nothing was removed.')
  }
  await assert.rejects(stage.rm(), UsageError)
  await assert.rejects(
    stage.rm({ json: true }, async () => 'y'),
    UsageError,
  )
  assert.equal(stage.world.asked('DeleteObject').length, 0)
  assert.equal(await stage.rm({ quiet: true }, async () => 'Y'), 0)
  assert.equal(stage.lines.at(-1), 'Nothing was removed.')
  assert.equal(await stage.rm({ yes: true }), 0)
  assert.match(stage.lines.at(-1) ?? '', /^There is no object whose key begins so/)
})
