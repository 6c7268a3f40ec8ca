/** Walking folders: everything that is there is told once, links as asked, and nothing is held but the way down. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { type Found, filesUnder, type Symlinks } from '../../src/index.js'

async function temporary(t: Pick<TestContext, 'after'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-walk-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function told(folder: string, options?: Parameters<typeof filesUnder>[1]): Promise<readonly Found[]> {
  const found: Found[] = []
  for await (const each of filesUnder(folder, options)) found.push(each)
  return found
}

function shown(found: readonly Found[]): readonly string[] {
  return found
    .map((each) => {
      if (each.kind === 'file') return each.relative
      return each.kind === 'failed' ? `${each.relative}: ${each.error.code}` : `${each.relative}: ${each.why}`
    })
    .sort()
}

const posix = process.platform === 'win32' ? { skip: 'needs POSIX files' } : {}

test('every file of a tree is told once, with its path from the folder on', async (t) => {
  const name = fc.constantFrom('a', 'b', '.c', 'd e', 'é')
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => [...names, 'file'].join('/'))
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(path, { maxLength: 12 }), async (paths) => {
      const folder = await temporary(t)
      for (const each of paths) {
        await mkdir(join(folder, dirname(each)), { recursive: true })
        await writeFile(join(folder, each), '')
      }
      const found = await told(folder)
      assert.deepEqual(shown(found), [...paths].sort())
      for (const each of found) assert.equal(each.path, join(folder, each.relative))
    }),
    { numRuns: 25 },
  )
})

test('links to files, to folders, in a circle and to nothing, in each mode', posix, async (t) => {
  const folder = await temporary(t)
  await mkdir(join(folder, 'sub'))
  await writeFile(join(folder, 'sub', 'file'), '')
  await symlink('sub/file', join(folder, 'tofile'))
  await symlink('sub', join(folder, 'tofolder'))
  await symlink('..', join(folder, 'sub', 'up'))
  await symlink('gone', join(folder, 'dangling'))
  await symlink('self', join(folder, 'self'))
  const inMode = async (symlinks?: Symlinks): Promise<readonly string[]> =>
    shown(await told(folder, { symlinks }))
  const always = ['dangling: dangling', 'self: circle']
  assert.deepEqual(await inMode(), [...always, 'sub/file', 'sub/up: link', 'tofile', 'tofolder: link'].sort())
  assert.deepEqual(await inMode('files'), await inMode())
  const links = ['dangling', 'self', 'sub/up', 'tofile', 'tofolder'].map((each) => `${each}: link`)
  assert.deepEqual(await inMode('skip'), [...links, 'sub/file'].sort())
  assert.deepEqual(
    await inMode('follow'),
    [...always, 'sub/file', 'sub/up: circle', 'tofile', 'tofolder/file', 'tofolder/up: circle'].sort(),
  )
})

test('pipes and sockets are passed over, and names that are no UTF-8 fail', posix, async (t) => {
  const folder = await temporary(t)
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const server = createServer().listen(join(folder, 'socket'))
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  await writeFile(Buffer.concat([Buffer.from(`${folder}/bad`), Buffer.from([0xff])]), '').catch(() => {})
  await writeFile(join(folder, 'good\uFFFD'), '')
  const found = await told(folder)
  const expected = ['good\uFFFD', 'pipe: pipe', 'socket: socket']
  // Some file systems have no such names.
  const bad = shown(found).filter((each) => each.startsWith('bad'))
  assert.deepEqual(
    shown(found).filter((each) => !each.startsWith('bad')),
    expected,
  )
  assert.ok(bad.length === 0 || bad[0] === 'bad\uFFFD: invalid-argument', bad.join())
})

test('a folder that is not there, or no folder, is told as failed', async (t) => {
  const folder = await temporary(t)
  await writeFile(join(folder, 'file'), '')
  assert.deepEqual(shown(await told(join(folder, 'gone'))), [': source-missing'])
  assert.deepEqual(shown(await told(join(folder, 'file'))), [': source-missing'])
})

test('what is not to be entered is not even opened', async (t) => {
  const folder = await temporary(t)
  for (const name of ['yes', 'no']) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'file'), '')
  }
  assert.deepEqual(shown(await told(folder, { enter: (relative) => relative !== 'no' })), ['yes/file'])
})

test('a folder of many files is told as it is read, and left when nobody asks any more', async (t) => {
  const folder = await temporary(t)
  await Promise.all(Array.from({ length: 2000 }, (_, index) => writeFile(join(folder, `f${index}`), '')))
  let count = 0
  for await (const found of filesUnder(folder)) {
    assert.equal(found.kind, 'file')
    count += 1
    if (count === 3) break
  }
  assert.equal(count, 3)
  // Had the folder stayed open, this would tell of it as a handle that is closed by nobody.
  assert.equal((await told(folder)).length, 2000)
})
