/** Where other tools put headers on the wrong requests, sign by old rules, fail with time, or hash what nobody asked for. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Bucket, endpointOfService, verifyObject } from '../../src/index.js'
import type { ServerCredentials } from '../../src/server/index.js'
import { createRecorder, type Kind, type Recorder } from '../library/recorder.js'
import { bytesFrom, bytesOf, createWorld, failure, MiB, PART, type World } from '../library/world.js'

async function recorded(t: TestContext, world: World): Promise<Recorder> {
  const notOfTheServer = /^x-oss-(callback|server-side-encryption)/
  const recorder = await createRecorder(world.server, { without: notOfTheServer })
  t.after(() => recorder.close())
  return recorder
}

test('W19: callback and forbid-overwrite go on Complete, customer keys on every part, metadata on no listing', async (t) => {
  const world = await createWorld(t)
  const recorder = await recorded(t, world)
  const bucket = world.bucketWith({ endpoint: recorder.endpoint })
  const filename = await world.file(bytesFrom(1, 3 * PART))
  const headers = {
    'x-oss-callback': Buffer.from('{"callbackUrl":"x"}').toString('base64'),
    'x-oss-forbid-overwrite': 'true',
    'x-oss-server-side-encryption-customer-algorithm': 'AES256',
    'x-oss-server-side-encryption-customer-key': Buffer.alloc(32, 7).toString('base64'),
    'x-oss-meta-word': 'a',
  }
  world.stopAtPart(2)
  await failure(world.upload('k', filename, { bucket, headers }), 'denied')
  await world.upload('k', filename, { bucket, headers })

  const carries = (kind: Kind, name: string): boolean => {
    const requests = recorder.of(kind)
    assert.ok(requests.length > 0, `there was no ${kind}`)
    const having = requests.filter((request) => request.headers[name] !== undefined).length
    assert.ok(having === 0 || having === requests.length, `${name} is on some of the ${kind} requests`)
    return having > 0
  }
  const kinds: readonly Kind[] = ['initiate', 'part', 'list', 'complete']
  const on = (name: string): Kind[] => kinds.filter((kind) => carries(kind, name))
  assert.deepEqual(on('x-oss-callback'), ['complete'])
  assert.deepEqual(on('x-oss-forbid-overwrite'), ['initiate', 'complete'])
  assert.deepEqual(on('x-oss-server-side-encryption-customer-key'), ['initiate', 'part'])
  assert.deepEqual(on('x-oss-meta-word'), ['initiate'])
})

test('W23: a token that ends in the middle is replaced once, however many parts meet it, and the upload goes on', async (t) => {
  const token = (number: number): ServerCredentials => ({
    accessKeyId: `STS.${number}`,
    accessKeySecret: `secret-${number}`,
    securityToken: `token-${number}`,
  })
  const accepted = [token(1)]
  let parts = 0
  const world = await createWorld(t, {
    credentials: accepted,
    onRequest({ operation }) {
      if (operation !== 'UploadPart') return
      parts += 1
      // The service knows the old one no more; nobody has told the client.
      if (parts === 4) accepted.splice(0, 1, token(2))
    },
  })
  let asked = 0
  const bucket = world.bucketWith({
    credentials: async () => {
      asked += 1
      return accepted[0] ?? token(1)
    },
  })
  const bytes = bytesFrom(1, 16 * PART)
  const result = await world.upload('k', await world.file(bytes), { bucket, numThreads: 4 })
  assert.equal(result.parts.sent, 16)
  assert.equal(asked, 2)
  // Keys that end are replaced for everything else too.
  accepted.splice(0, 1, token(3))
  assert.deepEqual(await bytesOf(bucket, 'k'), bytes)
})

test('W24: on a machine whose clock is an hour behind or a day ahead, everything corrects itself and every byte arrives', async (t) => {
  for (const offMs of [-3_600_000, 86_400_000]) {
    const clock = {
      now: () => Date.now() - offMs,
      sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    }
    const world = await createWorld(t, { clock })
    const bytes = bytesFrom(1, 3 * PART)
    const filename = await world.file(bytes)
    for (const multipartThreshold of [0, MiB]) {
      const key = `k${multipartThreshold}`
      assert.equal((await world.upload(key, filename, { multipartThreshold })).size, bytes.length)
      // What is not an upload is corrected as well.
      assert.equal((await verifyObject(world.bucket, key, filename)).equal, true)
      assert.deepEqual(await world.objectBytes(key), bytes)
    }
  }
})

test('J8: by default signatures are of version 4, a bare host is spoken to by TLS, and failures are tried again', async (t) => {
  const faults = [{ operation: 'PutObject', effect: 'error', code: 'InternalError', status: 500 } as const]
  const world = await createWorld(t, { faults })
  const recorder = await recorded(t, world)
  const bucket = world.bucketWith({ endpoint: recorder.endpoint })
  await world.upload('k', await world.file(bytesFrom(1, 10)), { bucket, multipartThreshold: MiB })
  assert.equal(recorder.of('put').length, 2)
  for (const { headers } of recorder.requests)
    assert.match(headers['authorization'] ?? '', /^OSS4-HMAC-SHA256 /)

  const credentials = { accessKeyId: 'id', accessKeySecret: 'secret' }
  const named = new Bucket({ endpoint: 'oss-cn-hangzhou.aliyuncs.com', name: 'examplebucket', credentials })
  assert.match(named.endpoint, /^https:/)
  assert.match(endpointOfService('cn-hangzhou'), /^https:/)
})

test('J9: a part is hashed once, carries no checksum that OSS does not want, and the server is asked first at most once', async (t) => {
  const world = await createWorld(t)
  const recorder = await recorded(t, world)
  const bucket = world.bucketWith({ endpoint: recorder.endpoint })
  const bytes = bytesFrom(1, 4 * MiB)
  await world.upload('k', await world.file(bytes), { bucket, partSize: MiB })
  const parts = recorder.of('part')
  assert.equal(parts.length, 4)
  for (const { headers } of parts) {
    assert.equal(headers['x-oss-content-sha256'], 'UNSIGNED-PAYLOAD')
    assert.deepEqual(
      Object.keys(headers).filter((name) => /md5|crc|checksum|trailer|amz/.test(name)),
      [],
    )
  }
  assert.ok(parts.filter(({ headers }) => headers['expect'] !== undefined).length <= 1)
})
