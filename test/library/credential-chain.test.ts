/** The cloud's own credentials by a stand-in for the vendor's library; the real one is in the interop ring. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cloudCredentials, hasCloudLibrary, UploadError } from '../../src/index.js'
import { createCredentials } from '../../src/services/credentials.js'
import { bytesFrom, createWorld, KiB } from './world.js'

const minute = 60_000
const { signal } = new AbortController()

/** In the shape in which `import` gives a CommonJS module with a default export. */
function standIn(getCredential: () => Promise<unknown>) {
  const Credential = class {
    getCredential = getCredential
  }
  return async () => ({ default: { default: Credential, Config: class {} } })
}

test('an upload signs with what the library gives', async (t) => {
  const world = await createWorld(t)
  const { accessKeyId, accessKeySecret } = world.server
  const load = standIn(async () => ({ accessKeyId, accessKeySecret, type: 'default' }))
  const bucket = world.bucketWith({ credentials: cloudCredentials({ load }) })
  await world.upload('a', await world.file(bytesFrom(1, KiB)), { bucket })
  assert.deepEqual(await world.objectBytes('a'), bytesFrom(1, KiB))
})

test('temporary keys are asked for every five minutes, since the library does not tell their end', async () => {
  const clock = { now: 0, wallClock: () => clock.now }
  let asked = 0
  const load = standIn(async () => {
    asked += 1
    return { accessKeyId: `id${asked}`, accessKeySecret: 'hidden', securityToken: 'hidden' }
  })
  const provider = createCredentials(cloudCredentials({ load, now: () => clock.now }), clock)
  for (let minutes = 0; minutes < 60; minutes += 1) {
    await Promise.all(Array.from({ length: 4 }, () => provider.current(signal)))
    clock.now += minute
  }
  assert.equal(asked, 12)
})

test('fixed keys are asked for once', async () => {
  const clock = { now: 0, wallClock: () => clock.now }
  let asked = 0
  const load = standIn(async () => {
    asked += 1
    return { accessKeyId: 'id', accessKeySecret: 'hidden', securityToken: undefined }
  })
  const provider = createCredentials(cloudCredentials({ load }), clock)
  await provider.current(signal)
  clock.now += 600 * minute
  await provider.current(signal)
  assert.equal(asked, 1)
})

test('without the library one line says what to install', async (t) => {
  assert.equal(hasCloudLibrary(), false, 'it is no dependency of ours')
  const world = await createWorld(t)
  const bucket = world.bucketWith({ credentials: cloudCredentials() })
  const uploading = world.upload('a', await world.file(bytesFrom(1, KiB)), { bucket })
  await assert.rejects(uploading, (error) => {
    assert.ok(error instanceof UploadError)
    assert.equal(error.code, 'denied')
    assert.match(error.message, /npm install @alicloud\/credentials\.$/)
    return true
  })
})

test("what the library says of its failures is repeated without the values in it, and another library's is refused", async () => {
  const messages = [
    'error retrieving credentials from credentialsURI result: {"AccessKeySecret":"hidden"}',
    "parse aliyun cli config from '/home/user/.aliyun/config.json' failed: hidden",
    'the key LTAI5hidden0123456789 is not known',
  ]
  for (const message of messages) {
    const load = standIn(async () => {
      throw new Error(message)
    })
    await assert.rejects(cloudCredentials({ load })(), (error) => {
      assert.ok(error instanceof Error && 'code' in error && error.code === 'denied')
      assert.match(error.message, /^@alicloud\/credentials found none: \w/)
      assert.doesNotMatch(`${error.stack}${error.cause}`, /hidden/)
      return true
    })
  }
  for (const loaded of [{}, { default: class {} }, { default: { default: 1 } }]) {
    await assert.rejects(cloudCredentials({ load: async () => loaded })(), /version 2\.4 or later is needed/)
  }
})
