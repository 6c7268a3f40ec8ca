import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Source } from '../engine/ports.js'
import { createFiles } from './file.js'
import { createBlockPool } from './pool.js'

let folder: string
const pool = createBlockPool({ blocks: 2 })
const files = createFiles(pool)

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longhaul-files-'))
})
after(() => rm(folder, { recursive: true }))

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

async function textOf(source: Source, size: number): Promise<string> {
  const pieces: Buffer[] = []
  await source.slice(0, size).pump(async (block) => void pieces.push(Buffer.from(block)))
  return Buffer.concat(pieces).toString('latin1')
}

test('files of any size have their bytes, however they are read', async () => {
  for (const size of [0, 1, 4096, 256 * 1024, 256 * 1024 + 1, 512 * 1024, 3 * 512 * 1024 + 7]) {
    const content = Buffer.alloc(size, 'The quick brown fox. ')
    const path = await fileOf(`of-${size}`, content)
    assert.equal((await files.identity(path)).size, size)
    const source = await files.open(path)
    assert.equal(await textOf(source, size), content.toString('latin1'), `${size} bytes`)
    await source.close()
    assert.equal(pool.free, 2)
  }
})

test('the first question is answered with the state in which the file was opened, later ones with the present', async () => {
  const path = await fileOf('grows', 'before')
  const source = await files.open(path)
  await appendFile(path, ' and after')
  assert.equal((await source.identity()).size, 6)
  assert.equal((await source.identity()).size, 16)
  assert.deepEqual(await source.identityByName(), await source.identity())
  await source.close()
})

test('another file under the name is seen, and none', async () => {
  const path = await fileOf('named', 'one')
  const source = await files.open(path)
  const opened = await source.identity()
  await rename(await fileOf('other', 'two'), path)
  assert.notEqual((await source.identityByName())?.inode, opened.inode)
  assert.equal(await textOf(source, 3), 'one')
  await rm(path)
  assert.equal(await source.identityByName(), undefined)
  await source.close()
})

test('what is gone, a folder, or cut short is refused in the same words as ever', async () => {
  await assert.rejects(files.identity(join(folder, 'none')), {
    code: 'source-missing',
    message: /does not exist/,
  })
  await assert.rejects(files.open(join(folder, 'none')), {
    code: 'source-missing',
    message: /does not exist/,
  })
  await assert.rejects(files.identity(folder), { code: 'source-missing', message: /is a folder/ })
  await assert.rejects(files.open(folder), { code: 'source-missing', message: /is a folder/ })
  const path = await fileOf('short', 'some text')
  const source = await files.open(path)
  await truncate(path, 4)
  await assert.rejects(textOf(source, 9), { code: 'source-changed', message: /ends at byte 4 now/ })
  assert.equal(pool.free, 2)
  await source.close()
})

test('a closed file is not asked again: its descriptor may be another file', async () => {
  const source = await files.open(await fileOf('closed', 'content'))
  await source.identity()
  await source.close()
  const other = await files.open(await fileOf('another', 'other content'))
  await assert.rejects(source.identity(), { code: 'source-missing' })
  await assert.rejects(textOf(source, 3))
  await other.close()
})
