/** The journal store on disks and folders that fail: it says so before anything is sent, and never loses a good line. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { journalStore } from '../../src/checkpoints/journal.js'
import type { WriteBytes } from '../../src/checkpoints/journal-disk.js'
import { decodeCheckpoint, encodeHeader, encodeLine } from '../../src/checkpoints/lines.js'
import { checkpointId } from '../../src/checkpoints/names.js'
import { UploadError } from '../../src/engine/errors.js'

const target = { service: 'cn-hangzhou', bucket: 'b', key: 'dir/object.dat' }
const JOURNAL = `${checkpointId(target)}.journal`
const posix = process.platform === 'win32' ? { skip: 'needs POSIX files' } : {}

let top: string
let folder: string
let journal: string

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'longhaul-broken-'))
  folder = join(top, 'uploads')
  journal = join(folder, JOURNAL)
})
afterEach(() => rm(top, { recursive: true }))

async function unusable(work: () => Promise<unknown>, words: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof UploadError, String(error))
    assert.equal(error.code, 'store-unusable')
    assert.match(error.message, words)
    return true
  })
}

async function linesOnDisk(): Promise<readonly unknown[]> {
  const decoded = decodeCheckpoint(await readFile(journal))
  assert.equal(decoded.kind, 'readable')
  if (decoded.kind !== 'readable') return []
  assert.deepEqual(decoded.damaged, [])
  return decoded.lines
}

test('a home that is missing is made, for this user alone', posix, async () => {
  const before = process.umask(0)
  try {
    const home = join(top, 'no', 'such', 'home')
    const store = journalStore(join(home, '.longhaul', 'uploads'))
    assert.deepEqual(await store.list(), [])
    await assert.rejects(lstat(home), 'listing makes nothing')
    const log = await store.acquire(target)
    await log.append({ kind: 'intent' })
    const inside = join(home, '.longhaul', 'uploads')
    assert.equal((await lstat(inside)).mode & 0o777, 0o700)
    assert.equal((await lstat(join(home, '.longhaul'))).mode & 0o777, 0o700)
    const files = (await readdir(inside)).filter((name) => !name.endsWith('.sock'))
    assert.equal(files.length, 3, 'the journal, and the record of this process under two names')
    for (const name of files) assert.equal((await lstat(join(inside, name))).mode & 0o777, 0o600, name)
    await log.release()
  } finally {
    process.umask(before)
  }
})

test('a store without a name is refused, rather than taken for the working directory', () => {
  assert.throws(() => journalStore(''), { code: 'invalid-argument' })
})

test('a file where the folder or one above it should be', posix, async () => {
  await writeFile(folder, 'a file')
  await unusable(() => journalStore(folder).acquire(target), /it is no folder/)
  await unusable(() => journalStore(join(folder, 'below')).acquire(target), /it is no folder/)
  await unusable(() => journalStore(folder).list(), /it is no folder/)
  assert.equal(await readFile(folder, 'utf8'), 'a file')
})

test('a folder that is a symbolic link is refused', posix, async () => {
  await mkdir(join(top, 'real'))
  await symlink(join(top, 'real'), folder)
  await unusable(() => journalStore(folder).acquire(target), /symbolic link/)
  await unusable(() => journalStore(`${folder}/`).acquire(target), /symbolic link/)
  assert.deepEqual(await readdir(join(top, 'real')), [])
})

test('a journal that is a symbolic link is neither followed nor listed', posix, async () => {
  const victim = join(top, 'victim')
  await writeFile(victim, 'precious')
  await mkdir(folder)
  await symlink(victim, journal)
  const log = await journalStore(folder).acquire(target)
  await unusable(() => log.read(), /symbolic link/)
  await unusable(() => log.append({ kind: 'intent' }), /symbolic link/)
  await log.release()
  assert.equal(await readFile(victim, 'utf8'), 'precious')
  assert.deepEqual(await journalStore(folder).list(), [])
})

test('a FIFO or a folder in the journal’s place is refused without hanging', posix, async () => {
  await mkdir(folder)
  execFileSync('mkfifo', [journal])
  const log = await journalStore(folder).acquire(target)
  await unusable(() => log.read(), /no regular file/)
  await unusable(() => log.append({ kind: 'intent' }), /no regular file|symbolic link|can't be kept/)
  await rm(journal)
  await mkdir(journal)
  await unusable(() => log.read(), /no regular file/)
  await unusable(() => log.append({ kind: 'intent' }), /can't be kept/)
  await log.release()
})

test('a folder that may not be written to', posix, async (context) => {
  await mkdir(folder)
  const script = `
    const { journalStore } = await import(${JSON.stringify(new URL('../../src/checkpoints/journal.js', import.meta.url).href)})
    for (const folder of [${JSON.stringify(folder)}, ${JSON.stringify(join(folder, 'below'))}]) {
      await journalStore(folder).acquire(${JSON.stringify(target)}).catch((error) => console.log(error.code + ': ' + error.message))
    }
  `
  await chmod(top, 0o755)
  await chmod(folder, 0o555)
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  const { stdout, error } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: '/',
    ...nobody,
  })
  await chmod(folder, 0o755)
  if (error !== undefined)
    return context.skip(`no process of another user can be started here: ${error.message}`)
  const lines = stdout.trim().split('\n')
  assert.equal(lines.length, 2, stdout)
  for (const line of lines) assert.match(line, /^store-unusable: .*may not write there/)
})

/** Runs out of space after so many bytes of the write with this number. */
function fullAt(options: { readonly writeNumber: number; readonly bytes: number }): WriteBytes {
  let writes = 0
  return async (handle, bytes) => {
    writes += 1
    if (writes !== options.writeNumber) return handle.appendFile(bytes)
    await handle.appendFile(bytes.subarray(0, options.bytes))
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  }
}

