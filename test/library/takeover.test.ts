/** Uploads that other tools left: read, found, looked up and taken over by the library, over a real socket and real files. */
import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  findForeignCheckpoints,
  readForeignCheckpoint,
  statForeignUpload,
  type TakeOverOptions,
  takeOver,
  takeoverTarget,
} from '../../src/index.js'
import { foreignDocument, sealedV1 } from '../checkpoints/foreign-samples.js'
import { element, signedUrl } from '../interop/signed-url.js'
import { bytesFrom, createWorld, failure, heldClock, PART, type World } from './world.js'

const key = 'dir/a b+中.dat'
const size = 4 * PART + 7

interface Left {
  readonly world: World
  readonly bytes: Uint8Array
  readonly file: string
  readonly uploadId: string
  readonly checkpoint: string
  take(options?: TakeOverOptions): ReturnType<typeof takeOver>
}

/** An upload with two parts at the service, and the checkpoint that the tool left of it. */
async function left(t: TestContext, tool: Parameters<typeof foreignDocument>[0] = 'oss2'): Promise<Left> {
  const world = await createWorld(t)
  const bytes = bytesFrom(1, size)
  const file = await world.file(bytes, 'f.bin')
  world.stopAtPart(3)
  const store = join(world.folder, 'elsewhere')
  await failure(world.upload(key, file, { store, multipartThreshold: 0 }), 'denied')
  world.server.faults.clear()
  const [uploadId = ''] = await world.unfinished()
  const { name, text } = foreignDocument(tool, {
    bucket: world.bucket.name,
    key,
    uploadId,
    file,
    size,
    partSize: PART,
  })
  // Where ossutil 1 keeps it, beside the file that it names by a relative path.
  await mkdir(join(world.folder, '.ossutil_checkpoint'))
  const checkpoint = join(world.folder, '.ossutil_checkpoint', name)
  await writeFile(checkpoint, text)
  const take: Left['take'] = (options) =>
    takeOver(world.bucket, checkpoint, { store: world.store, ...options })
  return { world, bytes, file, uploadId, checkpoint, take }
}

for (const tool of ['oss2', 'go-v2', 'go-v1', 'ali-oss'] as const) {
  test(`an upload of ${tool} is finished: what is there is kept, and the object is the file`, async (t) => {
    const { world, bytes, uploadId, checkpoint, take } = await left(t, tool)
    const read = await readForeignCheckpoint(checkpoint)
    assert.deepEqual([read.tool, read.key, read.uploadId, read.partSize], [tool, key, uploadId, PART])
    const before = await statForeignUpload(world.bucket, read)
    assert.ok(before.kind === 'open')
    assert.deepEqual([before.parts, before.bytes], [2, 2 * PART])
    const result = await take()
    assert.deepEqual(result.parts, { kept: 2, sent: 3 })
    assert.deepEqual([result.tool, result.uploadId, result.checkpointRemoved], [tool, uploadId, false])
    assert.deepEqual(await world.objectBytes(key), Buffer.from(bytes))
    assert.deepEqual(await world.unfinished(), [])
    assert.deepEqual(await statForeignUpload(world.bucket, read), { kind: 'gone' })
    assert.equal((await stat(checkpoint)).isFile(), true)
  })
}

test('the checkpoint is removed where that is asked for, unless the tool has written it anew', async (t) => {
  const { checkpoint, take } = await left(t)
  const text = await readFile(checkpoint, 'utf8')
  const anew = await take({
    remove: true,
    onEvent: ({ type }) => void (type === 'completing' && writeFile(checkpoint, `${text} `)),
  })
  assert.equal(anew.checkpointRemoved, false)
  const again = await take({ remove: true })
  assert.deepEqual([again.checkpointRemoved, again.parts.sent], [true, 0])
  await assert.rejects(stat(checkpoint), { code: 'ENOENT' })
})

