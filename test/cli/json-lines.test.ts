/** The published schema of JSON lines: complete, and strict enough to fail. The transcripts hold every line against it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { jsonLine } from '../../src/cli/json.js'
import type { UploadErrorCode, UploadEvent } from '../../src/index.js'
import { withFigures } from '../support/figures.js'
import { fixture } from '../support/paths.js'
import { assertJsonLine, assertJsonLines, readSchema } from './json-lines.js'
import { PLACE, typesText } from './json-lines-page.js'

/** Every kind of event: the compiler misses one that is not here. `callback-error` is no line. */
const eventTypes: Readonly<Record<Exclude<UploadEvent['type'], 'callback-error'>, true>> = {
  opened: true,
  resumed: true,
  recovered: true,
  adopted: true,
  'taken-over': true,
  'adopt-none': true,
  'adopt-ambiguous': true,
  'adopted-left': true,
  'headers-differ': true,
  'headers-not-compared': true,
  'orphans-suspected': true,
  'plan-kept': true,
  'part-stored': true,
  'part-kept': true,
  'part-refuted': true,
  'parts-not-listed': true,
  waiting: true,
  waited: true,
  window: true,
  workers: true,
  restarted: true,
  'source-moved': true,
  completing: true,
  streaming: true,
  settled: true,
  aborted: true,
  'abort-pending': true,
  'checkpoint-warning': true,
  'checkpoint-set-aside': true,
  progress: true,
}

const codes: Readonly<Record<UploadErrorCode, true>> = {
  'invalid-argument': true,
  'source-missing': true,
  'source-changed': true,
  interrupted: true,
  denied: true,
  'not-found': true,
  integrity: true,
  'commit-unknown': true,
  locked: true,
  conflict: true,
  'options-changed': true,
  'store-unusable': true,
  'callback-failed': true,
  unsupported: true,
  internal: true,
  cancelled: true,
}

test('every event has a type in the schema, and every code is one of error lines', () => {
  const { $defs } = readSchema()
  for (const type of Object.keys(eventTypes)) assert.ok($defs[type], `no type ${type}`)
  for (const code of Object.keys(codes)) {
    assertJsonLine(jsonLine('error', { code, message: 'm', retryable: false }))
  }
  assert.throws(() => assertJsonLine(jsonLine('error', { code: 'other', message: 'm', retryable: false })))
})

test('the schema is one for any validator, and lets through what is added later', () => {
  const schema = JSON.parse(readFileSync(fixture('docs/json-lines.schema.json'), 'utf8')) as object
  const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(schema)
  const stored = { partNumber: 1, size: 2 }
  assert.ok(validate(JSON.parse(jsonLine('part-stored', stored))))
  assert.ok(validate(JSON.parse(jsonLine('part-stored', { ...stored, later: true }))))
  assert.ok(!validate(JSON.parse(jsonLine('part-stored', { ...stored, size: -1 }))))
  assert.ok(!validate(JSON.parse(jsonLine('part-stored', { size: 2 }))))
  assert.ok(!validate({ type: 'part-stored', v: 2, ...stored }))
})

test('here a field, a type and a last line that the schema does not have are failures', () => {
  const summary = jsonLine('summary', { exitCode: 0 })
  assertJsonLines(`${jsonLine('completing', { uploadId: 'U' })}\n${summary}\n`, 0)
  for (const wrong of [
    jsonLine('completing', { uploadId: 'U', more: 1 }),
    jsonLine('unheard-of', {}),
    'text',
    summary,
  ]) {
    assert.throws(() => assertJsonLines(`${wrong}\n${summary}\n`, 0), wrong)
  }
  assert.throws(() => assertJsonLines(`${summary}\n`, 1))
  assert.throws(() => assertJsonLines('', 0))
})

test('the page tells of every type and field: npm run docs:json-lines writes it', () => {
  const page = readFileSync(fixture('docs/json-lines.md'), 'utf8')
  assert.equal(page, withFigures(page, PLACE.name, typesText()))
})
