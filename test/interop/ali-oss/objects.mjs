/** What ali-oss does with single objects. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import { AWKWARD_KEYS, createClient, endpoint, PART, refused, signature, variable } from './world.mjs'

const md5 = (bytes) => createHash('md5').update(bytes).digest('hex').toUpperCase()

export const objects = {
  async 'object: put, get, head, meta and delete, for awkward keys'(world) {
    const { client } = world
    for (const key of AWKWARD_KEYS) {
      const content = randomBytes(1000)
      const put = await client.put(key, content, { meta: { one: '1' } })
      assert.equal(put.res.headers.etag, `"${md5(content)}"`)
      assert.deepEqual(await world.bytes(key), content)
      const head = await client.head(key)
      assert.deepEqual(
        [head.meta, head.res.headers['content-length'], head.res.headers['x-oss-object-type']],
        [{ one: '1' }, '1000', 'Normal'],
      )
      assert.equal((await client.getObjectMeta(key)).res.headers['content-length'], '1000')
      assert.equal((await client.delete(key)).res.status, 204)
      await refused(client.get(key), 404, 'NoSuchKey')
    }
  },

  async 'object: streams with and without a length'(world) {
    const { client } = world
    const content = randomBytes(3 * PART + 7)
    const path = world.file(content)
    await client.putStream('chunked', createReadStream(path))
    await client.putStream('known', createReadStream(path), { contentLength: content.length })
    for (const key of ['chunked', 'known']) assert.deepEqual(await world.bytes(key), content)
    const { stream } = await client.getStream('known')
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    assert.deepEqual(Buffer.concat(chunks), content)
    await client.put('empty', Buffer.alloc(0))
    assert.equal((await world.bytes('empty')).length, 0)
  },

  async 'object: ranges and conditions'({ client }) {
    const content = randomBytes(1000)
    const { res } = await client.put('k', content)
    const got = await client.get('k', { headers: { Range: 'bytes=10-19' } })
    assert.deepEqual([got.res.status, got.content], [206, content.subarray(10, 20)])
    const whole = await client.get('k', { headers: { Range: 'bytes=0-1000' } })
    assert.deepEqual([whole.res.status, whole.content], [200, content])
    await refused(client.get('k', { headers: { 'If-Match': 'OTHER' } }), 412, 'PreconditionFailed')
    const same = await client.head('k', { headers: { 'If-None-Match': res.headers.etag } })
    assert.equal(same.status, 304)
  },

  async 'object: headers are kept, changed and overridden'({ client }) {
    await client.put('k', Buffer.from('x'), {
      mime: 'text/x-odd',
      meta: { a: '1' },
      headers: {
        'Cache-Control': 'no-cache',
        'Content-Disposition': 'attachment',
        'x-oss-storage-class': 'IA',
      },
    })
    const { res } = await client.head('k')
    assert.deepEqual(
      ['content-type', 'cache-control', 'content-disposition', 'x-oss-storage-class'].map(
        (name) => res.headers[name],
      ),
      ['text/x-odd', 'no-cache', 'attachment', 'IA'],
    )
    await client.putMeta('k', { b: '2' })
    assert.deepEqual((await client.head('k')).meta, { b: '2' })
    const never = { headers: { 'x-oss-forbid-overwrite': 'true' } }
    await refused(client.put('k', Buffer.from('y'), never), 409, 'FileAlreadyExists')
  },

  async 'object: copy, with conditions, metadata and from another bucket'(world) {
    const { client, name } = world
    const source = 'dir/中 +%&'
    await client.put(source, Buffer.from('content'), { meta: { a: '1' } })
    await client.copy('copy', source)
    assert.deepEqual(
      [String(await world.bytes('copy')), (await client.head('copy')).meta],
      ['content', { a: '1' }],
    )
    await client.copy('replaced', source, { meta: { b: '2' } })
    assert.deepEqual((await client.head('replaced')).meta, { b: '2' })
    await refused(
      client.copy('x', source, { headers: { 'x-oss-copy-source-if-match': 'OTHER' } }),
      412,
      'PreconditionFailed',
    )
    await client.putBucket(`${name}-far`)
    client.useBucket(`${name}-far`)
    await client.copy('k', 'copy', name)
    assert.equal(String((await client.get('k')).content), 'content')
    await client.delete('k')
    await client.deleteBucket(`${name}-far`)
    client.useBucket(name)
  },

  async 'object: append'(world) {
    const { client } = world
    const first = await client.append('log', Buffer.from('hello '))
    assert.equal(first.nextAppendPosition, '6')
    await client.append('log', Buffer.from('world'), { position: '6' })
    assert.equal(String(await world.bytes('log')), 'hello world')
    await refused(client.append('log', Buffer.from('x'), { position: '3' }), 409, 'PositionNotEqualToLength')
  },

  async 'object: symlinks, ACLs and tags'(world) {
    const { client, name } = world
    await client.put('dir/目标', Buffer.from('content'))
    await client.putSymlink('link', 'dir/目标')
    assert.equal((await client.getSymlink('link')).targetName, 'dir/目标')
    assert.equal(String(await world.bytes('link')), 'content')
    assert.equal((await client.getACL('dir/目标')).acl, 'default')
    await client.putACL('dir/目标', 'public-read')
    assert.equal((await client.getACL('dir/目标')).acl, 'public-read')
    assert.equal(await (await fetch(`${endpoint}/${name}/${encodeURI('dir/目标')}`)).text(), 'content')
    await client.putObjectTagging('dir/目标', { a: '1', b: 'x +/' })
    assert.deepEqual((await client.getObjectTagging('dir/目标')).tag, { a: '1', b: 'x +/' })
    await client.deleteObjectTagging('dir/目标')
    assert.deepEqual((await client.getObjectTagging('dir/目标')).tag, {})
  },

  async 'object: delete many at once, loudly and quietly'(world) {
    const { client } = world
    for (const quiet of [false, true]) {
      for (const key of AWKWARD_KEYS) await client.put(key, Buffer.from('x'))
      const { deleted } = await client.deleteMulti([...AWKWARD_KEYS, 'absent'], { quiet })
      const names = (deleted ?? []).map((each) => each.Key).sort()
      assert.deepEqual(names, quiet ? [] : [...AWKWARD_KEYS, 'absent'].sort())
      assert.deepEqual(await world.keys(), [])
    }
  },

  async 'object: signed URLs to put and get'({ name }) {
    // It signs none for an address that is a number.
    const client = createClient({ endpoint: endpoint.replace('127.0.0.1', 'localhost'), bucket: name })
    const key = 'dir/signed ü+'
    const sign = (method) =>
      signature === 'v4'
        ? client.signatureUrlV4(method, 60, undefined, key)
        : client.signatureUrl(key, { method, expires: 60 })
    const put = await fetch(await sign('PUT'), { method: 'PUT', body: Buffer.from('hello') })
    assert.equal(put.status, 200)
    const url = await sign('GET')
    assert.equal(await (await fetch(url)).text(), 'hello')
    assert.equal((await fetch(url.replace('signed', 'other'))).status, 403)
  },

  async "object: a callback's answer becomes the answer"({ client, name }) {
    const heard = []
    const application = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        heard.push(JSON.parse(body))
        response.setHeader('content-type', 'application/json').end('{"Status":"OK"}')
      })
    })
    await new Promise((resolve) => application.listen(0, '127.0.0.1', resolve))
    try {
      const result = await client.put('k', Buffer.from('12345'), {
        callback: {
          url: `http://127.0.0.1:${application.address().port}/`,
          body: `{${['bucket', 'object', 'size', 'x:mine'].map((name) => `"${name}":${variable(name)}`)}}`,
          contentType: 'application/json',
          customValue: { mine: 'hi' },
        },
      })
      assert.deepEqual(result.data, { Status: 'OK' })
      assert.deepEqual(heard, [{ bucket: name, object: 'k', size: 5, 'x:mine': 'hi' }])
    } finally {
      application.closeAllConnections()
      application.close()
    }
  },
}
