import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestLine } from './request-line.js'

const entry = { time: 0, method: 'PUT', requestId: 'ABCDEF', bytesIn: 0, bytesOut: 0, durationMs: 1.4 }
/** Without the time of day, which depends on where one is. */
const shown = (given: Partial<Parameters<typeof requestLine>[0]>): string =>
  requestLine({ ...entry, ...given }).replace(/^\d\d:\d\d:\d\d {2}/, '')

test('the columns stay where they are, whatever a request was', () => {
  const lines = [
    shown({ operation: 'PutObject', status: 200, bytesIn: 5, bucket: 'b', key: 'k' }),
    shown({ operation: 'CompleteMultipartUpload', status: 200, durationMs: 9_999, bucket: 'b', key: 'k' }),
    shown({ method: 'OPTIONS', durationMs: 123_456, bytesIn: 1_099_511_627_775, bucket: 'b', key: 'k' }),
  ]
  assert.deepEqual(new Set(lines.map((line) => line.indexOf('b/k'))), new Set([80]))
})

test('an error has its code, its EC and the request id; a success has none of them', () => {
  const error = shown({ operation: 'GetObject', status: 404, code: 'NoSuchKey', ec: '0026-00000001' })
  assert.ok(error.endsWith('out  NoSuchKey  0026-00000001  ABCDEF'), error)
  assert.ok(!shown({ operation: 'GetObject', status: 200 }).includes('ABCDEF'))
  assert.ok(
    shown({ faults: ['delay', 'drop'], partNumber: 7 }).endsWith('out  part 7  fault delay, drop  ABCDEF'),
  )
  assert.match(shown({}), / cut {2}/)
})

test('a name can not move the cursor', () => {
  assert.ok(shown({ status: 200, bucket: 'b', key: 'a\u001b[2J\u202e' }).endsWith("$'b/a\\x1b[2J\\u202e'"))
})