test('what contradicts the checkpoint is refused before anything is asked', async (t) => {
  const { world, checkpoint, take } = await left(t)
  const other = world.bucketWith({ name: 'otherbucket' })
  const asked = world.server.requests.entries().length
  const wrong = await failure(takeOver(other, checkpoint, { store: world.store }), 'invalid-argument')
  assert.match(wrong.message, /is of the bucket \S+, not of otherbucket/)
  assert.match((await failure(take({ key: 'k' }), 'invalid-argument')).message, /is of the key "dir/)
  assert.match((await failure(take({ filename: `${checkpoint}.no` }), 'source-missing')).message, /not exist/)
  assert.equal(world.server.requests.entries().length, asked)
  const missing = await failure(takeOver(world.bucket, `${checkpoint}.no`), 'source-missing')
  assert.match(missing.message, /does not exist/)
})

test('a bucket that is not written down is proved by the name of the checkpoint', async (t) => {
  const { world, checkpoint, file } = await left(t, 'go-v1')
  const read = await readForeignCheckpoint(checkpoint)
  assert.equal(read.bucket, undefined)
  assert.deepEqual(takeoverTarget(read, { bucket: world.bucket.name }), {
    bucket: world.bucket.name,
    key,
    file,
  })
  assert.throws(() => takeoverTarget(read, { bucket: 'otherbucket' }), /is not of the bucket otherbucket/)
  assert.throws(() => takeoverTarget(read, {}), /does not tell which bucket/)
  // Under another name nothing proves which file a relative path means.
  const renamed = { ...read, path: join(world.folder, 'x.cp') }
  assert.throws(() => takeoverTarget(renamed, { bucket: 'otherbucket' }), /relative to the folder/)
  const { file: _, ...nameless } = { ...read, tool: 'ali-oss' as const }
  assert.throws(() => takeoverTarget(nameless, { bucket: 'b-b' }), /does not tell which file/)
})

test('an upload that was to end with a callback is not completed without one', async (t) => {
  const { world, checkpoint } = await left(t, 'go-v1')
  await writeFile(checkpoint, sealedV1({ CallbackVal: 'e30=', ObjectKey: key }))
  const refused = await failure(
    takeOver(world.bucket, checkpoint, { store: world.store, filename: join(world.folder, 'f.bin') }),
    'invalid-argument',
  )
  assert.match(refused.message, /end with a callback/)
})

test('one that was begun as sequential is finished part by part, however many threads were asked for', async (t) => {
  const held = heldClock()
  const world = await createWorld(t, { clock: held.clock })
  const { bucket, folder, store } = world
  const bytes = bytesFrom(1, 12 * PART)
  const file = await world.file(bytes)
  const signer = { server: world.server, signature: 'v4', bucket: bucket.name } as const
  const ask = async (method: string, query: Record<string, string>, body?: Uint8Array): Promise<string> => {
    const answer = await fetch(signedUrl(signer, method, { key, query }), { method, body: body ?? null })
    const text = await answer.text()
    assert.equal(answer.status, 200, text)
    return text
  }
  const uploadId = element(await ask('POST', { uploads: '', sequential: '' }), 'UploadId') ?? ''
  await ask('PUT', { partNumber: '1', uploadId }, bytes.subarray(0, PART))
  // So that a part which has no part before it comes first.
  world.server.faults.add({ operation: 'UploadPart', partNumber: 2, effect: 'delay', ms: 1 })
  const checkpoint = join(folder, 'saved.json')
  const facts = { bucket: bucket.name, key, uploadId, file, size: bytes.length, partSize: PART }
  await writeFile(checkpoint, foreignDocument('ali-oss', facts).text)
  const result = await takeOver(bucket, checkpoint, { store, numThreads: 4 })
  held.release()
  assert.equal(result.uploadId, uploadId)
  assert.ok(world.asked('UploadPart').some(({ code }) => code === 'PartNotSequential'))
  assert.deepEqual(await world.objectBytes(key), Buffer.from(bytes))
})

test('whatever lies where a checkpoint should: it is said what it is, and nothing is followed or read whole', async (t) => {
  const { world, checkpoint } = await left(t)
  const path = (name: string): string => join(world.folder, name)
  await symlink(checkpoint, path('link'))
  await writeFile(path('huge'), '')
  await truncate(path('huge'), 2 ** 40)
  await writeFile(path('binary'), new Uint8Array([0xff, 0xfe, 0x00]))
  const cases = [
    ['link', 'invalid-argument', /is a symbolic link/],
    ['huge', 'invalid-argument', /has 1099511627776 bytes, which is too much/],
    ['binary', 'invalid-argument', /is no text/],
    ['.', 'source-missing', /is a folder/],
    ['f.bin', 'invalid-argument', /is no/],
  ] as const
  for (const [name, code, why] of cases) {
    assert.match((await failure(readForeignCheckpoint(path(name)), code)).message, why)
  }
  if (process.platform === 'linux') {
    const device = await failure(readForeignCheckpoint('/dev/null'), 'source-missing')
    assert.match(device.message, /no regular file/)
  }
})

test('a folder is looked through for checkpoints; what others could have written is doubted', async (t) => {
  const { world, checkpoint } = await left(t)
  const { folder } = world
  const { name, text } = foreignDocument('go-v2', {
    bucket: 'examplebucket',
    key: 'k',
    uploadId: 'ID',
    file: '/f',
    size: 1,
    partSize: PART,
  })
  await writeFile(join(folder, name), text)
  await chmod(join(folder, name), 0o666)
  await writeFile(join(folder, 'saved.json'), await readFile(checkpoint))
  await writeFile(join(folder, 'package.json'), '{"name":"x"}')
  await writeFile(join(folder, 'broken.ucp'), text.replace('"Size":1', '"Size":2'))
  await writeFile(join(folder, 'torn.json'), '{')
  await writeFile(join(folder, `${'a'.repeat(32)}--${'b'.repeat(32)}`), '{"op_type": "Resum')
  const found = await findForeignCheckpoints({ folder })
  const told = found.map((each) =>
    each.kind === 'refused'
      ? [each.path, each.why.slice(each.path.length)]
      : [each.checkpoint.path, each.checkpoint.tool, each.doubt],
  )
  const torn = ' is no JSON: it is no checkpoint, or was cut off while it was written.'
  assert.deepEqual(
    told.sort(),
    [
      [join(folder, name), 'go-v2', 'every user of this machine may write to it'],
      [join(folder, 'broken.ucp'), ' is damaged or was changed: its MD5 is not that of its data.'],
      [join(folder, 'saved.json'), 'oss2', undefined],
      [join(folder, `${'a'.repeat(32)}--${'b'.repeat(32)}`), torn],
      [checkpoint, 'oss2', undefined],
    ].sort(),
  )
  const missing = await failure(findForeignCheckpoints({ folder: join(folder, 'none') }), 'source-missing')
  assert.match(missing.message, /none does not exist/)
})
