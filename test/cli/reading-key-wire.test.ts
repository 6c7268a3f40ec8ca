/** What is encrypted with a customer's key is read with it: the flags of `get`, `stat` and `verify`, as seen on the wire. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readObject, statObject } from '../../src/index.js'
import { createRecorder } from '../library/recorder.js'
import { bytesFrom, createWorld } from '../library/world.js'
import { runInProcess } from './in-process.js'

const customerKey = Buffer.alloc(32, 9)
const prefix = 'x-oss-server-side-encryption-customer'
const wanted = {
  [`${prefix}-algorithm`]: 'AES256',
  [`${prefix}-key`]: customerKey.toString('base64'),
  [`${prefix}-key-md5`]: createHash('md5').update(customerKey).digest('base64'),
}

test('get, stat and verify send the key of the customer with the requests that read, and tell nobody', async (t) => {
  const world = await createWorld(t)
  const recorder = await createRecorder(world.server, { without: new RegExp(`^${prefix}`) })
  t.after(() => recorder.close())
  const bytes = bytesFrom(4, 5000)
  const file = await world.file(bytes)
  const keyFile = join(world.folder, 'customer.key')
  await writeFile(keyFile, customerKey)
  const environment = {
    HOME: world.folder,
    LONGHAUL_STORE: world.store,
    OSS_ENDPOINT: recorder.endpoint,
    OSS_ACCESS_KEY_ID: world.server.accessKeyId,
    OSS_ACCESS_KEY_SECRET: world.server.accessKeySecret,
    MY_KEY: customerKey.toString('base64'),
  }
  const url = 'oss://examplebucket/secret'
  const copy = join(world.folder, 'copy')
  const commands: readonly (readonly string[])[] = [
    ['stat', url],
    ['verify', file, url],
    ['get', url, copy, '--force'],
  ]
  const flags: readonly (readonly string[])[] = [
    ['--sse-customer-key-file', keyFile],
    ['--sse-customer-key-env', 'MY_KEY'],
  ]
  assert.equal((await runInProcess(['put', '--quiet', file, url], environment)).exitCode, 0)
  for (const command of commands) {
    for (const given of [...flags, []]) {
      recorder.requests.length = 0
      const ran = await runInProcess([...command, ...given], environment)
      assert.equal(ran.exitCode, 0, ran.err.join('\n'))
      const [request, ...more] = recorder.requests
      assert.deepEqual(more, [])
      const seen = Object.entries(request?.headers ?? {}).filter(([name]) => name.startsWith(prefix))
      assert.deepEqual(Object.fromEntries(seen), given.length === 0 ? {} : wanted, command.join(' '))
      assert.ok(![...ran.out, ...ran.err].join('\n').includes(customerKey.toString('base64')))
    }
  }
  assert.deepEqual(await readFile(copy), Buffer.from(bytes))
})

test('a key for a bucket, and a header that no reading request carries, are refused before anything is asked', async (t) => {
  const world = await createWorld(t)
  const environment = {
    OSS_ENDPOINT: 'http://127.0.0.1:1',
    OSS_ACCESS_KEY_ID: 'a',
    OSS_ACCESS_KEY_SECRET: 'b',
    MY_KEY: customerKey.toString('base64'),
  }
  const ofBucket = runInProcess(
    ['stat', '--sse-customer-key-env', 'MY_KEY', 'oss://examplebucket'],
    environment,
  )
  await assert.rejects(ofBucket, /belongs to an object/)
  const headers = { 'x-oss-storage-class': 'IA' }
  const refused = { code: 'invalid-argument', message: /x-oss-storage-class is none of a request that reads/ }
  await assert.rejects(statObject(world.bucket, 'key', { headers }), refused)
  await assert.rejects(readObject(world.bucket, 'key', { write: async () => {} }, { headers }), refused)
})