test('a disk that fills up within a line loses that line and no other', async () => {
  const line = { kind: 'stored', partNumber: 2 }
  const length = encodeLine(line).length
  for (let bytes = 0; bytes <= length; bytes += 1) {
    const store = journalStore(folder, { write: fullAt({ writeNumber: 2, bytes }) })
    const log = await store.acquire(target)
    await log.append({ kind: 'stored', partNumber: 1 })
    await unusable(() => log.append(line), /disk is full. Free some space/)
    assert.deepEqual(await linesOnDisk(), [{ kind: 'stored', partNumber: 1 }])
    await log.append({ kind: 'stored', partNumber: 3 })
    const expected = [1, 3].map((partNumber) => ({ kind: 'stored', partNumber }))
    assert.deepEqual((await log.read()).lines, expected)
    assert.deepEqual(await linesOnDisk(), expected)
    await log.remove()
    await log.release()
  }
})

test('a disk that is full from the start fails the first append, and works once there is space', async () => {
  const log = await journalStore(folder, { write: fullAt({ writeNumber: 1, bytes: 30 }) }).acquire(target)
  await unusable(() => log.append({ kind: 'intent' }), /disk is full/)
  assert.deepEqual(await log.read(), { lines: [], damaged: [] })
  await log.append({ kind: 'intent' })
  assert.deepEqual(await linesOnDisk(), [{ kind: 'intent' }])
  await log.release()
  const [summary] = await journalStore(folder).list()
  assert.deepEqual(summary?.target, target)
})

test('appends that share a failing write are all refused', async () => {
  const log = await journalStore(folder, { write: fullAt({ writeNumber: 1, bytes: 100 }) }).acquire(target)
  const outcomes = await Promise.allSettled([1, 2, 3].map((n) => log.append({ n })))
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  )
  await log.append({ n: 4 })
  assert.deepEqual(await linesOnDisk(), [{ n: 4 }])
  await log.release()
})

test('a half-written line that could not be cut off at once is cut off before the next append', async () => {
  let failed = false
  const breaking: WriteBytes = async (handle, bytes) => {
    if (failed || bytes.length > 120) return handle.appendFile(bytes)
    failed = true
    await handle.appendFile(bytes.subarray(0, 10))
    await handle.close()
    throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' })
  }
  const log = await journalStore(folder, { write: breaking }).acquire(target)
  await log.append({ n: 1 })
  await unusable(() => log.append({ n: 2 }), /EIO/)
  assert.equal(failed, true)
  assert.deepEqual((await log.read()).lines, [{ n: 1 }])
  await log.append({ n: 3 })
  assert.deepEqual(await linesOnDisk(), [{ n: 1 }, { n: 3 }])
  await log.release()
})

test('a file torn at any byte is read up to its last whole line, and goes on from there', async () => {
  const whole = Buffer.concat([encodeHeader(target), encodeLine({ n: 1 }), encodeLine({ n: 2 })])
  const store = journalStore(folder)
  await mkdir(folder)
  for (let length = 0; length <= whole.length; length += 1) {
    await writeFile(journal, whole.subarray(0, length))
    const log = await store.acquire(target)
    const { lines, damaged } = await log.read()
    assert.deepEqual(damaged, [])
    await log.append({ n: 'later' })
    assert.deepEqual(await linesOnDisk(), [...lines, { n: 'later' }])
    const [summary] = await store.list()
    assert.deepEqual(summary?.target, target, 'the header is there, written anew where it was torn')
    await log.remove()
    await log.release()
  }
})

