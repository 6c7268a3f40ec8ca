/** What the command line reads and writes beside sizes: names, headers, commands to paste, errors, tables, ids. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PendingUpload } from '../index.js'
import { pendingBlocks, pendingTable } from './commands/uploads.js'
import { CommandError, failureLine, failureOf, oneLine, UsageError } from './failure.js'
import { readHeaders } from './headers.js'
import { programName, sameCommand, shellQuote } from './invocation.js'
import { noticeOf } from './notices.js'
import { parseObjectUrl, parseWholeObjectUrl } from './object-url.js'
import { parsePort, parseThreads } from './options.js'
import { choosePending, shortIds } from './pending-choice.js'
import { startText } from './serve-text.js'
import { formatTable } from './table.js'
import { addEvent, emptyTally } from './tally.js'

test('an object is named by oss://bucket/key, and the key is taken as it stands', () => {
  assert.deepEqual(parseObjectUrl('oss://b/k'), { bucket: 'b', key: 'k' })
  assert.deepEqual(parseObjectUrl('OSS://b/a//%2F ?#ä'), { bucket: 'b', key: 'a//%2F ?#ä' })
  assert.deepEqual(parseObjectUrl('oss://b'), { bucket: 'b', key: '' })
  assert.deepEqual(parseObjectUrl('oss://b/'), { bucket: 'b', key: '' })
  for (const text of ['', 'b/k', 's3://b/k', 'oss:/b/k', 'oss://', 'oss:///k']) {
    assert.throws(() => parseObjectUrl(text), UsageError, text)
  }
  for (const text of ['oss://b', 'oss://b/', 'oss://b/a/']) {
    assert.throws(() => parseWholeObjectUrl(text), UsageError, text)
  }
})

test('headers and metadata become one map with lower-case names', async () => {
  const given = { header: ['X-Oss-Storage-Class:  IA ', 'Cache-Control: a:b'], meta: ['Host=web1', 'empty='] }
  assert.deepEqual(await readHeaders(given, {}), {
    'x-oss-storage-class': 'IA',
    'cache-control': 'a:b',
    'x-oss-meta-host': 'web1',
    'x-oss-meta-empty': '',
  })
  assert.deepEqual(await readHeaders({}, {}), {})
  for (const header of ['', 'no colon', ': v', 'a b: v', 'ä: v', 'a\nb: c']) {
    await assert.rejects(readHeaders({ header: [header] }, {}), UsageError, header)
  }
  for (const meta of ['', 'no equals', '=v', 'a b=v'])
    await assert.rejects(readHeaders({ meta: [meta] }, {}), UsageError)
  await assert.rejects(readHeaders({ header: ['a: 1', 'A: 2'] }, {}), /a is given twice/)
  await assert.rejects(readHeaders({ header: ['x-oss-meta-a: 1'], meta: ['a=2'] }, {}), /given twice/)
  await assert.rejects(
    readHeaders({ header: ['secret value'] }, {}),
    (error: Error) => !error.message.includes('secret'),
  )
})

test('commands to paste begin with what this program was called by', () => {
  assert.equal(programName('/usr/local/bin/longhaul', '/home/me'), 'longhaul')
  assert.equal(programName('/p/node_modules/.bin/longhaul', '/p'), 'npx longhaul')
  assert.equal(programName('/p/node_modules/longhaul/dist/cli/start.cjs', '/p'), 'npx longhaul')
  assert.equal(programName('/clone/dist/cli/start.cjs', '/clone'), 'node dist/cli/start.cjs')
  assert.equal(programName('/my clone/dist/cli/start.cjs', '/'), "node 'my clone/dist/cli/start.cjs'")
  assert.equal(programName('/clone/dist/cli/start.cjs', '/elsewhere'), 'node /clone/dist/cli/start.cjs')
  assert.equal(programName(undefined, '/'), 'longhaul')
})

test('the command to go on with is the same one, quoted, without secrets', () => {
  const args = ['put', '--header', 'X-OSS-Server-Side-Encryption-Customer-Key: SeCrEt', "it's", 'oss://b/k?']
  assert.equal(
    sameCommand('longhaul', args),
    "longhaul put --header 'X-OSS-Server-Side-Encryption-Customer-Key: ...' 'it'\\''s' 'oss://b/k?'",
  )
  assert.equal(
    sameCommand('longhaul', ['put', '--header=x-oss-server-side-encryption-customer-key: SeCrEt']),
    "longhaul put '--header=x-oss-server-side-encryption-customer-key: ...'",
  )
  assert.equal(
    sameCommand('longhaul', ['put', '--restart', '--steal', 'a', 'oss://b/k']),
    'longhaul put a oss://b/k',
    'going on must not begin anew',
  )
  assert.equal(
    sameCommand('longhaul', ['put', '--', '--restart', 'oss://b/']),
    'longhaul put -- --restart oss://b/',
  )
  assert.equal(shellQuote("new\nline\u001b'\\\u0085"), "$'new\\x0aline\\x1b\\'\\\\\\u0085'")
  assert.equal(shellQuote(''), "''")
  assert.equal(shellQuote('$(id)'), "'$(id)'")
})

test('an error is one line, with the request id once', () => {
  const error = Object.assign(new CommandError('denied', 'No.\n\tReally.'), { requestId: 'R1', status: 403 })
  assert.deepEqual(failureOf(error), {
    code: 'denied',
    message: 'No. Really.',
    retryable: false,
    status: 403,
    requestId: 'R1',
  })
  assert.equal(failureLine(failureOf(error)), 'longhaul: No. Really. (request id R1)')
  const told = Object.assign(new CommandError('denied', 'No (request R1).'), { requestId: 'R1' })
  assert.equal(failureLine(failureOf(told)), 'longhaul: No (request R1).')
})

test('what has no code of ours is an internal failure', () => {
  assert.equal(failureOf(Object.assign(new Error('x'), { code: 'ENOENT' })).code, 'internal')
  assert.equal(failureOf(new Error('x')).code, 'internal')
  assert.equal(failureOf('x').message, 'x')
  assert.equal(failureOf(undefined).code, 'internal')
})

test('control characters never reach the terminal', () => {
  assert.equal(oneLine('a\x1b[31mb\x07\u202ec\r\nd\x9b'), 'a?[31mb??c d?')
})

test('tables are as wide as their widest cell, without trailing blanks', () => {
  const columns = [{ title: 'A' }, { title: 'SIZE', align: 'right' as const }, { title: 'C' }]
  assert.deepEqual(
    formatTable(columns, [
      ['long name', '1', ''],
      ['x', '12345', 'z'],
    ]),
    ['A           SIZE  C', 'long name      1', 'x          12345  z'],
  )
  assert.deepEqual(formatTable(columns, []), ['A  SIZE  C'])
})

const hash = (first: string): string => first.padEnd(32, '0')

function pending(id: string, more: Partial<PendingUpload> = {}): PendingUpload {
  const nothing = {
    partsStored: 0,
    bytesStored: 0,
    headers: {},
    secretHeaders: [],
    modified: 0,
    owedAborts: [],
    adopted: false,
  }
  return { id, service: 's', bucket: 'b', key: 'k', source: '/f', state: 'open', ...nothing, ...more }
}

test('ids are shown as short as they stay different', () => {
  assert.deepEqual(shortIds([`x-${hash('aaaa1111')}`, `y-${hash('bbbb1111')}`]), ['aaaa1111', 'bbbb1111'])
  assert.deepEqual(shortIds([`x-${hash('aaaa11112')}`, `y-${hash('aaaa11113')}`]), ['aaaa11112', 'aaaa11113'])
  assert.deepEqual(shortIds(['other store']), ['other st'])
  assert.deepEqual(shortIds([]), [])
})

test('an upload is found by the beginning of its id or of its digest', () => {
  const uploads = [pending(`disk-${hash('abc1')}`), pending(`tape-${hash('abd2')}`)]
  for (const given of ['abc', 'ABC1', 'disk', uploads[0]?.id ?? '']) {
    assert.equal(choosePending(uploads, given, 'longhaul'), uploads[0])
  }
  assert.throws(() => choosePending(uploads, 'ab', 'longhaul'), UsageError)
  for (const given of ['zz', '']) {
    assert.throws(() => choosePending(uploads, given, 'longhaul'), { code: 'not-found' })
  }
})

test('the list of unfinished uploads shows damaged ones too, and no control characters', () => {
  const lines = pendingTable(
    {
      pending: [
        pending(`a-${hash('1')}`, { key: 'a\x1bb', size: 1000, bytesStored: 999, heldBy: 'process 7' }),
        pending(`b-${hash('2')}`, { bucket: '', key: '', source: '', state: 'damaged' }),
      ],
    },
    60_000,
  )
  assert.match(
    lines[1] ?? '',
    /^10000000 {2}oss:\/\/b\/a\?b {2}\/f +999 B of 1000 B \(99%\) {2}1 min {2}open +process 7$/,
  )
  assert.match(lines[2] ?? '', /^20000000 {2}- +- +- {2}1 min {2}damaged {2}-$/)
})

test('a failed run knows what it kept and sent; a new beginning counts anew', () => {
  const resumed = {
    type: 'resumed',
    uploadId: 'U',
    partSize: 5,
    partCount: 3,
    toKeep: 1,
    toCheck: 0,
    toSend: 2,
  } as const
  const events = [
    resumed,
    { type: 'part-kept', partNumber: 1, size: 5 },
    { type: 'part-stored', partNumber: 2, size: 5 },
  ] as const
  const tally = events.reduce(addEvent, emptyTally)
  const counts = { partsKept: 1, partsSent: 1, bytesKept: 5, bytesSent: 5 }
  assert.deepEqual(tally, { uploadId: 'U', resumed: true, partCount: 3, ...counts })
  assert.deepEqual(addEvent(tally, { type: 'restarted', uploadId: 'U', message: '' }), emptyTally)
})

test('events that people should know of are sentences of one line', () => {
  const message = 'The upload was gone.\nA new one begins.'
  assert.equal(
    noticeOf({ type: 'restarted', uploadId: 'U', message }),
    'The upload was gone. A new one begins.',
  )
  assert.match(
    noticeOf({ type: 'plan-kept', partSize: 8388608, asked: 1048576 }) ?? '',
    /8\.0 MiB, not 1\.0 MiB/,
  )
  assert.equal(noticeOf({ type: 'part-stored', partNumber: 1, size: 1 }), undefined)
})

test('the start text shows where the secret is, never the secret', () => {
  const facts = {
    endpoint: 'http://127.0.0.1:9500',
    region: 'cn-hangzhou',
    accessKeyId: 'LHID',
    buckets: ['photos', 'logs'],
    dataDir: '/data',
    durability: 'durable',
    announcement: 'announced' as const,
    secretFile: "/home/o'hara/serve.json",
  }
  const text = startText(facts, 'npx longhaul').join('\n')
  assert.match(text, /npx longhaul put --local FILE oss:\/\/photos\//)
  assert.match(text, /OSS_ACCESS_KEY_ID=LHID/)
  assert.ok(text.includes(`node -p 'require("/home/o'\\''hara/serve.json").accessKeySecret'`), text)
  assert.doesNotMatch(startText({ ...facts, announcement: 'other' }, 'longhaul').join('\n'), /put --local/)
})

test('threads and ports are whole numbers in their range', () => {
  assert.equal(parseThreads('1'), 1)
  assert.equal(parseThreads('auto'), 'auto')
  for (const text of ['0', '-1', '1.5', 'NaN', '', ' ', 'many', 'Infinity']) {
    assert.throws(() => parseThreads(text), RangeError, text)
  }
  assert.equal(parsePort('0'), 0)
  assert.equal(parsePort('65535'), 65_535)
  for (const text of ['65536', '-1', '', '80a', '1e3', ' 80'])
    assert.throws(() => parsePort(text), RangeError, text)
})

test('the last error stands under its upload, and a narrow terminal gets a few lines for each', () => {
  const lastError = { code: 'interrupted', message: 'No progress.\nNone.', at: 60_000 }
  const upload = pending(`x-${hash('3f9c21aa')}`, {
    size: 200,
    bytesStored: 100,
    modified: 90_000,
    lastError,
  })
  const table = pendingTable({ pending: [upload] }, 120_000)
  assert.equal(table.length, 3)
  assert.equal(table[2], '  last error, 1 min ago: interrupted: No progress. None.')
  assert.deepEqual(
    pendingBlocks({ pending: [upload, pending(`y-${hash('4')}`, { heldBy: 'process 7' })] }, 120_000),
    [
      '3f9c21aa  oss://b/k',
      '  /f',
      '  100 B of 200 B (50%), 30 s ago, open',
      '  last error, 1 min ago: interrupted: No progress. None.',
      '40000000  oss://b/k',
      '  /f',
      '  2 min ago, open',
      '  held by process 7',
    ],
  )
})

test('a run of many files stands beside single uploads', () => {
  const run = {
    id: `run-${hash('77aa')}`,
    service: 's',
    bucket: 'b',
    name: 'put 0123456789abcdef /data',
    modified: 60_000,
    done: 12,
    failed: 3,
    ended: true,
  }
  const [, row] = pendingTable({ pending: [], runs: [run] }, 120_000)
  assert.equal(row, '77aa0000  oss://b/  put 0123456789abcdef /data  12 done, 3 failed  1 min  run    -')
  const definition = { prefix: 'photos/', roots: [{ path: '/data' }, { path: '/more' }] }
  assert.deepEqual(
    pendingBlocks({ pending: [], runs: [{ ...run, definition, heldBy: 'process 7' }] }, 120_000),
    [
      '77aa0000  oss://b/photos/',
      '  /data and 1 more',
      '  run, 12 done, 3 failed, 1 min ago',
      '  held by process 7',
    ],
  )
})
