/** The start of the real server on folders that are in use, left behind, closed to it, or damaged: it starts, or says why not. */
import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { endOf, type ServeOptions, spawnServe, startServe } from './serve-process.js'
import { createWireClient } from './wire-client.js'

const STORE_UNUSABLE = 10

async function place(context: TestContext): Promise<ServeOptions & { readonly root: string }> {
  const root = await mkdtemp(join(tmpdir(), 'longhaul-start-'))
  context.after(() => rm(root, { recursive: true, force: true }))
  return { root, dataDir: join(root, 'data'), home: join(root, 'home') }
}

/** It has to end by itself: gives its exit code and its lines on stderr. */
async function refusal(
  options: ServeOptions,
): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  const child = spawnServe(options)
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += String(chunk)
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const { code } = await endOf(child)
  clearTimeout(timer)
  return { code, lines: said.split('\n').filter((line) => line !== '') }
}

async function put(port: number, key: string): Promise<void> {
  const client = createWireClient(port)
  assert.equal((await client.ask({ method: 'PUT', bucket: 'one', key, body: key })).status, 200)
  client.close()
}

async function has(port: number, key: string): Promise<void> {
  const client = createWireClient(port)
  assert.equal((await client.ask({ method: 'GET', bucket: 'one', key })).text, key)
  client.close()
}

test('a second server on the same folder is refused in one line, and the first goes on', async (context) => {
  const options = await place(context)
  const first = await startServe(options)
  await put(first.port, 'a')
  const { code, lines } = await refusal({ ...options, home: join(options.root, 'other-home') })
  assert.equal(code, STORE_UNUSABLE)
  assert.equal(lines.length, 1, lines.join('\n'))
  assert.match(lines[0] ?? '', /Another server has the data folder .* open/)
  await put(first.port, 'b')
  await has(first.port, 'a')
  first.kill('SIGTERM')
  await first.ended
})

test('what a killed server left behind holds up nobody', async (context) => {
  const options = await place(context)
  const first = await startServe(options)
  await put(first.port, 'a')
  first.kill('SIGKILL')
  await first.ended
  assert.ok(
    (await readdir(join(options.dataDir, 'metadata'))).includes('LOCK'),
    'its lock file is still there',
  )
  const second = await startServe(options)
  await has(second.port, 'a')
  second.kill('SIGTERM')
  assert.equal((await second.ended).code, 0)
})

test('contents without their metadata are refused in one line, and left alone', async (context) => {
  const options = await place(context)
  const first = await startServe(options)
  await put(first.port, 'a')
  first.kill('SIGTERM')
  await first.ended
  await rm(join(options.dataDir, 'metadata'), { recursive: true })
  const before = await readdir(join(options.dataDir, 'contents'), { recursive: true })
  const { code, lines } = await refusal(options)
  assert.equal(code, STORE_UNUSABLE)
  assert.equal(lines.length, 1, lines.join('\n'))
  assert.match(lines[0] ?? '', /has contents, but the metadata that says what they are is missing/)
  assert.deepEqual(await readdir(join(options.dataDir, 'contents'), { recursive: true }), before)
})

test('a file in the place of the folder, or of one within it, is refused in one line', async (context) => {
  const options = await place(context)
  await writeFile(options.dataDir, 'a file')
  const whole = await refusal(options)
  await rm(options.dataDir)
  await mkdir(options.dataDir)
  await writeFile(join(options.dataDir, 'contents'), 'a file')
  const inner = await refusal(options)
  for (const { code, lines } of [whole, inner]) {
    assert.equal(code, STORE_UNUSABLE)
    assert.equal(lines.length, 1, lines.join('\n'))
    assert.match(lines[0] ?? '', /data folder .*can't be used/)
  }
})

test('a read-only folder is refused in one line', async (context) => {
  // Nothing is read-only to root.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined
  const options = { ...(await place(context)), ...(user === undefined ? {} : { user }) }
  await mkdir(options.dataDir)
  await chmod(options.root, 0o755)
  await chmod(options.dataDir, 0o555)
  const { code, lines } = await refusal(options)
  assert.equal(code, STORE_UNUSABLE, lines.join('\n'))
  assert.equal(lines.length, 1, lines.join('\n'))
  assert.match(lines[0] ?? '', /data folder .*can't be used: .*EACCES/)
})

test('a folder that was made for a server and is read-only now is refused in one line', async (context) => {
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined
  const options = { ...(await place(context)), ...(user === undefined ? {} : { user }) }
  for (const folder of ['', 'metadata', 'contents']) {
    await mkdir(join(options.dataDir, folder))
    await chmod(join(options.dataDir, folder), 0o555)
  }
  await chmod(options.root, 0o755)
  const { code, lines } = await refusal(options)
  assert.equal(code, STORE_UNUSABLE, lines.join('\n'))
  assert.equal(lines.length, 1, lines.join('\n'))
  assert.match(lines[0] ?? '', /data folder .*can't be used/)
  for (const folder of ['', 'metadata', 'contents']) await chmod(join(options.dataDir, folder), 0o755)
})

test('memory touches no disk: the data folder is not even made', async (context) => {
  const options = await place(context)
  const server = await startServe({ ...options, durability: 'memory' })
  await put(server.port, 'a')
  await has(server.port, 'a')
  server.kill('SIGTERM')
  await server.ended
  assert.ok(!(await readdir(options.root)).includes('data'))
})

test('fast outlives kill -9, since the system has what was written', async (context) => {
  const options = { ...(await place(context)), durability: 'fast' as const }
  const first = await startServe(options)
  for (const key of ['a', 'b', 'c']) await put(first.port, key)
  first.kill('SIGKILL')
  await first.ended
  const second = await startServe(options)
  for (const key of ['a', 'b', 'c']) await has(second.port, key)
  second.kill('SIGTERM')
  await second.ended
})

test('the disk gets 16 threads, or as many as were asked for', async (context) => {
  if (process.platform !== 'linux')
    return context.skip('only Linux tells the threads of a process in a folder')
  const threadsWith = async (environment: Readonly<Record<string, string>>): Promise<number> => {
    const options = await place(context)
    const server = await startServe({ ...options, environment })
    await put(server.port, 'a')
    const { length } = await readdir(`/proc/${server.pid}/task`)
    server.kill('SIGTERM')
    await server.ended
    return length
  }
  const asAsked = await threadsWith({ UV_THREADPOOL_SIZE: '3' })
  assert.equal((await threadsWith({})) - asAsked, 13)
})
