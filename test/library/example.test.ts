/** The example of the documented call, run as a user would run it: by the package's own name, as a program. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { useBucket } from '../../src/index.js'
import { fixture } from '../support/paths.js'
import { bytesFrom, createWorld, MiB } from './world.js'

test('the example uploads a file, tells how far it is, and sends only the rest when it is run again', async (t) => {
  if (!existsSync(fixture('dist/index.js'))) {
    t.skip('the package is not built')
    return
  }
  const world = await createWorld(t)
  const bytes = bytesFrom(1, 3 * MiB + 1)
  const filename = await world.file(bytes)
  const { endpoint, region, accessKeyId, accessKeySecret } = world.server
  const run = (): Promise<{ code: number | null; lines: string[] }> => {
    const child = spawn(process.execPath, [fixture('examples/resumable-upload.mjs'), filename, world.store], {
      env: {
        ...process.env,
        OSS_ENDPOINT: endpoint,
        OSS_REGION: region,
        OSS_BUCKET: 'examplebucket',
        OSS_ACCESS_KEY_ID: accessKeyId,
        OSS_ACCESS_KEY_SECRET: accessKeySecret,
      },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 60_000,
      killSignal: 'SIGKILL',
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, lines: text.trim().split('\n') }))
    })
  }
  world.stopAtPart(13)
  assert.notEqual((await run()).code, 0)
  const stored = world.asked('UploadPart').filter(({ status }) => status === 200).length

  const { code, lines } = await run()
  assert.equal(code, 0, lines.join('\n'))
  const [sent = '', etag, crc64] = lines.at(-1)?.split(' ') ?? []
  assert.equal(Number(sent), 13 - stored)
  assert.match(etag ?? '', /-13$/)
  assert.equal(lines.at(-2), '100 %')
  assert.deepEqual(await world.objectBytes('exampledir/javascript.dat'), bytes)
  const signal = new AbortController().signal
  const key = 'exampledir/javascript.dat'
  const head = await useBucket(world.bucket, (client) => client.headObject(key, { signal }))
  assert.deepEqual([head.crc64, head.headers['x-oss-meta-author']], [crc64, 'javascript'])
  assert.deepEqual(readdirSync(world.store), [])
})
