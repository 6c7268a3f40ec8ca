/** Every example of every help is run against the embedded server: what is shown has to work. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { announceServer } from '../../src/cli/run-file.js'
import { type PendingUpload, pendingUploads } from '../../src/index.js'
import { bytesFrom, createWorld, failure, temporaryFolder, type World } from '../library/world.js'
import { type Ran, runInProcess } from './in-process.js'
import { examples } from './pages/sources.js'
import { mainScript } from './stage.js'
import { wordsOf } from './transcript.js'

const files: Readonly<Record<string, number>> = {
  'backup.tar': 300_000,
  'disk.img': 2_000_000,
  'log.gz': 1000,
}

/** Objects that examples read, compare or remove, and the file that each was made from. */
const objects: Readonly<Record<string, string>> = {
  'backups/backup.tar': 'backup.tar',
  'backups/old.tar': 'log.gz',
  'backups/2023-01.tar': 'log.gz',
  'disk.img': 'disk.img',
  'tmp/a': 'log.gz',
}

/** What an example says of a place that a test can't have, and what the test says instead. */
function adapted(example: string, scene: Scene): string {
  const word = /\b3f9c21aa\b/
  const made = example
    .replace(word, scene.pendingId)
    .replace(/^serve\b/, 'serve --port 0')
    .replace('/var/lib/oss', join(scene.folder, 'oss'))
    .replace('/data/', `${scene.folder}/`)
    .replace('~/', `${scene.folder}/`)
    .replace(/^demo$/, 'demo --size 1MiB')
    .replace('64MiB', '1MiB')
  return made.replace('--port 0 --port 0', '--port 0')
}

interface Scene {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>> & { readonly LONGHAUL_STORE: string }
  readonly pendingId: string
}

/** A folder with files, objects at the service, an unfinished upload and a server that --local finds. */
async function sceneIn(world: World, t: TestContext): Promise<Scene> {
  const folder = await temporaryFolder(t)
  for (const [name, size] of Object.entries(files)) writeFileSync(join(folder, name), bytesFrom(1, size))
  mkdirSync(join(folder, 'tmp'))
  for (const name of ['photos/a.jpg', 'site/index.html', 'logs/today/a.gz']) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), name)
  }
  const store = join(folder, 'store')
  for (const [key, file] of Object.entries(objects)) {
    await world.upload(key, join(folder, file), { store, multipartThreshold: 10_000_000 })
  }
  world.stopAtPart(2)
  await failure(world.upload('unfinished', join(folder, 'backup.tar'), { store }), 'denied')
  world.server.faults.clear()
  const [pending] = await pendingUploads(store)
  leaveForeign(folder, pending)
  const { endpoint, region, accessKeyId, accessKeySecret } = world.server
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    LONGHAUL_HOME: join(folder, 'home'),
    LONGHAUL_STORE: store,
    OSS_ENDPOINT: endpoint,
    OSS_ACCESS_KEY_ID: accessKeyId,
    OSS_ACCESS_KEY_SECRET: accessKeySecret,
  }
  await announceServer(environment, { endpoint, region, accessKeyId, accessKeySecret, pid: process.pid })
  return { folder, environment, pendingId: (pending?.id ?? '').slice(-32).slice(0, 8) }
}

/** The same unfinished upload as oss2 and ali-oss would have left it. */
function leaveForeign(folder: string, pending: PendingUpload | undefined): void {
  const { uploadId, key = '', size, partSize, source: file } = pending ?? {}
  const { mtimeMs } = statSync(join(folder, 'backup.tar'))
  mkdirSync(join(folder, '.py-oss-upload'))
  writeFileSync(
    join(folder, '.py-oss-upload', 'd36fc07f5d963b319b1b48e20a9b8ae9--6d46ae4b95da73851a93fc79b04bcbe5'),
    JSON.stringify({
      op_type: 'ResumableUpload',
      upload_id: uploadId,
      file_path: file,
      size,
      mtime: mtimeMs / 1000,
      bucket: 'examplebucket',
      key,
      part_size: partSize,
    }),
  )
  writeFileSync(
    join(folder, 'checkpoint.json'),
    JSON.stringify({ file, name: key, fileSize: size, partSize, uploadId, doneParts: [] }),
  )
}

async function run(example: string, { folder, environment }: Scene): Promise<Ran> {
  if (/[|<>]/.test(example)) {
    const script = `set -euo pipefail; longhaul() { "${process.execPath}" "${mainScript}" "$@"; }; longhaul ${example}`
    // The server is in this process, which must not wait with its hands tied.
    return new Promise((resolve) => {
      const options = { cwd: folder, env: environment, timeout: 60_000 }
      execFile('bash', ['-c', script], options, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        resolve({ exitCode, out: stdout.split('\n'), err: stderr.split('\n') })
      })
    })
  }
  const before = process.cwd()
  process.chdir(folder)
  // What looks around on this machine looks into the scene alone.
  const { HOME, TMPDIR } = process.env
  Object.assign(process.env, { HOME: environment['HOME'], TMPDIR: join(folder, 'tmp') })
  try {
    const stop = new AbortController()
    // A server runs until it is told to stop, once it listens.
    const onLine = (): void => {
      if (example.startsWith('serve')) stop.abort(new Error('stopped by the test'))
    }
    if (/^config .*--profile backup/.test(example)) {
      await runInProcess(['config', 'set', 'region', 'cn-hangzhou', '--profile', 'backup'], environment)
    }
    const answer = example.includes('secret') ? 'a-secret' : ''
    return await runInProcess(wordsOf(example), environment, { signal: stop.signal, onLine, answer })
  } finally {
    process.chdir(before)
    for (const [name, value] of Object.entries({ HOME, TMPDIR })) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

test('there are examples', () => {
  assert.ok(examples.length > 25)
  assert.equal(new Set(examples).size, examples.length)
})

for (const example of examples) {
  test(`longhaul ${example}`, async (t) => {
    const world = await createWorld(t)
    const scene = await sceneIn(world, t)
    if (example.startsWith('takeover')) rmSync(scene.environment.LONGHAUL_STORE, { recursive: true })
    // Whoever downloads has no such file yet.
    const isDownload = example.startsWith('get ')
    const there = isDownload ? { ...scene, folder: await temporaryFolder(t) } : scene
    const { exitCode, out, err } = await run(adapted(example, scene), there)
    assert.equal(exitCode, 0, [...out, ...err].join('\n'))
  })
}
