/** The file by which `--local` finds a server: believed only when it is ours alone and the server answers. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runFilePath } from './home.js'
import { announceServer, findRunningServer, withdrawServer } from './run-file.js'

async function scene(context: TestContext): Promise<{
  readonly environment: { readonly LONGHAUL_HOME: string }
  readonly path: string
  readonly listener: Server
  readonly own: {
    endpoint: string
    region: string
    accessKeyId: string
    accessKeySecret: string
    pid: number
  }
}> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-run-file-'))
  const listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  context.after(async () => {
    listener.close()
    await rm(folder, { recursive: true })
  })
  const environment = { LONGHAUL_HOME: join(folder, 'deep', 'home') }
  const endpoint = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  const own = {
    endpoint,
    region: 'cn-hangzhou',
    accessKeyId: 'ID',
    accessKeySecret: 'secret',
    pid: process.pid,
  }
  return { environment, path: runFilePath(environment), listener, own }
}

test('a server that announced itself is found until it withdraws', async (context) => {
  const { environment, path, own } = await scene(context)
  await assert.rejects(findRunningServer(environment, 'lh'), /Start one with: lh serve/)
  assert.equal(await announceServer(environment, own), true)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.deepEqual(await findRunningServer(environment, 'lh'), own)
  await withdrawServer(environment, own.pid + 1)
  assert.deepEqual(await findRunningServer(environment, 'lh'), own, 'another one can not withdraw it')
  await withdrawServer(environment, own.pid)
  await assert.rejects(findRunningServer(environment, 'lh'), { code: 'invalid-argument' })
})

test('a second server leaves the first one its place while that one is alive', async (context) => {
  const { environment, own, listener } = await scene(context)
  // The process that started this test: alive, and another than this one.
  const first = { ...own, pid: process.ppid }
  assert.equal(await announceServer(environment, first), true)
  assert.equal(await announceServer(environment, own), false)
  listener.close()
  await once(listener, 'close')
  await assert.rejects(findRunningServer(environment, 'lh'), /is not running any more/)
  assert.equal(await announceServer(environment, own), true)
})

test('a file that others could have written is not believed', async (context) => {
  const { environment, path, own } = await scene(context)
  await announceServer(environment, own)
  for (const mode of [0o644, 0o660, 0o602]) {
    await chmod(path, mode)
    await assert.rejects(findRunningServer(environment, 'lh'), { code: 'denied' }, mode.toString(8))
  }
  const real = `${path}.real`
  await rm(path)
  await writeFile(real, JSON.stringify(own), { mode: 0o600 })
  await symlink(real, path)
  await assert.rejects(findRunningServer(environment, 'lh'), { code: 'denied' }, 'a link')
  await rm(path)
  await mkdir(path)
  await assert.rejects(findRunningServer(environment, 'lh'), { code: 'denied' }, 'a folder')
})

test('damaged files and files of something else lead nowhere', async (context) => {
  const { environment, path, own } = await scene(context)
  await announceServer(environment, own)
  await writeFile(path, '{"endpoint":')
  await assert.rejects(findRunningServer(environment, 'lh'), /is damaged/)
  for (const fields of [
    [],
    7,
    {},
    { ...own, pid: 'x' },
    { ...own, accessKeySecret: '' },
    { ...own, endpoint: 'no URL' },
  ]) {
    await writeFile(path, JSON.stringify(fields))
    await assert.rejects(findRunningServer(environment, 'lh'), { code: 'invalid-argument' })
  }
})
