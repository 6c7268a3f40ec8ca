/**
 * Whatever happened to a checkpoint file: the object is right in the end, no part that is still known is sent again, and
 * no upload of ours stays behind unless its id was lost with the file.
 */
import assert from 'node:assert/strict'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { crc64 } from '../../src/checksum/index.js'
import type { UploadEvent, UploadResult } from '../../src/index.js'
import { bytesFrom, createWorld, failure, PART, type World } from './world.js'

const bytes = bytesFrom(1, 5 * PART)

interface Interrupted {
  readonly world: World
  readonly filename: string
  readonly path: string
  /** The checkpoint's lines, the header first, each with its end. */
  readonly lines: readonly string[]
}

/** An upload with lines of every kind in its checkpoint: parts stored, parts verified by a second run, Complete refused. */
async function interrupted(t: TestContext): Promise<Interrupted> {
  const world = await createWorld(t)
  const filename = await world.file(bytes)
  world.stopAtPart(3)
  await failure(world.upload('k', filename), 'denied')
  const refused = { effect: 'error', code: 'AccessDenied', status: 403 } as const
  world.server.faults.add({ operation: 'CompleteMultipartUpload', ...refused })
  await failure(world.upload('k', filename), 'denied')
  world.server.requests.clear()
  const [name = ''] = world.stored()
  const path = join(world.store, name)
  const text = await readFile(path, 'latin1')
  return { world, filename, path, lines: text.match(/[^\n]*\n/g) ?? [] }
}

const kinds = [
  'header',
  'intent',
  'opened',
  'stored',
  'stored',
  'failed',
  'verified',
  'verified',
  'stored',
  'stored',
  'stored',
  'completing',
  'failed',
]

async function assertRight({
  world,
  filename,
}: Interrupted): Promise<{ result: UploadResult; events: readonly UploadEvent[] }> {
  const uploading = world.upload('k', filename)
  const result = await uploading
  assert.deepEqual(await world.objectBytes('k'), bytes)
  return { result, events: uploading.events }
}

async function assertTidy(world: World): Promise<void> {
  assert.deepEqual(await world.unfinished(), [])
  assert.deepEqual(
    world.stored().filter((name) => !name.includes('.damaged-')),
    [],
  )
}

test('these are the lines that a checkpoint has', async (t) => {
  const { lines } = await interrupted(t)
  assert.equal(lines.length, kinds.length, lines.join(''))
  for (const [index, kind] of kinds.entries()) {
    if (index > 0) assert.match(lines[index] ?? '', new RegExp(`"kind":"${kind}"`))
  }
})

for (const [index, kind] of kinds.entries()) {
  for (const how of ['a flipped bit in', 'cut off in', 'cut off before'] as const) {
    test(`${how} line ${index}, ${kind}`, async (t) => {
      const past = await interrupted(t)
      const line = past.lines[index] ?? ''
      const before = past.lines.slice(0, index).join('')
      const middle = Math.floor(line.length / 2)
      const flipped =
        line.slice(0, middle) + String.fromCharCode(line.charCodeAt(middle) ^ 1) + line.slice(middle + 1)
      const text = {
        'a flipped bit in': before + flipped + past.lines.slice(index + 1).join(''),
        'cut off in': before + line.slice(0, middle),
        'cut off before': before,
      }[how]
      await writeFile(past.path, text, 'latin1')
      const [uploadId = ''] = await past.world.unfinished()
      const { result, events } = await assertRight(past)
      // The plan and the headers were in the line that is lost: the upload begins anew.
      const lostOpening = how === 'a flipped bit in' ? kind === 'opened' : index <= kinds.indexOf('opened')
      assert.equal(result.resumed, !lostOpening)
      assert.deepEqual(result.parts, lostOpening ? { kept: 0, sent: 5 } : { kept: 5, sent: 0 })
      const aside = past.world.stored().filter((name) => name.includes('.damaged-'))
      const told = events.flatMap((event) => (event.type === 'checkpoint-set-aside' ? event.uploadIds : []))
      const isSetAside = lostOpening && how === 'a flipped bit in'
      assert.deepEqual([aside.length, told], isSetAside ? [1, [uploadId]] : [0, []])
      if (!lostOpening || isSetAside) {
        await assertTidy(past.world)
      } else {
        // Its id is gone with its line, so it is not ours to abort; with the intent left, it is at least reported.
        assert.deepEqual(await past.world.unfinished(), [uploadId])
        const suspected = events.flatMap((event) =>
          event.type === 'orphans-suspected' ? event.uploadIds : [],
        )
        assert.deepEqual(suspected, index === kinds.indexOf('opened') ? [uploadId] : [])
      }
    })
  }
}

const contents: Readonly<Record<string, string | Buffer>> = {
  'an empty file': '',
  'one newline': '\n',
  'zeros, as after a power loss': Buffer.alloc(2000),
  'random bytes': bytesFrom(9, 5000),
  'somebody else’s JSON': '{"op_type": "ResumableUpload", "upload_id": "2D03"}\n',
  'a JSON list': '[1,2,3]\n[]\nnull\n',
}

for (const [name, content] of Object.entries(contents)) {
  test(`in its place: ${name}`, async (t) => {
    const past = await interrupted(t)
    await writeFile(past.path, content)
    await assertRight(past)
    assert.deepEqual(
      past.world.stored().filter((each) => !each.includes('.damaged-')),
      [],
    )
  })
}

test('a damaged line that opened the upload, and nothing after it: its id is read from what is left', async (t) => {
  const past = await interrupted(t)
  const [header = '', intent = '', opened = ''] = past.lines
  await writeFile(
    past.path,
    header + intent + opened.replace('"partSize":102400', '"partSize":102401'),
    'latin1',
  )
  const { result } = await assertRight(past)
  assert.deepEqual([result.resumed, result.parts.sent], [false, 5])
  await assertTidy(past.world)
})

test('lines doubled and in another order do no harm', async (t) => {
  const past = await interrupted(t)
  const [header = '', intent = '', opened = '', ...rest] = past.lines
  await writeFile(
    past.path,
    [header, intent, opened, opened, ...rest.toReversed(), ...rest].join(''),
    'latin1',
  )
  assert.deepEqual(
    (await assertRight(past)).events.filter(({ type }) => type === 'restarted'),
    [],
  )
  await assertTidy(past.world)
})

test('a checkpoint of a version to come is left alone, and said to be that', async (t) => {
  const past = await interrupted(t)
  const json =
    past.lines[0]
      ?.slice(17)
      .trimEnd()
      .replace(/"v":1\b/, '"v":2') ?? ''
  assert.match(json, /"v":2/)
  const check = crc64(Buffer.from(json)).toString(16).padStart(16, '0')
  const text = `${check} ${json}\n${past.lines.slice(1).join('')}`
  await writeFile(past.path, text, 'latin1')
  const { world, filename } = past
  await failure(world.upload('k', filename), 'store-unusable', /version 2/)
  await failure(world.upload('k', filename, { restart: true }), 'store-unusable', /version 2/)
  assert.equal(await readFile(past.path, 'latin1'), text)
  assert.equal(world.server.requests.entries().length, 0)
  // Other targets in the same folder are not concerned.
  await world.upload('other', filename)
})

test('a folder in its place', async (t) => {
  const past = await interrupted(t)
  const { world, filename } = past
  await rm(past.path)
  await mkdir(past.path)
  await failure(world.upload('k', filename), 'store-unusable')
  assert.equal(world.server.requests.entries().length, 0)
  await rm(past.path, { recursive: true })
  await assertRight(past)
})
