/** What the flags of an object mean: one header each, checked before anything is sent. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { withContentType } from './content-type.js'
import { UsageError } from './failure.js'
import { type HeaderFlags, readHeaders } from './headers.js'
import { parseDate } from './object-options.js'

test('every flag becomes its header', async () => {
  const flags: HeaderFlags = {
    storageClass: 'IA',
    acl: 'private',
    contentType: 'text/csv',
    contentEncoding: 'gzip',
    contentDisposition: 'attachment',
    cacheControl: 'no-cache',
    expires: 'Fri, 28 Feb 2031 05:38:42 GMT',
    sse: 'KMS',
    sseKmsKeyId: 'a-key',
    sseDataEncryption: 'SM4',
    tagging: ['team=web', 'a b=c&d', 'empty='],
    forbidOverwrite: true,
    meta: ['Host=web1'],
    header: ['X-OSS-Request-Payer: requester'],
  }
  assert.deepEqual(await readHeaders(flags, {}), {
    'x-oss-storage-class': 'IA',
    'x-oss-object-acl': 'private',
    'content-type': 'text/csv',
    'content-encoding': 'gzip',
    'content-disposition': 'attachment',
    'cache-control': 'no-cache',
    expires: 'Fri, 28 Feb 2031 05:38:42 GMT',
    'x-oss-server-side-encryption': 'KMS',
    'x-oss-server-side-encryption-key-id': 'a-key',
    'x-oss-server-side-data-encryption': 'SM4',
    'x-oss-tagging': 'team=web&a%20b=c%26d&empty=',
    'x-oss-forbid-overwrite': 'true',
    'x-oss-meta-host': 'web1',
    'x-oss-request-payer': 'requester',
  })
})

test('one header by two ways is a wrong call, which names both', async () => {
  const pairs: readonly (readonly [HeaderFlags, RegExp])[] = [
    [
      { header: ['X-Oss-Storage-Class: IA'], storageClass: 'IA' },
      /x-oss-storage-class is given twice, by --header and by --storage-class/,
    ],
    [{ header: ['x-oss-tagging: a=b'], tagging: ['c=d'] }, /by --header and by --tagging/],
    [{ header: ['x-oss-forbid-overwrite: false'], forbidOverwrite: true }, /by --forbid-overwrite/],
    [{ header: ['x-oss-meta-a: 1'], meta: ['a=2'] }, /by --header and by --meta/],
    [{ meta: ['a=1', 'A=2'] }, /x-oss-meta-a is given twice\.$/],
  ]
  for (const [flags, message] of pairs) {
    await assert.rejects(readHeaders(flags, {}), (error: unknown) => {
      return error instanceof UsageError && message.test(error.message)
    })
  }
})

test('what OSS would refuse of tags and encryption is refused at once', async () => {
  const eleven = Array.from({ length: 11 }, (_, index) => `k${index}=v`)
  const wrong: readonly HeaderFlags[] = [
    { tagging: ['novalue'] },
    { tagging: ['=v'] },
    { tagging: ['a=1', 'a=2'] },
    { tagging: eleven },
    { tagging: [`${'k'.repeat(129)}=v`] },
    { tagging: [`k=${'v'.repeat(257)}`] },
    { sseKmsKeyId: 'a-key' },
    { sse: 'AES256', sseKmsKeyId: 'a-key' },
    { sse: 'SM4', sseDataEncryption: 'SM4' },
  ]
  for (const flags of wrong) await assert.rejects(readHeaders(flags, {}), UsageError, JSON.stringify(flags))
  assert.ok((await readHeaders({ tagging: eleven.slice(1) }, {}))['x-oss-tagging']?.startsWith('k1=v&'))
  const byHeader = { header: ['x-oss-server-side-encryption: KMS'], sseKmsKeyId: 'a-key' }
  assert.equal((await readHeaders(byHeader, {}))['x-oss-server-side-encryption-key-id'], 'a-key')
})

test('a callback is JSON or a file of it, and goes out in base64', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-flags-'))
  t.after(() => rm(folder, { recursive: true }))
  const document = { callbackUrl: 'http://127.0.0.1:9/', callbackBody: 'a=1', callbackSNI: true }
  const file = join(folder, 'callback.json')
  await writeFile(file, JSON.stringify(document, null, 2))
  for (const callback of [file, ` ${JSON.stringify(document)}`]) {
    const headers = await readHeaders({ callback, callbackVar: ['order=7', 'x:who=me'] }, {})
    assert.deepEqual(decoded(headers['x-oss-callback']), document)
    assert.deepEqual(decoded(headers['x-oss-callback-var']), { 'x:order': '7', 'x:who': 'me' })
  }
  const wrong: readonly HeaderFlags[] = [
    { callback: '{"callbackUrl":"http://127.0.0.1/"}' },
    { callback: '{"callbackBody":"a"}' },
    { callback: '{' },
    { callback: join(folder, 'nothing') },
    { callbackVar: ['a=b'] },
    { callback: file, callbackVar: ['A=b'] },
    { callback: file, callbackVar: ['a=b', 'x:a=c'] },
    { callback: JSON.stringify({ ...document, callbackBody: 'x'.repeat(5000) }) },
    { callback: file, header: ['x-oss-callback: e30='] },
  ]
  for (const flags of wrong) await assert.rejects(readHeaders(flags, {}), UsageError, JSON.stringify(flags))
})

function decoded(header: string | undefined): unknown {
  return JSON.parse(Buffer.from(header ?? '', 'base64').toString())
}

test('a customer key comes from a file or a variable, raw or in base64, and no message shows it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-flags-'))
  t.after(() => rm(folder, { recursive: true }))
  const key = Buffer.alloc(32, 9)
  const text = key.toString('base64')
  await writeFile(join(folder, 'raw'), key)
  await writeFile(join(folder, 'text'), `${text}\n`)
  await writeFile(join(folder, 'short'), 'c2hvcnQ=')
  const md5 = createHash('md5').update(key).digest('base64')
  const ways: readonly HeaderFlags[] = [
    { sseCustomerKeyFile: join(folder, 'raw') },
    { sseCustomerKeyFile: join(folder, 'text') },
    { sseCustomerKeyEnv: 'MY_KEY' },
  ]
  for (const flags of ways) {
    assert.deepEqual(await readHeaders(flags, { MY_KEY: text }), {
      'x-oss-server-side-encryption-customer-algorithm': 'AES256',
      'x-oss-server-side-encryption-customer-key': text,
      'x-oss-server-side-encryption-customer-key-md5': md5,
    })
  }
  const wrong: readonly HeaderFlags[] = [
    { sseCustomerKeyFile: join(folder, 'short') },
    { sseCustomerKeyFile: join(folder, 'nothing') },
    { sseCustomerKeyFile: join(folder, 'raw'), sseCustomerKeyEnv: 'MY_KEY' },
    { sseCustomerKeyEnv: 'NOT_SET' },
    { sseCustomerKeyEnv: 'OTHER' },
  ]
  for (const flags of wrong) {
    await assert.rejects(
      readHeaders(flags, { MY_KEY: text, OTHER: 'a-secret-too-short' }),
      (error: unknown) => {
        assert.ok(error instanceof UsageError)
        assert.doesNotMatch(error.message, /a-secret|c2hvcnQ/)
        return true
      },
    )
  }
})

test('the content type is told by the key, else by the file, and never against what was said', async () => {
  const type = async (
    key: string,
    file: string,
    given: Readonly<Record<string, string>> = {},
    flags: { readonly guessContentType?: boolean } = {},
  ): Promise<string | undefined> => (await withContentType(given, { key, file }, flags))['content-type']
  assert.equal(await type('a/b.csv', '/x/y.json'), 'text/csv')
  assert.equal(await type('a/b', '/x/y.json'), 'application/json')
  assert.equal(await type('disk.tar', ''), 'application/x-tar')
  assert.equal(await type('REPORT.PDF', ''), 'application/pdf')
  assert.equal(await type('a.txt', '', { 'content-type': 'x/y' }), 'x/y')
  assert.equal(await type('a.txt', '', {}, { guessContentType: false }), undefined)
  for (const name of ['html', '.html', 'a/json', 'dir.txt/name', 'a.unheardof', '']) {
    assert.equal(await type(name, ''), undefined, name)
  }
})

test('a date is one in every zone', () => {
  for (const text of ['2031-02-28T05:38:42Z', '2031-02-28T06:38:42+01:00', 'Fri, 28 Feb 2031 05:38:42 GMT']) {
    assert.equal(parseDate(text), 'Fri, 28 Feb 2031 05:38:42 GMT')
  }
  for (const text of ['2031-02-28 05:38', 'tomorrow', '', 'xGMT'])
    assert.throws(() => parseDate(text), RangeError)
})
