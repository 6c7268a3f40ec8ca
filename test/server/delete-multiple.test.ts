/** DeleteMultipleObjects: what goes, what is said of it, and what is refused before anything goes. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { deleteMultipleObjects } from '../../src/protocol/operations/delete-multiple-objects.js'
import { field, inBoth, inBucket } from './both.js'
import type { Ask, World } from './world.js'

function deleteAsk(body: string, query: Record<string, string> = {}): Ask {
  const md5 = createHash('md5').update(body).digest('base64')
  return {
    method: 'POST',
    ...inBucket,
    query: { delete: '', ...query },
    body,
    headers: { 'content-md5': md5 },
  }
}

const documentOf = (keys: readonly string[], quiet = false): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Delete><Quiet>${quiet}</Quiet>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`

async function fill(world: World, keys: readonly string[]): Promise<void> {
  for (const key of keys) await world.expect(200, { method: 'PUT', ...inBucket, key, body: 'x' })
}

async function listed(world: World): Promise<readonly string[]> {
  const { text } = await world.expect(200, { method: 'GET', ...inBucket, query: { 'encoding-type': 'url' } })
  return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => decodeURIComponent(key ?? ''))
}

inBoth('what is named goes and is told, there or not; with Quiet nothing is told', async (world) => {
  await fill(world, ['a', 'b', 'c/d', 'e & <f>', 'stays'])
  const reply = await world.expect(200, deleteAsk(documentOf(['a', 'c/d', 'e &amp; &lt;f&gt;', 'missing'])))
  const told = deleteMultipleObjects.decodeAnswer({ status: 200, headers: reply.headers, body: reply.bytes })
  assert.deepEqual(
    told.deleted,
    ['a', 'c/d', 'e & <f>', 'missing'].map((key) => ({ key })),
  )
  assert.deepEqual(await listed(world), ['b', 'stays'])
  const quiet = await world.expect(200, deleteAsk(documentOf(['b', 'missing'], true)))
  assert.equal(quiet.text, '')
  assert.deepEqual(await listed(world), ['stays'])
})

inBoth('names with control characters are understood however they are written', async (world) => {
  const all = Array.from({ length: 31 }, (_, index) => String.fromCharCode(index + 1)).join('')
  const keys = [`k${all}`, 'line\u2028end\u0085', 'x\u007f\u009fy', '\v\f']
  const written = [
    `k${Array.from({ length: 31 }, (_, index) => `&#x${(index + 1).toString(16).padStart(2, '0')};`).join('')}`,
    keys[1] ?? '',
    keys[2] ?? '',
    keys[3] ?? '',
  ]
  await fill(world, [...keys, 'line\nend\n', 'stays'])
  const reply = await world.expect(200, deleteAsk(documentOf(written), { 'encoding-type': 'url' }))
  assert.equal(field(reply, 'EncodingType'), 'url')
  const told = deleteMultipleObjects.decodeAnswer({ status: 200, headers: reply.headers, body: reply.bytes })
  assert.deepEqual(
    told.deleted.map(({ key }) => key),
    keys,
  )
  assert.deepEqual(await listed(world), ['line\nend\n', 'stays'])
})

inBoth('a version is one that is there or none', async (world) => {
  await fill(world, ['a', 'b'])
  const object = (key: string, version: string) =>
    `<Object><Key>${key}</Key><VersionId>${version}</VersionId></Object>`
  await world.expect(200, deleteAsk(`<Delete>${object('a', 'null')}${object('b', 'CAEQ')}</Delete>`))
  assert.deepEqual(await listed(world), ['b'])
})

inBoth('what can not be meant is refused, and nothing goes', async (world) => {
  await fill(world, ['a'])
  const keys = (count: number) =>
    Array.from({ length: count }, (_, index) => (index === 0 ? 'a' : `k${index}`))
  for (const [ask, code, ec] of [
    [deleteAsk('<Other><Object><Key>a</Key></Object></Other>'), 'MalformedXML', '0016-00000608'],
    [
      deleteAsk('<Delete><Object><Key>a</Key></Object><Object><VersionId>v</VersionId></Object></Delete>'),
      'MalformedXML',
      '0016-00000613',
    ],
    [deleteAsk('<Delete></Delete>'), 'MalformedXML'],
    [deleteAsk('<Delete><Object><Key>a</Key></Object>'), 'MalformedXML'],
    [deleteAsk('<Delete><Quiet>perhaps</Quiet><Object><Key>a</Key></Object></Delete>'), 'MalformedXML'],
    [deleteAsk('<!DOCTYPE x><Delete><Object><Key>a</Key></Object></Delete>'), 'MalformedXML'],
    [deleteAsk(documentOf(keys(1001))), 'MalformedXML'],
    [deleteAsk(documentOf(['a', '/b'])), 'InvalidObjectName'],
    [deleteAsk(documentOf(['a']), { 'encoding-type': 'base64' }), 'InvalidArgument'],
    [{ ...deleteAsk(documentOf(['a'])), headers: {} }, 'MissingArgument', '0016-00000606'],
    [
      { ...deleteAsk(documentOf(['a'])), headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } },
      'InvalidDigest',
    ],
  ] as readonly (readonly [Ask, string, string?])[]) {
    const reply = await world.expect(400, ask)
    assert.equal(field(reply, 'Code'), code)
    if (ec !== undefined) assert.equal(field(reply, 'EC'), ec)
  }
  const root = await world.expect(400, deleteAsk('<Other/>'))
  assert.equal(field(root, 'ErrorDetail'), 'the root node is not named Delete.')
  assert.deepEqual(await listed(world), ['a'])
  const nowhere = await world.expect(404, { ...deleteAsk(documentOf(['a'])), bucket: 'otherbucket' })
  assert.equal(field(nowhere, 'EC'), '0015-00000101')
  await world.expect(200, deleteAsk(documentOf(keys(1000))))
  assert.deepEqual(await listed(world), [])
})
