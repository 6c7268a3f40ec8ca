/** What ali-oss does with buckets and with the service. */
import assert from 'node:assert/strict'
import { AWKWARD_KEYS, createClient, endpoint, inByteOrder, refused } from './world.mjs'

export const buckets = {
  async 'bucket: create, list, info, location, stat, delete'({ client, name }) {
    const other = `${name}-x`
    assert.equal((await client.putBucket(other, { acl: 'public-read' })).res.status, 200)
    const { buckets: listed, owner } = await client.listBuckets({ prefix: name, 'max-keys': 10 })
    assert.deepEqual(
      listed.map((bucket) => bucket.name),
      [name, other],
    )
    assert.ok(owner.id)
    const { bucket: info } = await client.getBucketInfo(other)
    assert.deepEqual(
      [info.Name, info.StorageClass, info.AccessControlList.Grant],
      [other, 'Standard', 'public-read'],
    )
    assert.equal((await client.getBucketLocation(other)).location, info.Location)
    client.useBucket(other)
    await client.put('k', Buffer.from('12345'))
    const { stat } = await client.getBucketStat(other)
    assert.deepEqual([stat.Storage, stat.ObjectCount], ['5', '1'])
    await refused(client.deleteBucket(other), 409, 'BucketNotEmpty')
    await client.delete('k')
    await client.deleteBucket(other)
    await refused(client.getBucketInfo(other), 404, 'NoSuchBucket')
    client.useBucket(name)
  },

  async 'bucket: ACLs, and what they let a stranger do'({ client, name }) {
    await client.put('k', Buffer.from('x'))
    const url = `${endpoint}/${name}/k`
    assert.equal((await fetch(url)).status, 403)
    for (const acl of ['public-read-write', 'private', 'public-read']) {
      await client.putBucketACL(name, acl)
      assert.equal((await client.getBucketACL(name)).acl, acl)
    }
    assert.equal(await (await fetch(url)).text(), 'x')
    assert.equal((await fetch(url, { method: 'PUT', body: 'y' })).status, 403)
  },

  async 'bucket: CORS rules and the preflight'({ client, name }) {
    await refused(client.getBucketCORS(name), 404, 'NoSuchCORSConfiguration')
    const rule = {
      allowedOrigin: 'https://example.com',
      allowedMethod: ['PUT', 'GET'],
      allowedHeader: '*',
      exposeHeader: ['ETag', 'x-oss-request-id'],
      maxAgeSeconds: '60',
    }
    await client.putBucketCORS(name, [rule])
    const { rules } = await client.getBucketCORS(name)
    assert.deepEqual(
      [rules[0].allowedOrigin, rules[0].allowedMethod, rules[0].maxAgeSeconds],
      ['https://example.com', ['PUT', 'GET'], '60'],
    )
    const headers = { origin: 'https://example.com', 'access-control-request-method': 'PUT' }
    const answer = await fetch(`${endpoint}/${name}/k`, { method: 'OPTIONS', headers })
    assert.deepEqual([answer.status, answer.headers.get('access-control-max-age')], [200, '60'])
    await client.deleteBucketCORS(name)
    await refused(client.getBucketCORS(name), 404, 'NoSuchCORSConfiguration')
  },

  async 'bucket: lifecycle rules'({ client, name }) {
    await refused(client.getBucketLifecycle(name), 404, 'NoSuchLifecycle')
    await client.putBucketLifecycle(name, [
      { id: 'a', prefix: 'logs/', status: 'Enabled', expiration: { days: 30 } },
      { id: 'b', prefix: 'up/', status: 'Disabled', abortMultipartUpload: { days: 7 } },
    ])
    const { rules } = await client.getBucketLifecycle(name)
    assert.deepEqual(
      rules.map((rule) => [rule.id, rule.status]),
      [
        ['a', 'Enabled'],
        ['b', 'Disabled'],
      ],
    )
    await client.deleteBucketLifecycle(name)
    await refused(client.getBucketLifecycle(name), 404, 'NoSuchLifecycle')
  },

  async 'bucket: tags'({ client, name }) {
    await client.putBucketTags(name, { team: 'storage', 中: 'a b' })
    assert.deepEqual((await client.getBucketTags(name)).tag, { team: 'storage', 中: 'a b' })
    await client.deleteBucketTags(name)
    assert.deepEqual((await client.getBucketTags(name)).tag, {})
  },

  async 'bucket: one that never had versions says so'({ client, name }) {
    assert.equal((await client.getBucketVersioning(name)).versionStatus, undefined)
    await client.put('k', Buffer.from('x'))
    const { objects } = await client.getBucketVersions({ 'max-keys': 10 })
    assert.deepEqual(
      objects.map((object) => [object.name, object.versionId]),
      [['k', 'null']],
    )
  },

  async 'bucket: list objects, both versions, with awkward keys and small pages'(world) {
    const { client } = world
    for (const key of AWKWARD_KEYS) await client.put(key, Buffer.from(key))
    const expected = inByteOrder(AWKWARD_KEYS)
    for (const size of [1, 3, 1000]) assert.deepEqual(await world.keys({ 'max-keys': size }), expected)
    const names = []
    let marker
    do {
      const page = await client.list({ 'max-keys': 2, ...(marker && { marker }) })
      names.push(...page.objects.map((object) => object.name))
      marker = page.nextMarker
    } while (marker)
    assert.deepEqual(names, expected)
    const page = await client.listV2({ prefix: 'dir/', delimiter: '/', 'start-after': 'dir/%2F?&=#' })
    assert.deepEqual(
      page.objects.map((object) => object.name),
      ['dir/a b+c', 'dir/中文 ü'],
    )
    assert.deepEqual((await client.list({ delimiter: '/' })).prefixes, ['a/', 'dir/'])
    for (const key of AWKWARD_KEYS) assert.equal(String(await world.bytes(key)), key)
  },

  async "service: wrong keys are refused in the service's words"({ name }) {
    const wrong = createClient({ accessKeySecret: 'wrong', bucket: name })
    await refused(wrong.put('k', Buffer.alloc(1_000_000)), 403, 'SignatureDoesNotMatch')
    const nobody = createClient({ accessKeyId: 'nobody', bucket: name })
    await refused(nobody.put('k', Buffer.from('x')), 403, 'InvalidAccessKeyId')
    const nowhere = createClient({ bucket: 'there-is-no-such-bucket' })
    await refused(nowhere.put('k', Buffer.from('x')), 404, 'NoSuchBucket')
  },
}
