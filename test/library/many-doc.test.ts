/** What docs/many-files.md shows is run as it stands there, but for paths. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { listObjects } from '../../src/index.js'
import { fixture } from '../support/paths.js'
import { runProgram } from '../support/run-program.js'
import { createWorld, temporaryFolder, type World } from './world.js'

const page = readFileSync(fixture('docs/many-files.md'), 'utf8')
const [program = ''] = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code)
const [commands = ''] = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, code = '']) => code)
const mainScript = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

async function photosIn(world: World): Promise<void> {
  await mkdir(join(world.folder, 'photos', 'sub'), { recursive: true })
  for (const name of ['a.jpg', 'b.tmp', 'sub/c.jpg'])
    await writeFile(join(world.folder, 'photos', name), name)
}

function environmentOf({ server, store, folder }: World): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    LONGHAUL_STORE: store,
    OSS_ENDPOINT: server.endpoint,
    OSS_ACCESS_KEY_ID: server.accessKeyId,
    OSS_ACCESS_KEY_SECRET: server.accessKeySecret,
  }
}

async function keysOf(world: World): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const page of listObjects(world.bucket)) {
    for (const entry of page) if (entry.kind === 'object') keys.push(entry.object.key)
  }
  return keys.sort()
}

test('the program uploads the folder', { skip: !existsSync(fixture('dist/index.js')) }, async (t) => {
  const world = await createWorld(t)
  await photosIn(world)
  for (const path of ['/data/photos', '/var/lib/app/uploads']) assert.ok(program.includes(path))
  const code = program
    .replace('/data/photos', join(world.folder, 'photos'))
    .replace('/var/lib/app/uploads', world.store)
  const given = Object.entries(environmentOf(world))
    .filter(([name]) => name.startsWith('OSS_'))
    .map(([name, value]) => `process.env[${JSON.stringify(name)}] = ${JSON.stringify(value)}\n`)
  const output = await runProgram(await temporaryFolder(t), given.join('') + code)
  assert.equal(output, '3 uploaded, 0 there already, 0 failed\n')
  assert.deepEqual(await keysOf(world), ['photos/a.jpg', 'photos/b.tmp', 'photos/sub/c.jpg'])
  assert.deepEqual(world.stored(), [])
})

test('the commands put everything where the page says', { skip: process.platform === 'win32' }, async (t) => {
  const world = await createWorld(t)
  await photosIn(world)
  const script = `longhaul() { ${JSON.stringify(process.execPath)} ${JSON.stringify(mainScript)} "$@"; }\nset -e\n${commands}`
  await promisify(execFile)('sh', ['-c', script], { cwd: world.folder, env: environmentOf(world) })
  assert.deepEqual(await keysOf(world), [
    '2026/photos/a.jpg',
    '2026/photos/b.tmp',
    '2026/photos/sub/c.jpg',
    'all/a.jpg',
    'all/sub/c.jpg',
    'found/photos/a.jpg',
    'found/photos/sub/c.jpg',
    'pictures/a.jpg',
    'pictures/sub/c.jpg',
  ])
})
