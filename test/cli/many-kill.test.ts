/** A run of many files that is killed again and again: what it had told to be done is not sent again, and all is right at the end. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { bytesFrom, createWorld, PART, type World } from '../library/world.js'
import { mainScript } from './stage.js'

const smallFiles = 200
const numThreads = 4

interface Life {
  readonly exitCode: number | null
  /** Keys of `result` lines of files that were uploaded, and of those passed over. */
  readonly uploaded: readonly string[]
  readonly skipped: readonly string[]
}

/** @param killAfter kills it once so many files were told to be done */
async function put(world: World, tree: string, killAfter = Number.POSITIVE_INFINITY): Promise<Life> {
  const { endpoint, accessKeyId, accessKeySecret } = world.server
  const args = ['put', '--json', '-r', '-j', String(numThreads), '--multipart-threshold', String(PART)]
  const child = spawn(
    process.execPath,
    [mainScript, ...args, '--part-size', String(PART), tree, 'oss://examplebucket/'],
    {
      env: {
        PATH: process.env['PATH'],
        HOME: world.folder,
        LONGHAUL_STORE: world.store,
        OSS_ENDPOINT: endpoint,
        OSS_ACCESS_KEY_ID: accessKeyId,
        OSS_ACCESS_KEY_SECRET: accessKeySecret,
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000)
  const uploaded: string[] = []
  const skipped: string[] = []
  let rest = ''
  child.stdout.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const { type, key, skipped: reason } = JSON.parse(line) as Record<string, string>
      if (type !== 'result' || key === undefined) continue
      if (reason === undefined) uploaded.push(key)
      else skipped.push(key)
      if (uploaded.length === killAfter) child.kill('SIGKILL')
    }
  })
  const [exitCode] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  return { exitCode, uploaded, skipped }
}

test('200 files and a large one through three kills: nothing that was told is sent again', async (t) => {
  const world = await createWorld(t)
  const tree = join(world.folder, 'tree')
  await mkdir(join(tree, 'sub'), { recursive: true })
  const contents = new Map<string, Uint8Array>()
  const write = async (name: string, bytes: Uint8Array): Promise<void> => {
    contents.set(`tree/${name}`, bytes)
    await writeFile(join(tree, name), bytes)
  }
  for (let index = 0; index < smallFiles; index += 1) {
    await write(`${index % 2 === 0 ? '' : 'sub/'}f${index}`, bytesFrom(index, 100 + index))
  }
  await write('large', bytesFrom(999, 12 * PART + 5))

  const told = new Set<string>()
  for (const killAfter of [20, 70, 40]) {
    const { exitCode, uploaded, skipped } = await put(world, tree, killAfter)
    assert.equal(exitCode, null, 'it was killed')
    for (const key of uploaded) assert.ok(!told.has(key), `${key} was told before`)
    for (const key of uploaded) told.add(key)
    // A file may be done and written down without having been told.
    for (const key of skipped) told.add(key)
  }
  const last = await put(world, tree)
  assert.equal(last.exitCode, 0)
  for (const key of last.uploaded) assert.ok(!told.has(key), `${key} was told before`)
  assert.equal(last.uploaded.length + last.skipped.length, smallFiles + 1)

  // By the server's own count: only what was under way at a kill can have been stored twice. That is twice numThreads files,
  // for so many pairs of hands many/run.ts has: while one writes down what it stored, another already sends.
  const stored = new Map<string, number>()
  for (const { key = '', status } of world.asked('PutObject')) {
    if (status === 200) stored.set(key, (stored.get(key) ?? 0) + 1)
  }
  const again = [...stored.values()].reduce((sum, count) => sum + count - 1, 0)
  assert.ok(again <= 3 * 2 * numThreads, `${again} files were stored again`)
  assert.equal(stored.size, smallFiles)
  for (const [key, bytes] of contents) assert.deepEqual(await world.objectBytes(key), Buffer.from(bytes), key)
  assert.deepEqual(await world.unfinished(), [])
  const left = existsSync(world.store) ? readdirSync(world.store) : []
  assert.deepEqual(
    left.filter((name) => name.endsWith('.manifest') || name.endsWith('.journal')),
    [],
  )
})
