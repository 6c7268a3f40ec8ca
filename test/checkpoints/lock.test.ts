/** The lock between real processes: killed, stopped, many at once, on other hosts. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { journalStore } from '../../src/checkpoints/journal.js'
import { encodeLock, type LockRecord } from '../../src/checkpoints/lock-record.js'
import { targetHash } from '../../src/checkpoints/names.js'
import { whoAmI } from '../../src/checkpoints/process-identity.js'
import { UploadError } from '../../src/engine/errors.js'
import { target } from './holder.js'

const HOLDER = fileURLToPath(new URL('./holder.js', import.meta.url))
const onLinux = process.platform === 'linux' ? {} : { skip: 'needs /proc and signals' }

let folder: string
let children: ChildProcess[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longhaul-lock-'))
  children = []
})
afterEach(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

function start(...args: string[]): ChildProcess {
  const child = fork(HOLDER, args, { execArgv: [] })
  children.push(child)
  return child
}

async function said(child: ChildProcess): Promise<string> {
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => [`exited ${code}`]),
  ])
  return String(message)
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

async function refusal(steal = false): Promise<UploadError> {
  const error = await journalStore(folder)
    .acquire(target, { steal })
    .then(
      () => assert.fail('should have been refused'),
      (reason: unknown) => reason,
    )
  assert.ok(error instanceof UploadError, String(error))
  assert.equal(error.code, 'locked')
  assert.equal(error.retryable, true)
  return error
}

/** Takes and releases the hold, and checks that nothing but the journal stays. */
async function acquireAndRelease(): Promise<void> {
  const log = await journalStore(folder).acquire(target)
  assert.equal(await log.held(), true)
  await log.release()
  const others = (await readdir(folder)).filter((name) => !name.endsWith('.journal'))
  assert.deepEqual(others, [])
}

test('the second process is told who holds it; the hold passes on by release', async () => {
  const child = start('hold', folder)
  assert.equal(await said(child), 'held')
  const { message } = await refusal()
  assert.match(message, new RegExp(`^b/dir/object\\.dat is held by process ${child.pid} on host `))
  assert.match(message, /since 2\d\d\d-/)
  const [summary] = await journalStore(folder).list()
  assert.match(summary?.heldBy ?? '', new RegExp(`process ${child.pid} `))
  child.send('release')
  assert.equal(await said(child), 'done')
  await acquireAndRelease()
})

test('a killed holder holds nothing, and what it wrote is there', async () => {
  const child = start('hold', folder)
  assert.equal(await said(child), 'held')
  await kill(child)
  const [summary] = await journalStore(folder).list()
  assert.equal(summary?.heldBy, undefined)
  const log = await journalStore(folder).acquire(target)
  assert.deepEqual((await log.read()).lines, [{ pid: child.pid }])
  await log.release()
  await acquireAndRelease()
})

test('a stopped holder still holds', onLinux, async () => {
  const child = start('hold', folder)
  assert.equal(await said(child), 'held')
  child.kill('SIGSTOP')
  await refusal()
  child.kill('SIGCONT')
})

test('killed at any moment of taking hold, a process leaves nothing in the way and nothing behind', async () => {
  for (let time = 1; time <= 16; time += 1) {
    const child = start('hold', folder)
    // From before the program is loaded to after it holds.
    await sleep(30 + time * 5)
    await kill(child)
    await acquireAndRelease()
  }
})

test('of ten processes one at a time is inside', async () => {
  await writeFile(join(folder, 'counter'), '0')
  const rounds = 3
  const all = Array.from({ length: 10 }, () => start('count', folder, String(rounds)))
  assert.deepEqual(
    await Promise.all(all.map(said)),
    all.map(() => 'done'),
  )
  assert.equal(await readFile(join(folder, 'counter'), 'utf8'), String(10 * rounds))
  assert.deepEqual(await readdir(join(folder, 'store')), [])
})

test('stealing takes it at once, and the robbed process does no harm when it goes', async () => {
  const child = start('hold', folder)
  assert.equal(await said(child), 'held')
  const thief = await journalStore(folder).acquire(target, { steal: true })
  assert.equal(await thief.held(), true)
  child.send('release')
  assert.equal(await said(child), 'done')
  assert.equal(await thief.held(), true)
  await thief.append({ by: 'thief' })
  assert.deepEqual((await thief.read()).lines, [{ pid: child.pid }, { by: 'thief' }])
  await thief.release()
  await acquireAndRelease()
})

