/** The command line as a process among others: what it loads, readers that go away, signals, what it leaves behind. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sameWishMs } from '../../src/cli/stop-signals.js'
import { createServer } from '../../src/server/index.js'
import { mainScript } from './stage.js'

const compiled = dirname(dirname(mainScript))
const keys = { accessKeyId: 'LHPROCESS', accessKeySecret: 'secret' }
const MiB = 1024 * 1024

/** What loading a compiled module loads at once: our files from `src/`, and packages. */
async function loadedBy(path: string, seen = new Set<string>()): Promise<ReadonlySet<string>> {
  const name = relative(compiled, path)
  if (seen.has(name)) return seen
  seen.add(name)
  const text = await readFile(path, 'utf8')
  for (const [, specifier = ''] of text.matchAll(
    /^(?:import\s|(?:import|export)\s[^'"]*?\sfrom\s)['"]([^'"]+)['"]/gm,
  )) {
    if (specifier.startsWith('.')) await loadedBy(resolve(dirname(path), specifier), seen)
    else seen.add(specifier)
  }
  return seen
}

async function scene(context: TestContext): Promise<{ folder: string; environment: NodeJS.ProcessEnv }> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-process-'))
  const server = await createServer({ buckets: ['examplebucket'], credentials: keys })
  context.after(async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })
  await mkdir(join(folder, 'tmp'))
  const environment = {
    PATH: process.env['PATH'],
    HOME: folder,
    TMPDIR: join(folder, 'tmp'),
    LONGHAUL_HOME: join(folder, 'home'),
    LONGHAUL_STORE: join(folder, 'store'),
    OSS_ENDPOINT: server.endpoint,
    OSS_ACCESS_KEY_ID: keys.accessKeyId,
    OSS_ACCESS_KEY_SECRET: keys.accessKeySecret,
  }
  return { folder, environment }
}

function longhaul(args: readonly string[], environment: NodeJS.ProcessEnv, cwd: string): ChildProcess {
  return spawn(process.execPath, [mainScript, ...args], {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  })
}

function textOf(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.on('data', (chunk) => {
    text += String(chunk)
  })
  return () => text
}

/** Resolves when the output so far contains the text. */
function printed(child: ChildProcess, wanted: string): Promise<void> {
  let text = ''
  return new Promise((done) => {
    child.stdout?.on('data', (chunk) => {
      text += String(chunk)
      if (text.includes(wanted)) done()
    })
  })
}

test('help loads commander and small files of its own, neither the library nor the server', async () => {
  const loaded = [...(await loadedBy(mainScript))]
  assert.ok(loaded.includes('cli/main.js') && loaded.includes('commander'))
  assert.deepEqual(
    loaded.filter((name) => !name.startsWith('cli/') && !name.startsWith('node:') && name !== 'commander'),
    [],
  )
  assert.ok(!loaded.some((name) => name.startsWith('cli/commands/')))
})

test('put loads neither the server nor its database', async () => {
  const loaded = [...(await loadedBy(join(compiled, 'cli/commands/put.js')))]
  assert.ok(loaded.includes('index.js'), 'the scan follows imports')
  assert.deepEqual(
    loaded.filter((name) => name.startsWith('server/') || name === 'classic-level'),
    [],
  )
})

test('an upload goes on when nobody reads its output any more', async (context) => {
  const { folder, environment } = await scene(context)
  await writeFile(join(folder, 'a.bin'), new Uint8Array(5 * MiB))
  const args = [
    'put',
    '--json',
    '--part-size',
    '1MiB',
    '--multipart-threshold',
    '1MiB',
    '--limit-rate',
    '10MiB/s',
  ]
  const child = longhaul([...args, 'a.bin', 'oss://examplebucket/a'], environment, folder)
  const complaints = textOf(child)
  child.stdout?.once('data', () => child.stdout?.destroy())
  const [code] = await once(child, 'close')
  assert.equal(complaints(), '')
  assert.equal(code, 0)
  const verify = longhaul(['verify', 'a.bin', 'oss://examplebucket/a'], environment, folder)
  assert.deepEqual(await once(verify, 'exit'), [0, null])
})

test('a download to a reader that goes away ends with one line', async (context) => {
  const { folder, environment } = await scene(context)
  await writeFile(join(folder, 'a.bin'), new Uint8Array(20 * MiB))
  const put = longhaul(['put', '--quiet', 'a.bin', 'oss://examplebucket/a'], environment, folder)
  assert.deepEqual(await once(put, 'exit'), [0, null])
  const get = longhaul(['get', 'oss://examplebucket/a', '-'], environment, folder)
  const complaints = textOf(get)
  get.stdout?.once('data', () => get.stdout?.destroy())
  const [code] = await once(get, 'close')
  assert.match(complaints(), /^longhaul: Whoever read standard output has gone[^\n]*\n$/)
  assert.equal(code, 130)
})

