/** Every operation of OSS is known by its name, and the page tells which are done. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { text } from '../../src/protocol/xml.js'
import type { OperationRow } from '../../src/server/operation-row.js'
import { OPERATION_ROWS, route } from '../../src/server/routes.js'
import { withFigures } from '../support/figures.js'
import { fixture } from '../support/paths.js'
import { operationsTable, PLACE } from './operations-page.js'
import { type Ask, codeOf, createWorld, documentOf } from './world.js'

/** The smallest request that a row describes. */
function askOf({ method, on, needs = [], header }: OperationRow): Ask {
  const pairs = needs.map((need): [string, string] => {
    const [name = '', value = ''] = need.split('=')
    return [name, value]
  })
  return {
    method,
    ...(on === 'service' ? {} : { bucket: 'examplebucket' }),
    ...(on === 'object' ? { key: 'dir/object.dat' } : {}),
    query: Object.fromEntries(pairs),
    headers: header === undefined ? {} : { [header]: '/examplebucket/other' },
  }
}

const label = ({ name, method, on, needs = [] }: OperationRow) =>
  `${name}: ${method} ${on} ${needs.join('&')}`

test('the page has the table that the rows give', () => {
  const page = readFileSync(fixture(`docs/${PLACE.page}.md`), 'utf8')
  assert.equal(page, withFigures(page, PLACE.name, operationsTable()), 'run npm run docs:operations')
})

test('each row is found by the request that it describes', () => {
  for (const row of OPERATION_ROWS) {
    const { method, bucket, key, query = {}, headers = {} } = askOf(row)
    const address = { ...(bucket === undefined ? {} : { bucket }), ...(key === undefined ? {} : { key }) }
    const routed = route({ method, address, query, headers })
    assert.equal(routed.name, row.name, label(row))
    assert.equal(routed.kind === 'operation', row.done === true, label(row))
  }
})

test('all rows of one operation say the same of it', () => {
  for (const row of OPERATION_ROWS) {
    const all = OPERATION_ROWS.filter(({ name }) => name === row.name)
    assert.ok(
      all.every(({ done }) => done === row.done),
      `${row.name} is done in part`,
    )
  }
})

test('what is known but not implemented is refused by its name, and nothing is done', async () => {
  const world = await createWorld()
  for (const row of OPERATION_ROWS.filter(({ done }) => !done)) {
    world.log.length = 0
    const reply = await world.ask(askOf(row))
    assert.equal(reply.status, 501, label(row))
    assert.equal(world.log[0]?.operation, row.name)
    assert.equal(world.log[0]?.code, 'NotImplemented')
  }
  const list = await world.expect(200, { method: 'GET', bucket: 'examplebucket' })
  assert.ok(!list.text.includes('<Key>'))
})

test('an operation that is done is refused with what it does not know beside it', async () => {
  const world = await createWorld()
  const at = { bucket: 'examplebucket', key: 'k' }
  for (const [asked, what] of [
    [{ method: 'PUT', ...at, query: { versionId: 'x' } }, 'versionId'],
    [{ method: 'GET', ...at, query: { uploadId: 'x', versionId: 'y' } }, 'versionId'],
    [{ method: 'DELETE', ...at, query: { 'x-oss-future': '' } }, 'x-oss-future'],
    [{ method: 'GET', bucket: 'examplebucket', query: { uploads: '', bucketInfo: '' } }, 'uploads'],
  ] as const) {
    const reply = await world.expect(501, asked)
    assert.equal(codeOf(reply), 'NotImplemented')
    assert.equal(text(documentOf(reply), 'ArgumentName'), what)
  }
})

test('what is known but never asked by that method is not allowed', async () => {
  const world = await createWorld()
  const asks: Ask[] = [
    { method: 'PATCH', bucket: 'examplebucket', key: 'k' },
    { method: 'PUT' },
    { method: 'DELETE', bucket: 'examplebucket', query: { bucketInfo: '' } },
    { method: 'DELETE', bucket: 'examplebucket', key: 'k', query: { symlink: '' } },
  ]
  for (const asked of asks) {
    const reply = await world.ask(asked)
    const document = documentOf(reply)
    assert.deepEqual([reply.status, codeOf(reply)], [405, 'MethodNotAllowed'], asked.method)
    assert.equal(text(document, 'Method'), asked.method)
    assert.equal(text(document, 'ResourceType'), asked.bucket ? (asked.key ? 'OBJECT' : 'BUCKET') : 'SERVICE')
  }
})