test('a hold that is forgotten keeps no process alive', () => {
  const { status } = spawnSync(process.execPath, [HOLDER, 'forget', folder], { timeout: 30_000 })
  assert.equal(status, 0)
})

test('a deep folder, past the length of a socket’s path, is locked the same way', async () => {
  const top = folder
  folder = join(top, 'deep-'.repeat(30), 'deeper-'.repeat(20))
  try {
    const child = start('hold', folder)
    assert.equal(await said(child), 'held')
    const sockets = (await readdir(folder)).filter((name) => name.endsWith('.sock'))
    assert.equal(sockets.length, process.platform === 'linux' ? 1 : 0)
    await refusal()
    await kill(child)
    await acquireAndRelease()
  } finally {
    folder = top
  }
})

/** A lock file as another process would have left it. */
async function leaveLock(changes: Partial<LockRecord>): Promise<void> {
  const token = '0123456789abcdef'
  const record: LockRecord = {
    ...(await whoAmI()),
    v: 1,
    token,
    socket: `${targetHash(target)}.${token}.sock`,
    since: '2024-05-01T10:00:00.000Z',
    ...changes,
  }
  await writeFile(join(folder, `${targetHash(target)}.${token}.lock`), encodeLock(record))
}

test('a lock from another host is respected, until it is taken by force', async () => {
  await leaveLock({ host: 'another-host', pid: 4711 })
  const { message } = await refusal()
  assert.match(message, /process 4711 on host another-host, since 2024-05-01T10:00:00.000Z/)
  const log = await journalStore(folder).acquire(target, { steal: true })
  assert.equal(await log.held(), true)
  await log.release()
  await acquireAndRelease()
})

test('a lock from before the last boot of this machine is void', onLinux, async (context) => {
  if ((await whoAmI()).machineId === '') return context.skip('this machine has no id')
  await leaveLock({ bootId: '00000000-0000-4000-8000-000000000000' })
  await acquireAndRelease()
})

test('a lock without a socket stands and falls with its process', onLinux, async () => {
  const child = start('hold', join(folder, 'elsewhere'))
  assert.equal(await said(child), 'held')
  assert.ok(child.pid)
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8')
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  await leaveLock({ pid: child.pid, startTime, socket: null })
  await refusal()
  await leaveLock({ pid: child.pid, startTime: '1', socket: null })
  const log = await journalStore(folder).acquire(target)
  await log.release()
  await leaveLock({ pid: child.pid, startTime, socket: null })
  await kill(child)
  const later = await journalStore(folder).acquire(target)
  await later.release()
})

test('a socket file that was cleaned away does not make a living holder dead', onLinux, async () => {
  const child = start('hold', folder)
  assert.equal(await said(child), 'held')
  for (const name of await readdir(folder)) if (name.endsWith('.sock')) await unlink(join(folder, name))
  await refusal()
})

test('an unreadable lock file counts as held, and can be taken by force', async () => {
  await writeFile(join(folder, `${targetHash(target)}.00.lock`), '')
  assert.match((await refusal()).message, /an unknown process/)
  const log = await journalStore(folder).acquire(target, { steal: true })
  await log.release()
  await acquireAndRelease()
})

test('what a dead process left before its lock was up is cleared away', async () => {
  const name = `${targetHash(target)}.00`
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(folder, `${name}.sock`), resolve))
  await writeFile(join(folder, `${name}.tmp`), '{')
  const log = await journalStore(folder).acquire(target)
  await log.release()
  const left = await readdir(folder)
  await new Promise((resolve) => server.close(resolve))
  assert.equal(left.length, 2, 'its owner still listens')

  const copy = join(folder, 'copy')
  await mkdir(copy)
  // A socket's file outlives the socket when its process is killed; closing it in order would remove the file.
  spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(join(copy, `${name}.sock`))}, () => process.kill(process.pid, 'SIGKILL'))`,
  ])
  await writeFile(join(copy, `${name}.tmp`), '{')
  const other = await journalStore(copy).acquire(target)
  await other.release()
  assert.deepEqual(await readdir(copy), [])
})
