/** The check of a real service, against the embedded server: it passes, it fails where it must, and it leaves nothing. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { useBucket } from '../../src/index.js'
import { createWorld, type World } from '../library/world.js'

const PROGRAM = fileURLToPath(new URL('./check-service.js', import.meta.url))
const LIMIT_MS = 120_000

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function checkService(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ran> {
  // It runs tests itself, which must not take themselves for part of this one.
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...inherited, ...environment },
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...written }))
  })
}

async function createBucket(t: TestContext) {
  const world = await createWorld(t)
  const { endpoint, accessKeyId, accessKeySecret } = world.server
  return {
    world,
    args: ['--endpoint', endpoint, '--bucket', 'examplebucket'],
    keys: { OSS_ACCESS_KEY_ID: accessKeyId, OSS_ACCESS_KEY_SECRET: accessKeySecret, OSS_SESSION_TOKEN: '' },
  }
}

async function assertEmpty(world: World): Promise<void> {
  world.server.faults.clear()
  const signal = new AbortController().signal
  const { objects } = await useBucket(world.bucket, (client) => client.listObjects({ signal }))
  assert.deepEqual([objects, await world.unfinished()], [[], []])
}

for (const version of ['v1', 'v4']) {
  test(`a good service passes, signed with ${version}, and keeps nothing`, async (t) => {
    const { world, args, keys } = await createBucket(t)
    const more = ['--signature-version', version, '--region', 'cn-hangzhou']
    const { code, stdout, stderr } = await checkService([...args, ...more], keys)
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, /^operation +result +note\n/)
    assert.match(stdout, /^parts sent in any order .* passed +\d+ ms$/m)
    assert.match(stdout, /^an upload is killed and resumed +passed +\d+ of 24 parts kept$/m)
    assert.match(stdout, /\n(\d\d) passed, 0 failed\n$/)
    assert.ok(world.asked('CompleteMultipartUpload').length > 5)
    const keysSeen = world.server.requests.entries().flatMap(({ key }) => key ?? [])
    assert.ok(keysSeen.every((key) => /^longhaul-check-[0-9a-f]{12}\//.test(key)))
    assert.ok(!(stdout + stderr).includes(keys.OSS_ACCESS_KEY_SECRET))
    await assertEmpty(world)
  })
}

test('a service that fails is told by its row and by the exit code, and is cleared up all the same', async (t) => {
  const { world, args, keys } = await createBucket(t)
  world.server.faults.add(
    { operation: 'CompleteMultipartUpload', effect: 'error', code: 'AccessDenied', status: 403, times: null },
    { operation: 'AbortMultipartUpload', effect: 'error', code: 'InternalError', times: 3 },
  )
  const { code, stdout } = await checkService(args, keys)
  assert.equal(code, 1, stdout)
  assert.match(stdout, /^parts sent in any order .* FAILED .*AccessDenied/m)
  assert.match(stdout, /^an upload is killed and resumed +FAILED /m)
  assert.match(stdout, /^a second PutObject .* passed /m)
  assert.match(stdout, /^everything is cleared away +passed +\d+ objects, [1-9]\d* uploads were left$/m)
  await assertEmpty(world)
})

test('wrong keys fail every check, and wrong arguments end with 2', async (t) => {
  const { world, args, keys } = await createBucket(t)
  const wrong = await checkService(args, { ...keys, OSS_ACCESS_KEY_SECRET: 'wrong' })
  assert.equal(wrong.code, 1)
  assert.match(wrong.stdout, /\n0 passed, \d\d failed\n$/)
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /--endpoint and --bucket/],
    [args.slice(0, 2), /--endpoint and --bucket/],
    [[...args, '--signature-version', 'v2'], /v1 or v4, not v2/],
    [[...args, '--what'], /--what/],
    [['--endpoint', 'nowhere', '--bucket', 'examplebucket'], /nowhere/],
  ]
  for (const [given, message] of cases) {
    const { code, stderr, stdout } = await checkService(given, keys)
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, message)
    assert.match(stderr, /npm run check:service/)
  }
  const noKeys = await checkService(args, { ...keys, OSS_ACCESS_KEY_ID: '' })
  assert.equal(noKeys.code, 2)
  await assertEmpty(world)
})
