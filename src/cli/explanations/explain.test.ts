/** Every code that we or the service can say is explained, and says truly what an upload ends with. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../../test/support/paths.js'
import { asUploadError } from '../../engine/retry.js'
import { errorDefaults } from '../../protocol/codes.js'
import { failureOf } from '../../services/oss/failures.js'
import { exitCodeOfError, exitCodeOfSignal, failed, someFailed, success } from '../exit-codes.js'
import { allCodes, explain, nearest } from './explain.js'
import { exitCodes, ownCodes } from './own-codes.js'
import { serviceCodes } from './service-codes.js'

const sources = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.includes('explanations'))
  .map((path) => readFileSync(join(projectRoot, 'src', path), 'utf8'))

/** The names of the table that begins with these words, up to the line that ends it. */
function keysOf(beginning: string): readonly string[] {
  const source = sources.find((text) => text.includes(beginning)) ?? ''
  const body = source.slice(source.indexOf(beginning)).split('\n}\n')[0] ?? ''
  return [...body.matchAll(/^ {2}(\w+): /gm)].map(([, name = '']) => name)
}

test('every code that the engine tells apart or the server says is explained', () => {
  const known = [
    ...keysOf('const meanings: Readonly<Record<string, FailureMeaning>>'),
    ...keysOf('const CODES: Readonly<Record<string'),
  ]
  assert.ok(known.length > 80)
  for (const code of known) assert.ok(Object.hasOwn(serviceCodes, code), `${code} is explained`)
})

test('what an upload ends with when the service says so is what the engine makes of it', () => {
  for (const [code, { endsAs }] of Object.entries(serviceCodes)) {
    const { status, message } = errorDefaults(code)
    const statuses: Readonly<Record<string, number>> = {
      SlowDown: 503,
      QpsLimitExceeded: 503,
      TotalQpsLimitExceeded: 503,
      DownloadTrafficRateLimitExceeded: 503,
      UploadTrafficRateLimitExceeded: 503,
    }
    const asked = { operation: 'PutObject', bucket: 'b', key: 'k', origin: 'http://127.0.0.1' }
    const document = { status: statuses[code] ?? status, code, message, requestId: 'R', fields: {} }
    assert.equal(asUploadError(failureOf(asked, document, {})).code, endsAs, code)
  }
})

test('every code of ours, every exit code and every EC of the sources has words', () => {
  for (const code of Object.keys(ownCodes)) assert.equal(explain(code)?.code, code)
  const ends = (Object.keys(ownCodes) as (keyof typeof ownCodes)[]).map((code) =>
    exitCodeOfError(code, undefined),
  )
  const signals = (['SIGHUP', 'SIGINT', 'SIGTERM'] as const).map(exitCodeOfSignal)
  const all = new Set([success, failed, someFailed, ...ends, ...signals])
  assert.deepEqual(
    Object.keys(exitCodes).map(Number),
    [...all].sort((one, other) => one - other),
  )
  const numbers = new Set(
    sources.flatMap((text) => [...text.matchAll(/'(\d{4}-\d{8})'/g)].map(([, ec = '']) => ec)),
  )
  assert.ok(numbers.size > 100)
  for (const ec of numbers)
    assert.doesNotMatch(explain(ec)?.meaning ?? 'nothing is known', /nothing is known/, ec)
})

test('words are sentences, and differ', () => {
  for (const code of allCodes()) {
    const { meaning = '', advice = '' } = explain(code) ?? {}
    assert.match(meaning, /^[A-Z].*[.]$/, code)
    assert.match(advice, /^[A-Z].*\S$/, code)
  }
})

test('codes are found in any case, and what is none is met with the nearest', () => {
  assert.equal(explain('nosuchkey')?.code, 'NoSuchKey')
  assert.equal(explain(' INTERRUPTED ')?.exitCode, 5)
  assert.equal(explain('005')?.code, '5')
  assert.match(explain('9999-00000001')?.meaning ?? '', /nothing is known/)
  assert.match(explain('0014-99999999')?.meaning ?? '', /lifecycle/)
  for (const text of ['constructor', '', '999', 'x', '0002-1']) assert.equal(explain(text), undefined, text)
  assert.equal(nearest('NoSuchKye'), 'NoSuchKey')
  assert.equal(nearest('interupted'), 'interrupted')
  assert.equal(nearest('pt', ['put', 'get']), 'put')
  assert.equal(nearest('somethingelseentirely'), undefined)
})
