/** What the flags of `put` say goes on the requests where the service wants it, and on no other, as seen on the wire. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createRecorder, type Kind } from '../library/recorder.js'
import { bytesFrom, createWorld, temporaryFolder } from '../library/world.js'
import { type Ran, runInProcess } from './in-process.js'

const customerKey = Buffer.alloc(32, 7)
const customer = 'x-oss-server-side-encryption-customer'
const withData: readonly Kind[] = ['put', 'initiate', 'part', 'head']
const ofObject: readonly Kind[] = ['put', 'initiate']

/** Flags, the headers they mean, and the requests that have to carry them. */
const wanted: readonly (readonly [
  flags: readonly string[],
  name: string,
  value: string | RegExp,
  kinds: readonly Kind[],
])[] = [
  [['--storage-class', 'IA'], 'x-oss-storage-class', 'IA', ofObject],
  [['--acl', 'private'], 'x-oss-object-acl', 'private', ['put', 'initiate', 'complete']],
  [['--tagging', 'a=1', '--tagging', 'b c=2'], 'x-oss-tagging', 'a=1&b%20c=2', ofObject],
  [[], 'content-type', 'text/csv', ofObject],
  [['--cache-control', 'no-cache'], 'cache-control', 'no-cache', ofObject],
  [['--content-encoding', 'identity'], 'content-encoding', 'identity', ofObject],
  [['--content-disposition', 'attachment'], 'content-disposition', 'attachment', ofObject],
  [['--expires', '2031-02-28T05:38:42Z'], 'expires', 'Fri, 28 Feb 2031 05:38:42 GMT', ofObject],
  [['--sse', 'KMS'], 'x-oss-server-side-encryption', 'KMS', ofObject],
  [['--sse-kms-key-id', 'a-key'], 'x-oss-server-side-encryption-key-id', 'a-key', ofObject],
  [['--sse-data-encryption', 'SM4'], 'x-oss-server-side-data-encryption', 'SM4', ofObject],
  [['--meta', 'host=web1'], 'x-oss-meta-host', 'web1', ofObject],
  [['--callback-var', 'order=7'], 'x-oss-callback-var', /^[\w+/=]+$/, ['put', 'complete']],
  [['--header', 'x-oss-traffic-limit: 819200000'], 'x-oss-traffic-limit', '819200000', ['put', 'part']],
  [['--sse-customer-key-env', 'MY_KEY'], `${customer}-algorithm`, 'AES256', withData],
  [[], `${customer}-key`, customerKey.toString('base64'), withData],
  [[], `${customer}-key-md5`, createHash('md5').update(customerKey).digest('base64'), withData],
  [['--forbid-overwrite'], 'x-oss-forbid-overwrite', 'true', ['put', 'initiate', 'complete']],
]

/** Puts a file of three parts, or as one, before a server that calls back; resolves with what went over the wire. */
async function putWithAllFlags(t: TestContext, threshold: string) {
  const world = await createWorld(t)
  const recorder = await createRecorder(world.server, { without: new RegExp(`^${customer}`) })
  t.after(() => recorder.close())
  const called: string[] = []
  const listener = createHttpServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    called.push(body)
    response.setHeader('content-type', 'application/json')
    response.end('{"heard":true}')
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.after(() => listener.close())
  const folder = await temporaryFolder(t)
  const file = join(folder, 'table.csv')
  await writeFile(file, bytesFrom(1, 300 * 1024))
  const callback = JSON.stringify({
    callbackUrl: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`,
    callbackBody: `key=$${'{object}'}&order=$${'{x:order}'}`,
  })
  const ran: Ran = await runInProcess(
    [
      'put',
      ...['--part-size', '100KiB', '--multipart-threshold', threshold, '--json', '--callback', callback],
      ...wanted.flatMap(([flags]) => flags),
      ...[file, `oss://${world.bucket.name}/dir/`],
    ],
    {
      LONGHAUL_STORE: join(folder, 'store'),
      OSS_ENDPOINT: recorder.endpoint,
      OSS_ACCESS_KEY_ID: world.server.accessKeyId,
      OSS_ACCESS_KEY_SECRET: world.server.accessKeySecret,
      MY_KEY: customerKey.toString('base64'),
    },
  )
  return { recorder, ran, called }
}

for (const [threshold, kinds] of [
  ['100KiB', ['initiate', 'part', 'complete', 'head']],
  ['10MiB', ['put']],
] as const) {
  test(`each flag goes where it belongs: ${kinds.join(', ')}`, async (t) => {
    const { recorder, ran, called } = await putWithAllFlags(t, threshold)
    assert.equal(ran.exitCode, 0, ran.err.join('\n'))
    for (const kind of kinds) {
      const requests = recorder.of(kind)
      assert.ok(requests.length > 0, `there was no ${kind}`)
      for (const { headers } of requests) {
        for (const [, name, value, where] of wanted) {
          const seen = headers[name]
          if (!where.includes(kind)) assert.equal(seen, undefined, `${name} on ${kind}`)
          else if (typeof value === 'string') assert.equal(seen, value, `${name} on ${kind}`)
          else assert.match(seen ?? '', value, `${name} on ${kind}`)
        }
      }
    }
    assert.deepEqual(called, ['key=dir%2Ftable.csv&order=7'])
    const summary: { callback?: string } = JSON.parse(ran.out.at(-1) ?? '{}')
    assert.equal(summary.callback, '{"heard":true}')
    assert.ok(![...ran.out, ...ran.err].join('\n').includes(customerKey.toString('base64')))
  })
}
