/** Failures on request strike exactly the requests they name, and leave the state they promise. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc64 } from '../../src/checksum/index.js'
import {
  ConnectionDropped,
  createFaults,
  createMemoryStorage,
  type FaultRule,
} from '../../src/server/index.js'
import { bytesFrom, chunksOf, codeOf, createWorld, initiate, sendPart, wireOf } from './world.js'

const AT = { bucket: 'examplebucket', key: 'k' } as const
const PUT = { method: 'PUT', ...AT, body: 'hello' } as const
const GET = { method: 'GET', ...AT } as const

test('an error instead of the work, and after it', async () => {
  const world = await createWorld()
  world.faults.add({ effect: 'error', code: 'InternalError', operation: 'PutObject' })
  assert.equal(codeOf(await world.expect(500, PUT)), 'InternalError')
  assert.equal(world.log.at(-1)?.bytesIn, 0)
  await world.expect(404, GET)

  const headers = { 'x-oss-qos-delay-time': '50' }
  world.faults.add({ effect: 'error', code: 'ServiceUnavailable', status: 503, when: 'after', headers })
  const reply = await world.expect(503, PUT)
  assert.equal(reply.headers['x-oss-qos-delay-time'], '50')
  assert.equal((await world.expect(200, GET)).text, 'hello')
})

test('a connection dropped before the work, within the body, and after the work', async () => {
  const world = await createWorld()
  for (const rule of [{}, { bodyBytes: 3 }] as const) {
    world.faults.add({ effect: 'drop', operation: 'PutObject', ...rule })
    await assert.rejects(world.ask(PUT), ConnectionDropped)
    await world.expect(404, GET)
  }
  world.faults.add({ effect: 'drop', operation: 'PutObject', when: 'after' })
  await assert.rejects(world.ask(PUT), ConnectionDropped)
  assert.equal(world.log.at(-1)?.status, undefined)
  assert.equal((await world.expect(200, GET)).text, 'hello')
})

test('a dropped Complete has made the object', async () => {
  const world = await createWorld()
  const upload = { key: 'k', uploadId: await initiate(world, 'k') }
  await sendPart(world, upload, 1, bytesFrom(1, 5))
  world.faults.add({ effect: 'drop', operation: 'CompleteMultipartUpload', when: 'after' })
  const complete = {
    method: 'POST',
    ...AT,
    query: { uploadId: upload.uploadId },
    headers: { 'x-oss-complete-all': 'yes' },
    body: '',
  }
  await assert.rejects(world.ask(complete), ConnectionDropped)
  assert.equal(codeOf(await world.expect(404, complete)), 'NoSuchUpload')
  assert.deepEqual((await world.expect(200, GET)).bytes, bytesFrom(1, 5))
})

test('corruption: of what is stored, with checksums to match, or of what is said alone', async () => {
  const world = await createWorld()
  const right = crc64(new TextEncoder().encode('hello')).toString()
  world.faults.add({ effect: 'corrupt', what: 'stored', operation: 'PutObject' })
  const put = await world.expect(200, PUT)
  const got = await world.expect(200, GET)
  assert.notEqual(got.text, 'hello')
  assert.equal(put.headers['x-oss-hash-crc64ecma'], crc64(got.bytes).toString())

  world.faults.add({ effect: 'corrupt', what: 'checksum', operation: 'PutObject' })
  const lied = await world.expect(200, PUT)
  assert.notEqual(lied.headers['x-oss-hash-crc64ecma'], right)
  const told = await world.expect(200, GET)
  assert.equal(told.text, 'hello')
  assert.equal(told.headers['x-oss-hash-crc64ecma'], right)
})

test('delays and throttles wait by the clock that was given', async () => {
  const world = await createWorld()
  world.faults.add({ effect: 'delay', ms: 1000 }, { effect: 'delay', ms: 20, when: 'after' })
  world.faults.add({ effect: 'throttle', bytesPerSecond: 10 })
  await world.expect(200, PUT)
  assert.deepEqual(world.clock.slept, [1000, 500, 20])
  assert.equal(world.log.at(-1)?.durationMs, 1520)
  assert.deepEqual(world.log.at(-1)?.faults, ['delay', 'delay', 'throttle'])
})

test('a rule strikes the requests it names: so many, after so many', async () => {
  const faults = createFaults()
  const struck = (rule: Partial<FaultRule>, targets: Parameters<typeof faults.strike>[0][]): boolean[] => {
    faults.clear()
    faults.add({ effect: 'drop', ...rule } as FaultRule)
    return targets.map((target) => faults.strike(target).length > 0)
  }
  const parts = [1, 2, 3, 2, 2].map((partNumber) => ({
    operation: 'UploadPart',
    bucket: 'b',
    key: 'k',
    partNumber,
  }))
  assert.deepEqual(struck({}, parts), [true, false, false, false, false])
  assert.deepEqual(struck({ times: 2, skip: 1 }, parts), [false, true, true, false, false])
  assert.deepEqual(struck({ times: null, partNumber: 2 }, parts), [false, true, false, true, true])
  assert.deepEqual(struck({ times: null, partNumber: [1, 3] }, parts), [true, false, true, false, false])
  assert.deepEqual(struck({ skip: 1, partNumber: 2 }, parts), [false, false, false, true, false])
  assert.deepEqual(struck({ operation: 'PutObject' }, parts), [false, false, false, false, false])
  assert.deepEqual(struck({ operation: ['PutObject', 'UploadPart'] }, parts.slice(0, 1)), [true])
  assert.deepEqual(struck({ bucket: 'c' }, parts.slice(0, 1)), [false])
  assert.deepEqual(struck({ key: 'k' }, parts.slice(0, 1)), [true])
  assert.deepEqual(struck({ partNumber: 1 }, [{ operation: 'PutObject' }]), [false])
})

test('a rule that can not be read is refused, whatever is wrong with it', () => {
  for (const rule of [
    null,
    {},
    { effect: 'explode' },
    { effect: 'delay' },
    { effect: 'delay', ms: -1 },
    { effect: 'drop', operation: 'UploadParts' },
    { effect: 'drop', when: 'later' },
    { effect: 'throttle', bytesPerSecond: 0 },
    { effect: 'corrupt' },
    { effect: 'error' },
    { effect: 'drop', times: 'many' },
  ]) {
    assert.throws(() => createFaults([rule as unknown as FaultRule]), TypeError, JSON.stringify(rule))
  }
})

test('a struck request that would have been refused anyway does not count', async () => {
  const world = await createWorld()
  world.faults.add({ effect: 'error', code: 'InternalError', operation: 'PutObject' })
  await world.expect(403, { ...PUT, signed: 'not' })
  await world.expect(500, PUT)
  await world.expect(200, PUT)
})

test('a status that HTTP has no answer with is no rule', () => {
  for (const status of [0, 100, 199, 600, 1000, 404.5]) {
    assert.throws(() => createFaults([{ effect: 'error', code: 'X', status }]), TypeError)
  }
})

test('an answer is dropped after so many bytes, slowed down, or has a wrong bit and right checksums', async () => {
  const failures: unknown[] = []
  const world = await createWorld({ onInternalError: (error) => failures.push(error) })
  await world.expect(200, PUT)
  const right = crc64(new TextEncoder().encode('hello')).toString()

  world.faults.add({ effect: 'corrupt', what: 'answer', operation: 'GetObject' })
  const turned = await world.expect(200, GET)
  assert.deepEqual([turned.bytes.length, turned.bytes.slice(1)], [5, new TextEncoder().encode('ello')])
  assert.equal((turned.bytes[0] ?? 0) ^ 1, 'h'.charCodeAt(0))
  assert.equal(turned.headers['x-oss-hash-crc64ecma'], right)

  world.faults.add({ effect: 'throttle', bytesPerSecond: 10, operation: 'GetObject' })
  await world.expect(200, GET)
  assert.deepEqual(world.clock.slept, [500])

  const drop = { effect: 'drop', when: 'after', operation: 'GetObject' } as const
  world.faults.add({ ...drop, bodyBytes: 2 })
  const received: number[] = []
  const { target, headers } = wireOf(GET, world.clock.time)
  const cut = await world.handler({ method: 'GET', target, headers, body: chunksOf(new Uint8Array()) })
  assert.equal(cut.headers['content-length'], '5')
  await assert.rejects(async () => {
    assert.ok(!(cut.body instanceof Uint8Array))
    for await (const chunk of cut.body) received.push(...chunk)
  }, ConnectionDropped)
  assert.deepEqual(
    received,
    [...'he'].map((letter) => letter.charCodeAt(0)),
  )

  // Five bytes are not more than five, and HEAD has none.
  world.faults.add({ ...drop, bodyBytes: 5 })
  assert.equal((await world.expect(200, GET)).text, 'hello')
  world.faults.add({ ...drop, operation: 'HeadObject', bodyBytes: 0 })
  await world.expect(200, { ...GET, method: 'HEAD' })
  // A list is one piece, and struck as an object is.
  world.faults.add({ effect: 'corrupt', what: 'answer', operation: 'ListObjectsV2' })
  const list = { method: 'GET', bucket: 'examplebucket', query: { 'list-type': '2' } }
  const garbled = await world.expect(200, list)
  assert.equal(garbled.headers['content-length'], String(garbled.bytes.length))
  assert.notEqual(garbled.text[0], '<')
  assert.equal((await world.expect(200, list)).text[0], '<')
  assert.deepEqual(failures, [], 'a fault that was asked for is no failure of the server')
})

test('an answer that nobody reads lets go of its object, struck or not', async () => {
  let opened = 0
  const storage = createMemoryStorage()
  const world = await createWorld({
    storage: {
      ...storage,
      async openObject(...asked) {
        const object = await storage.openObject(...asked)
        if (object === undefined) return undefined
        opened += 1
        return {
          ...object,
          close() {
            opened -= 1
            object.close()
          },
        }
      },
    },
  })
  await world.expect(200, PUT)
  for (const rule of [
    { effect: 'throttle', bytesPerSecond: 1e9 },
    { effect: 'delay', ms: 1 },
  ] as const) {
    world.faults.add({ ...rule, operation: 'GetObject' })
    const { target, headers } = wireOf(GET, world.clock.time)
    const answer = await world.handler({ method: 'GET', target, headers, body: chunksOf(new Uint8Array()) })
    assert.ok(!(answer.body instanceof Uint8Array))
    assert.equal(opened, 1)
    await answer.body[Symbol.asyncIterator]().return?.()
    assert.equal(opened, 0)
  }
})

test('several buckets and keys can be named, and what is misspelt or of another type is refused', () => {
  const faults = createFaults([{ effect: 'drop', bucket: ['b', 'c'], key: ['k', 'l'], times: null }])
  const struck = (bucket: string, key: string): boolean => faults.strike({ bucket, key }).length > 0
  assert.deepEqual(
    [struck('b', 'k'), struck('c', 'l'), struck('b', 'm'), struck('d', 'k')],
    [true, true, false, false],
  )
  for (const rule of [
    { effect: 'drop', partnumber: 1 },
    { effect: 'drop', partNumber: '1' },
    { effect: 'drop', key: [1] },
    { effect: 'corrupt', what: 'nothing' },
  ]) {
    assert.throws(() => createFaults([rule as unknown as FaultRule]), TypeError, JSON.stringify(rule))
  }
})
