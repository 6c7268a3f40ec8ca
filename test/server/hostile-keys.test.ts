/** No key, however written, leaves the data folder or names a file; and nothing that is secret is told to anybody. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { test } from 'node:test'
import { openDiskStorage } from '../../src/server/index.js'
import {
  CREDENTIALS,
  chunksOf,
  completionOf,
  createWorld,
  initiate,
  replyOf,
  sendPart,
  wireOf,
} from './world.js'

const KEYS = [
  '..',
  '../x',
  '../../../../../../tmp/longhaul-escaped',
  './x',
  'a/../../x',
  'a/..',
  '....//....//x',
  'dir/',
  'dir//x',
  '.',
  'C:\\x',
  'a\\..\\..\\x',
  'CON',
  'nul.txt',
  'trailing.',
  'trailing ',
  ' leading',
  '~root',
  '-rf',
  '$(touch escaped)',
  '`touch escaped`',
  '|x',
  'a\u0000b',
  'a\nb',
  '\u202etxt.exe',
  'CURRENT',
  'LOCK',
  'contents/x',
  'ledger',
  '__proto__',
  '%2e%2e%2fx',
  '%252e%252e%252fx',
  'x'.repeat(1023),
  '😀'.repeat(255),
  'a/'.repeat(500),
  'Ä',
  'A\u0308',
]

/** All files below a folder, by their path from there. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}

test('whatever a key is called, the data folder has its own files alone, and all else stays as it was', async () => {
  const root = await mkdtemp(join(tmpdir(), 'longhaul-keys-'))
  try {
    const dataDir = join(root, 'a', 'data')
    await mkdir(join(root, 'a'))
    await writeFile(join(root, 'x'), 'before')
    await writeFile(join(root, 'a', 'x'), 'before')
    const storage = await openDiskStorage({ folder: dataDir, durability: 'fast' })
    const world = await createWorld({ storage })
    const at = (key: string) => ({ bucket: 'examplebucket', key })
    for (const key of KEYS) {
      await world.expect(200, { method: 'PUT', ...at(key), body: `put ${key}` })
      const parted = `${key.slice(0, 500)}+parts`
      const uploadId = await initiate(world, parted)
      const etag = await sendPart(world, { key: parted, uploadId }, 1, Buffer.from('part'))
      const query = { uploadId }
      await world.expect(200, {
        method: 'POST',
        ...at(parted),
        query,
        body: completionOf([{ partNumber: 1, etag }]),
      })
      const abandoned = await initiate(world, key)
      await sendPart(world, { key, uploadId: abandoned }, 1, Buffer.from('never completed'))
    }
    for (const key of KEYS) {
      assert.equal((await world.expect(200, { method: 'GET', ...at(key) })).text, `put ${key}`)
    }
    await storage.close()

    const outside = (await filesBelow(root)).filter((name) => !name.startsWith('a/data/'))
    assert.deepEqual(outside, ['a/x', 'x'])
    for (const name of outside) assert.equal(await readFile(join(root, name), 'utf8'), 'before')
    // Names that the server makes up itself: of the key nothing is in them, nor of the bucket.
    const shape =
      /^(contents\/[0-9a-f]{2}\/[0-9a-z]+|metadata\/(CURRENT|LOCK|LOG(\.old)?|MANIFEST-\d+|\d+\.(log|ldb)))$/
    assert.deepEqual(
      (await filesBelow(dataDir)).filter((name) => !shape.test(name)),
      [],
    )
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})

test('neither the request log nor an error document tells a secret, a signature that would fit, or a token', async () => {
  const secret = 'a-secret-that-nobody-else-has'
  const session = { accessKeyId: 'STS.1', accessKeySecret: secret, securityToken: 'token-of-the-session' }
  const failures: unknown[] = []
  const world = await createWorld({
    credentials: [CREDENTIALS, session],
    onInternalError: (error) => failures.push(error),
  })
  const told: string[] = []
  for (const signed of ['v1', 'v4', 'v1-url', 'v4-url'] as const) {
    const asked = { method: 'GET', bucket: 'examplebucket', key: 'k', signed, credentials: session } as const
    const right = wireOf(asked, world.clock.time)
    const fits = [
      ...(right.headers['authorization'] ?? right.target).matchAll(/ignature=([^&,]+)|:(.+)$/g),
    ].map(([, first, second]) => decodeURIComponent(first ?? second ?? ''))
    assert.equal(fits.length, 1, signed)
    const wrong = wireOf(
      { ...asked, credentials: { ...session, accessKeySecret: 'wrong' } },
      world.clock.time,
    )
    const other = wireOf({ ...asked, credentials: { ...session, securityToken: 'other' } }, world.clock.time)
    for (const { target, headers } of [wrong, other, right]) {
      const reply = await replyOf(
        await world.handler({ method: 'GET', target, headers, body: chunksOf(new Uint8Array()) }),
      )
      assert.ok(reply.status >= 400)
      const text = reply.text + JSON.stringify(reply.headers)
      for (const fitting of fits)
        assert.ok(!text.includes(fitting), `${signed}: a signature that fits is told`)
      told.push(text)
    }
  }
  assert.deepEqual(failures, [])
  for (const text of told) assert.ok(!text.includes(secret))
  const log = JSON.stringify(world.log)
  for (const word of [secret, session.securityToken, 'Signature=', 'OSS4-HMAC'])
    assert.ok(!log.includes(word), word)
})