test('a demo that is stopped ends its processes and leaves nothing behind', async (context) => {
  const { folder, environment } = await scene(context)
  const child = longhaul(['demo', '--size', '32MiB'], environment, folder)
  const complaints = textOf(child)
  await printed(child, 'First run')
  child.kill('SIGINT')
  const [code] = await once(child, 'close')
  assert.equal(complaints(), 'longhaul: Stopped by SIGINT.\n')
  assert.equal(code, 130)
  assert.deepEqual(await readdir(join(folder, 'tmp')), [])
  assert.deepEqual((await readdir(folder)).sort(), ['tmp'])
})

test('a Ctrl-C that arrives twice, as through npx, is one', async (context) => {
  const { folder, environment } = await scene(context)
  await writeFile(join(folder, 'a.bin'), new Uint8Array(4 * MiB))
  const upload = ['--part-size', '1MiB', '--multipart-threshold', '0', '--limit-rate', '1MiB/s']
  const child = longhaul(['put', '--json', ...upload, 'a.bin', 'oss://examplebucket/a'], environment, folder)
  const complaints = textOf(child)
  await printed(child, '"part-stored"')
  child.kill('SIGINT')
  const interval = setInterval(() => child.kill('SIGINT'), 1)
  setTimeout(() => clearInterval(interval), sameWishMs / 2)
  const [code] = await once(child, 'close')
  clearInterval(interval)
  assert.equal(code, 130)
  assert.match(complaints(), /Kept: \d parts? of 4/)
  assert.equal((await readdir(join(folder, 'store'))).filter((name) => !name.endsWith('.journal')).length, 0)
})

test('a demo whose terminal is closed leaves nothing behind', async (context) => {
  const { folder, environment } = await scene(context)
  const child = longhaul(['demo', '--size', '32MiB'], environment, folder)
  await printed(child, 'First run')
  child.kill('SIGHUP')
  assert.deepEqual(await once(child, 'exit'), [129, null])
  assert.deepEqual(await readdir(join(folder, 'tmp')), [])
})

test('a demo that is ended at once takes its folder and its processes with it', async (context) => {
  const { folder, environment } = await scene(context)
  const children = async (pid: number): Promise<readonly number[]> =>
    (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number)
  const child = longhaul(['demo', '--size', '32MiB'], environment, folder)
  const pid = child.pid ?? 0
  if ((await readFile(`/proc/${pid}/task/${pid}/children`).catch(() => undefined)) === undefined) {
    child.kill('SIGKILL')
    context.skip('this system does not tell the children of a process')
    return
  }
  await printed(child, 'First run')
  const [server = 0] = await children(pid)
  // Stopped, it can't end when it is asked to, and the demo has to wait for it.
  process.kill(server, 'SIGSTOP')
  child.kill('SIGINT')
  await sleep(sameWishMs + 200)
  assert.equal(child.exitCode, null)
  child.kill('SIGINT')
  assert.deepEqual(await once(child, 'exit'), [130, null])
  assert.deepEqual(await readdir(join(folder, 'tmp')), [])
  for (let look = 1; look <= 300 && isThere(server); look += 1) await sleep(10)
  assert.ok(!isThere(server))
})

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a server whose parent vanishes does not stay behind', async (context) => {
  const { folder, environment } = await scene(context)
  const args = [mainScript, 'serve', '--json', '--port', '0', '--durability', 'memory']
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    timeout: 60_000,
  })
  await printed(child, '"listening"')
  child.disconnect()
  assert.deepEqual(await once(child, 'exit'), [0, null])
  assert.deepEqual(await readdir(join(folder, 'home')), [])
})

test('the second signal ends a server that is still finishing a request', async (context) => {
  const { folder, environment } = await scene(context)
  const child = longhaul(['serve', '--json', '--port', '0', '--durability', 'memory'], environment, folder)
  let text = ''
  child.stdout?.on('data', (chunk) => {
    text += String(chunk)
  })
  await printed(child, '\n')
  const { endpoint } = JSON.parse(text) as { endpoint: string }
  const port = Number(new URL(endpoint).port)
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  socket.write(`PUT /examplebucket/a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${100 * MiB}\r\n\r\n`)
  // The refusal has come, and the server goes on reading for a while.
  await once(socket, 'data')
  child.kill('SIGTERM')
  // Its file is the first thing it takes back.
  for (let look = 1; look <= 500 && (await readdir(join(folder, 'home'))).length > 0; look += 1)
    await sleep(10)
  // Sooner it would count as the first one, passed on by a launcher.
  await sleep(sameWishMs + 100)
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [143, null])
  socket.destroy()
})

test('a stack is shown to those who ask for it, and only to them', async (context) => {
  const { folder, environment } = await scene(context)
  for (const debug of ['0', '1']) {
    const child = longhaul(
      ['verify', 'missing', 'oss://examplebucket/a'],
      { ...environment, LONGHAUL_DEBUG: debug },
      folder,
    )
    const complaints = textOf(child)
    assert.equal((await once(child, 'close'))[0], 4)
    assert.equal(/\n\s+at /.test(complaints()), debug === '1')
  }
})