test('damaged lines are handed over as text, and stay in the file', async () => {
  const good = encodeLine({ n: 1 })
  const bad = Buffer.from(encodeLine({ n: 2 }))
  bad[20] = 0x7e
  await mkdir(folder)
  await writeFile(journal, Buffer.concat([encodeHeader(target), bad, good]))
  const log = await journalStore(folder).acquire(target)
  const { lines, damaged } = await log.read()
  assert.deepEqual(lines, [{ n: 1 }])
  assert.deepEqual(damaged, [bad.toString().trimEnd()])
  await log.append({ n: 3 })
  assert.deepEqual((await log.read()).damaged.length, 1)
  const aside = await log.setAside()
  assert.match(aside, /object\.dat-[0-9a-f]{32}\.damaged-\d{8}T\d{9}Z$/)
  assert.ok((await readFile(aside)).includes(bad))
  await log.release()
})

test('a checkpoint of a later version is refused and left as it is', async () => {
  const later = Buffer.concat([
    encodeLine({ format: 'longhaul-checkpoint', v: 2, target }),
    encodeLine({ kind: 'something new' }),
    Buffer.from('torn'),
  ])
  await mkdir(folder)
  await writeFile(journal, later)
  const log = await journalStore(folder).acquire(target)
  await unusable(() => log.read(), /does not know \(longhaul-checkpoint, version 2\)/)
  await unusable(() => log.append({ kind: 'intent' }), /version 2/)
  await log.release()
  assert.deepEqual(await readFile(journal), later)
  const [summary] = await journalStore(folder).list()
  assert.deepEqual(summary?.lines, [])
})

test('a real file system without space', posix, async (context) => {
  await mkdir(folder)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder])
  if (mounted.status !== 0) return context.skip('no file system can be mounted here')
  try {
    const log = await journalStore(folder).acquire(target)
    await log.append({ n: 0 })
    await fill(join(folder, 'ballast'))
    const kept: unknown[] = [{ n: 0 }]
    let refusals = 0
    for (let n = 1; n <= 40; n += 1) {
      const line = { n, padding: 'x'.repeat(997) }
      await log.append(line).then(
        () => kept.push(line),
        (error: unknown) => {
          assert.ok(error instanceof UploadError && error.code === 'store-unusable')
          refusals += 1
        },
      )
    }
    assert.ok(refusals > 0)
    assert.deepEqual((await log.read()).lines, kept)
    const other = await journalStore(folder).acquire({ ...target, key: 'another' })
    await unusable(() => other.append({ n: 0 }), /disk is full/)
    await other.remove()
    await other.release()
    await rm(join(folder, 'ballast'))
    await log.append({ n: 'last' })
    assert.deepEqual(await linesOnDisk(), [...kept, { n: 'last' }])
    await log.remove()
    await log.release()
    assert.deepEqual(await readdir(folder), [])
  } finally {
    execFileSync('umount', ['-l', folder])
  }
})

async function fill(path: string): Promise<void> {
  for (let block = 1; block <= 64; block += 1) {
    try {
      await writeFile(path, Buffer.alloc(4096), { flag: 'a' })
    } catch {
      return
    }
  }
}

test('a folder that vanishes takes nobody’s hold away, but nothing can be written there', posix, async () => {
  const log = await journalStore(folder).acquire(target)
  await log.append({ kind: 'intent' })
  await rm(folder, { recursive: true })
  assert.equal(await log.held(), true)
  await unusable(() => log.append({ kind: 'opened' }), /disappeared/)
  await unusable(() => log.append({ kind: 'opened' }), /disappeared/)
  assert.equal(await log.held(), true)
  await log.remove()
  await log.release()
  await assert.rejects(lstat(folder), 'nothing of it comes back')
})

test('a folder that vanishes and is made again by another holder: the hold is theirs', posix, async () => {
  const log = await journalStore(folder).acquire(target)
  await rm(folder, { recursive: true })
  assert.equal(await log.held(), true)
  await mkdir(folder, { mode: 0o700 })
  assert.equal(await log.held(), true, 'nobody has taken it')
  const other = await journalStore(folder).acquire(target, { steal: true })
  assert.equal(await log.held(), false)
  await assert.rejects(log.append({ kind: 'opened' }), { code: 'locked' })
  await log.release()
  assert.equal(await other.held(), true)
  await other.release()
})

test('a checkpoint that is removed under its holder is missed at the next line', posix, async () => {
  const log = await journalStore(folder).acquire(target)
  await log.append({ kind: 'intent' })
  await rm(journal)
  await unusable(() => log.append({ kind: 'opened' }), /disappeared/)
  await log.append({ kind: 'stored' })
  assert.deepEqual(await linesOnDisk(), [{ kind: 'stored' }])
  await log.release()
})
