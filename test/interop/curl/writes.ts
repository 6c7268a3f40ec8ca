/** Signed URLs for writing: whole objects, parts by hand, and what must not come to be. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { ScriptedTest } from '../scripted.js'
import { element, errorOf } from '../signed-url.js'
import type { World } from './world.js'

const PART = 100 * 1024
const md5 = (bytes: Buffer | string): string => createHash('md5').update(bytes).digest('base64')

export const writes: readonly ScriptedTest<World>[] = [
  {
    name: 'PUT of a file, with signed headers, and DELETE',
    async run({ curl, url, file, signature }) {
      const { path, bytes } = await file('a', 300_000)
      const headers = {
        'Content-Type': 'text/x-odd',
        'Content-MD5': md5(bytes),
        'x-oss-meta-word': 'value',
        'x-oss-storage-class': 'IA',
      }
      const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
      const put = await curl('-T', path, ...given, url('PUT', { key: 'dir/k', headers }))
      assert.equal(put.status, 200, put.text)
      const hex = createHash('md5').update(bytes).digest('hex').toUpperCase()
      assert.deepEqual([put.headers['etag'], put.headers['content-md5']], [`"${hex}"`, md5(bytes)])
      const head = await curl('-I', url('HEAD', { key: 'dir/k' }))
      assert.deepEqual(
        ['content-type', 'x-oss-meta-word', 'x-oss-storage-class', 'content-length'].map(
          (name) => head.headers[name],
        ),
        ['text/x-odd', 'value', 'IA', String(bytes.length)],
      )
      const missing = await curl('-T', path, url('PUT', { key: 'dir/k', headers }))
      assert.deepEqual(errorOf(missing).slice(0, 2), [403, 'SignatureDoesNotMatch'], signature)
      const removal = url('DELETE', { key: 'dir/k' })
      assert.equal((await curl('-X', 'DELETE', removal)).status, 204)
      assert.equal((await curl('-X', 'DELETE', removal)).status, 204, 'what is not there is deleted too')
      assert.equal((await curl(url('GET', { key: 'dir/k' }))).status, 404)
    },
  },
  {
    name: 'PUT of stdin, whose length nobody knows, and of nothing',
    async run({ attempt, curl, url }) {
      const sent = ['-T', '-', '-w', '%{http_code}', url('PUT', { key: 'k' })]
      const { stdout } = await attempt(sent, { input: 'from a pipe' })
      assert.equal(stdout.toString(), '200')
      assert.equal((await curl(url('GET', { key: 'k' }))).text, 'from a pipe')
      const empty = await curl('-X', 'PUT', '-d', '', '-H', 'Content-Type:', url('PUT', { key: 'empty' }))
      assert.equal(empty.status, 200, empty.text)
      const head = await curl('-I', url('HEAD', { key: 'empty' }))
      assert.deepEqual([head.status, head.headers['content-length']], [200, '0'])
    },
  },
  {
    name: 'a wrong Content-MD5, forbid-overwrite and a bad key leave everything as it was',
    async run({ curl, url, put, file }) {
      await put('k', 'old')
      const { path } = await file('a', 'new')
      const wrong = { 'Content-MD5': md5('other') }
      const digest = await curl(
        '-T',
        path,
        '-H',
        `Content-MD5: ${md5('other')}`,
        url('PUT', { key: 'k', headers: wrong }),
      )
      assert.deepEqual(errorOf(digest).slice(0, 2), [400, 'InvalidDigest'])
      const forbid = { 'x-oss-forbid-overwrite': 'true' }
      const forbidden = await curl(
        '-T',
        path,
        '-H',
        'x-oss-forbid-overwrite: true',
        url('PUT', { key: 'k', headers: forbid }),
      )
      assert.deepEqual(errorOf(forbidden).slice(0, 2), [409, 'FileAlreadyExists'])
      assert.equal((await curl(url('GET', { key: 'k' }))).text, 'old')
      const long = await curl('-T', path, url('PUT', { key: 'k'.repeat(1024) }))
      assert.deepEqual(errorOf(long).slice(0, 2), [400, 'InvalidObjectName'])
    },
  },
  {
    name: 'a PUT that breaks off half-way makes no object and harms none',
    async run({ attempt, curl, url, put, file }) {
      await put('k', 'old')
      const { path } = await file('a', 30_000_000)
      const slowly = ['--limit-rate', '500K', '--max-time', '1', '-T', path]
      for (const key of ['k', 'new']) {
        const { code } = await attempt([...slowly, url('PUT', { key })])
        assert.equal(code, 28)
      }
      assert.equal((await curl(url('GET', { key: 'k' }))).text, 'old')
      assert.equal((await curl(url('GET', { key: 'new' }))).status, 404)
    },
  },
  {
    name: 'an early refusal of a large PUT is read, whether or not curl waits for 100 Continue',
    async run({ curl, url, file }) {
      const { path } = await file('a', 5_000_000)
      const bad = url('PUT', { key: 'k' }).replace(/ignature=.{8}/, 'ignature=AAAAAAAA')
      for (const expect of ['100-continue', '']) {
        const answer = await curl('-T', path, '-H', `Expect: ${expect}`, bad)
        assert.deepEqual(errorOf(answer).slice(0, 2), [403, 'SignatureDoesNotMatch'], expect)
      }
    },
  },
  {
    name: 'a multipart upload by hand: parts in any order, one replaced, listed and completed',
    async run({ curl, url, file }) {
      const key = 'dir/a b+中'
      const begun = await curl('-X', 'POST', url('POST', { key, query: { uploads: '' } }))
      const uploadId = element(begun.text, 'UploadId') ?? ''
      assert.match(uploadId, /^[0-9A-F]{32}$/)
      const contents = [PART, PART + 1, 5]
      const etags: string[] = []
      const bytes: Buffer[] = []
      for (const number of [3, 1, 2, 1]) {
        const part = await file(`part-${number}`, contents[number - 1] ?? 0)
        const query = { uploadId, partNumber: String(number) }
        const sent = await curl('-T', part.path, url('PUT', { key, query }))
        assert.equal(sent.status, 200, sent.text)
        etags[number] = sent.headers['etag'] ?? ''
        bytes[number] = part.bytes
      }
      const listed = await curl(url('GET', { key, query: { uploadId, 'max-parts': '2' } }))
      assert.deepEqual(
        [...listed.text.matchAll(/<PartNumber>(\d+)</g)].map(([, number]) => number),
        ['1', '2'],
      )
      assert.deepEqual(
        [element(listed.text, 'IsTruncated'), element(listed.text, 'NextPartNumberMarker')],
        ['true', '2'],
      )
      const complete = url('POST', { key, query: { uploadId } })
      const list = (numbers: readonly number[]): string =>
        `<CompleteMultipartUpload>${numbers
          .map((number) => `<Part><PartNumber>${number}</PartNumber><ETag>${etags[number]}</ETag></Part>`)
          .join('')}</CompleteMultipartUpload>`
      const send = (body: string) => curl('-H', 'Content-Type:', '--data-binary', body, complete)
      assert.deepEqual(errorOf(await send(list([2, 1]))), [400, 'InvalidPartOrder', '0042-00000209'])
      assert.deepEqual(errorOf(await send(list([1, 3, 4]))).slice(0, 2), [400, 'InvalidPart'])
      assert.deepEqual(errorOf(await send('<oops')), [400, 'MalformedXML', '0042-00000205'])
      const done = await send(list([1, 2, 3]))
      assert.equal(done.status, 200, done.text)
      assert.equal(element(done.text, 'Key'), key)
      assert.match(done.headers['etag'] ?? '', /^"[0-9A-F]{32}-3"$/)
      const got = await curl(url('GET', { key }))
      assert.deepEqual(got.body, Buffer.concat(bytes.slice(1)))
      assert.deepEqual(errorOf(await send(list([1, 2, 3]))).slice(0, 2), [404, 'NoSuchUpload'])
    },
  },
  {
    name: 'an upload given up: listed, aborted, gone; a small part in the middle is refused at the end',
    async run({ curl, url, file }) {
      const key = 'k'
      const begun = await curl('-X', 'POST', url('POST', { key, query: { uploads: '' } }))
      const uploadId = element(begun.text, 'UploadId') ?? ''
      const { path } = await file('small', 10)
      let list = ''
      for (const partNumber of ['1', '2']) {
        const sent = await curl('-T', path, url('PUT', { key, query: { uploadId, partNumber } }))
        list += `<Part><PartNumber>${partNumber}</PartNumber><ETag>${sent.headers['etag']}</ETag></Part>`
      }
      const body = `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`
      const refused = await curl(
        '-H',
        'Content-Type:',
        '--data-binary',
        body,
        url('POST', { key, query: { uploadId } }),
      )
      assert.deepEqual(errorOf(refused), [400, 'EntityTooSmall', '0042-00000213'])
      const uploads = await curl(url('GET', { query: { uploads: '' } }))
      assert.equal(element(uploads.text, 'UploadId'), uploadId)
      const abort = url('DELETE', { key, query: { uploadId } })
      assert.equal((await curl('-X', 'DELETE', abort)).status, 204)
      assert.deepEqual(errorOf(await curl('-X', 'DELETE', abort)), [404, 'NoSuchUpload', '0042-00000002'])
      const late = await curl('-T', path, url('PUT', { key, query: { uploadId, partNumber: '1' } }))
      assert.deepEqual(errorOf(late), [404, 'NoSuchUpload', '0042-00000104'])
    },
  },
  {
    name: 'copy, append and symlink by signed URL',
    async run({ curl, url, put, bucket }) {
      await put('dir/a b', 'hello')
      const source = { 'x-oss-copy-source': `/${bucket}/dir/a%20b` }
      const copied = await curl(
        ...['-X', 'PUT', '-H', `x-oss-copy-source: ${source['x-oss-copy-source']}`],
        url('PUT', { key: 'copy', headers: source }),
      )
      assert.equal(copied.status, 200, copied.text)
      assert.equal((await curl(url('GET', { key: 'copy' }))).text, 'hello')
      const append = (position: string) =>
        curl('-H', 'Content-Type:', '-d', 'abc', url('POST', { key: 'log', query: { append: '', position } }))
      assert.equal((await append('0')).headers['x-oss-next-append-position'], '3')
      assert.equal((await append('3')).headers['x-oss-next-append-position'], '6')
      const wrong = await append('3')
      assert.deepEqual(errorOf(wrong), [409, 'PositionNotEqualToLength', '0026-00000016'])
      assert.equal(wrong.headers['x-oss-next-append-position'], '6')
      const target = { 'x-oss-symlink-target': 'dir%2Fa%20b' }
      const linked = await curl(
        ...['-X', 'PUT', '-H', 'x-oss-symlink-target: dir%2Fa%20b'],
        url('PUT', { key: 'link', query: { symlink: '' }, headers: target }),
      )
      assert.equal(linked.status, 200, linked.text)
      assert.equal((await curl(url('GET', { key: 'link' }))).text, 'hello')
    },
  },
  {
    name: 'headers signed beside those of OSS (V4): they have to be sent as they were signed',
    async run({ curl, url, file, signature }) {
      const { path } = await file('a', 'hello')
      if (signature === 'v1') {
        // V1 has no such thing: what is not of OSS is not signed.
        const plain = await curl(
          '-T',
          path,
          '-H',
          'x-word: b',
          url('PUT', { key: 'k', headers: { 'x-word': 'a' } }),
        )
        assert.equal(plain.status, 200)
        return
      }
      const signed = { key: 'k', headers: { 'x-word': 'a' }, additionalHeaders: ['x-word'] }
      const put = (...header: string[]) => curl('-T', path, ...header, url('PUT', signed))
      assert.equal((await put('-H', 'x-word: a')).status, 200)
      assert.deepEqual(errorOf(await put('-H', 'x-word: b')).slice(0, 2), [403, 'SignatureDoesNotMatch'])
      assert.equal((await put()).status, 400, 'a header that was signed and is not there')
    },
  },
]
