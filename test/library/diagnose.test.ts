/** The diagnosis against the embedded server: each check shown going well and going wrong, and nothing left behind. */
import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import {
  type Bucket,
  type BucketOptions,
  type DiagnosisOptions,
  diagnose,
  type Finding,
  listObjects,
  type ServiceOptions,
  UploadError,
} from '../../src/index.js'
import { testCertificate } from '../transport/certificate.js'
import { startProxy } from '../transport/loopback-proxy.js'
import { serve } from '../transport/servers.js'
import { createWorld, temporaryFolder, type World } from './world.js'

const hour = 60 * 60_000

async function found(
  where: Bucket | ServiceOptions,
  options: DiagnosisOptions = {},
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for await (const finding of diagnose(where, { measure: false, ...options })) findings.push(finding)
  return findings
}

function states(findings: readonly Finding[]): string {
  return findings.map(({ check, state }) => `${check}: ${state}`).join('\n')
}

/** The one finding of a check. */
function of(findings: readonly Finding[], check: string): Finding {
  const [only, ...others] = findings.filter((finding) => finding.check === check)
  assert.ok(only !== undefined && others.length === 0, `one ${check} in\n${states(findings)}`)
  return only
}

async function assertNothingLeft(world: World): Promise<void> {
  assert.deepEqual(await world.unfinished(), [])
  for await (const page of listObjects(world.bucket)) assert.deepEqual(page, [])
}

const allowed = `signature: ok
bucket: ok
begin an upload: ok
send a part: ok
list parts: ok
list uploads: ok
abort an upload: ok
put an object: ok
complete an upload: ok
look at an object: ok
remove an object: ok`

test('where all is well each check says so, the line is measured, and nothing is left', async (t) => {
  const world = await createWorld(t)
  const findings = await found(world.bucket, { store: world.store, prefix: 'backups/', measure: true })
  const way =
    'store: ok\nstore room: ok\nconnection: ok\nservice: ok\nclock: ok\nlatency: ok\naccess key: ok\n'
  assert.equal(states(findings), way + allowed.replace('abort an', 'rate: ok\nabort an'))
  assert.match(of(findings, 'rate').message, /^[\d.]+ MiB\/s: [\d.]+ MiB in [\d.]+ s, 4 parts at once$/)
  const sent = world.asked('UploadPart').reduce((sum, { bytesIn }) => sum + bytesIn, 0)
  assert.ok(sent <= 65 * 1024 * 1024, `${sent} bytes`)
  await assertNothingLeft(world)
  await assert.rejects(readdir(world.store), 'a store that was not there is not there')
  const keys = world.server.requests.entries().flatMap(({ key }) => (key ? [key] : []))
  assert.ok(keys.length > 0)
  for (const key of keys) assert.match(key, /^backups\/\.longhaul-doctor-[0-9a-f]{16}$/)
})

const denials: readonly (readonly [
  operation: string,
  check: string,
  state: Finding['state'],
  advice: RegExp,
])[] = [
  ['InitiateMultipartUpload', 'begin an upload', 'failed', /Allow oss:PutObject/],
  ['UploadPart', 'send a part', 'failed', /Allow oss:PutObject/],
  ['ListParts', 'list parts', 'warning', /Allow oss:ListParts .*trusts its checkpoint alone/],
  ['ListMultipartUploads', 'list uploads', 'warning', /Allow oss:ListMultipartUploads/],
  ['AbortMultipartUpload', 'abort an upload', 'warning', /Allow oss:AbortMultipartUpload/],
  ['PutObject', 'put an object', 'failed', /Allow oss:PutObject/],
  ['CompleteMultipartUpload', 'complete an upload', 'failed', /Allow oss:PutObject/],
  ['HeadObject', 'look at an object', 'warning', /Allow oss:GetObject/],
  ['DeleteObject', 'remove an object', 'warning', /Allow oss:DeleteObject/],
]

for (const [operation, check, state, advice] of denials) {
  test(`without the permission for ${operation}: ${check} is told as ${state}, with what to allow`, async (t) => {
    const world = await createWorld(t)
    world.server.faults.add({ operation, effect: 'error', code: 'AccessDenied', status: 403, times: null })
    const findings = await found(world.bucket)
    const finding = of(findings, check)
    assert.equal(finding.state, state, states(findings))
    assert.match(finding.message, /AccessDenied/)
    assert.match(finding.advice ?? '', advice)
    assert.equal(finding.code, state === 'failed' ? 'denied' : undefined)
    const others = findings
      .filter((each) => each !== finding && each.state === 'failed')
      .map((each) => each.check)
    // To complete, there has to be something to complete.
    const follow = ['InitiateMultipartUpload', 'UploadPart'].includes(operation) ? ['complete an upload'] : []
    assert.deepEqual(others, follow)
    world.server.faults.clear()
    if (operation !== 'AbortMultipartUpload') return assertNothingLeft(world)
    const told = of(findings, 'tidying up')
    for (const uploadId of await world.unfinished()) assert.ok(told.message.includes(uploadId), told.message)
  })
}

test('a key that may only upload is enough: no object is made that could not be removed', async (t) => {
  const world = await createWorld(t)
  for (const operation of ['DeleteObject', 'HeadObject', 'GetBucketInfo']) {
    world.server.faults.add({ operation, effect: 'error', code: 'AccessDenied', status: 403, times: null })
  }
  const findings = await found(world.bucket)
  assert.ok(
    findings.every(({ state }) => state !== 'failed'),
    states(findings),
  )
  assert.equal(of(findings, 'put an object').state, 'skipped')
  assert.equal(of(findings, 'bucket').state, 'skipped')
  world.server.faults.clear()
  await assertNothingLeft(world)
})

test('a beginning whose answer is lost leaves nothing behind, or what it may have left is named', async (t) => {
  const world = await createWorld(t)
  const lose = () =>
    world.server.faults.add({ operation: 'InitiateMultipartUpload', effect: 'drop', when: 'after', times: 1 })
  lose()
  assert.equal(of(await found(world.bucket), 'begin an upload').state, 'failed')
  await assertNothingLeft(world)
  lose()
  world.server.faults.add({
    operation: 'ListMultipartUploads',
    effect: 'error',
    code: 'AccessDenied',
    status: 403,
    times: null,
  })
  const left = of(await found(world.bucket), 'tidying up')
  assert.match(left.message, /^left at the service: perhaps an upload of \.longhaul-doctor-[0-9a-f]{16}$/)
})

test('a bucket that may keep versions gets no object that would stay as one', async (t) => {
  const world = await createWorld(t)
  world.server.faults.add({
    operation: 'GetBucketInfo',
    effect: 'error',
    code: 'AccessDenied',
    status: 403,
    times: null,
  })
  const put = of(await found(world.bucket), 'put an object')
  assert.equal(put.state, 'skipped')
  assert.match(put.message, /may keep versions/)
  for (const operation of ['PutObject', 'DeleteObject', 'CompleteMultipartUpload'] as const) {
    assert.deepEqual(world.asked(operation), [])
  }
})

test('a stop at any moment leaves nothing behind', async (t) => {
  let requests = 0
  let stopAt = 0
  let stop = new AbortController()
  const world = await createWorld(t, {
    onRequest() {
      requests += 1
      if (requests === stopAt) stop.abort(new Error('enough'))
    },
  })
  for (let at = 2; at <= 15; at += 1) {
    stop = new AbortController()
    requests = 0
    stopAt = at
    const outcome = await found(world.bucket, { signal: stop.signal }).catch((error: unknown) => error)
    stopAt = 0
    if (!Array.isArray(outcome)) {
      assert.ok(outcome instanceof UploadError && outcome.code === 'cancelled', String(outcome))
      assert.equal(outcome.message, 'Stopped.')
    }
    await assertNothingLeft(world)
  }
})

test('a stop whose tidying is refused says what is left', async (t) => {
  const stop = new AbortController()
  const world = await createWorld(t, {
    onRequest({ operation }) {
      if (operation === 'UploadPart') stop.abort(new Error('enough'))
    },
  })
  world.server.faults.add({
    operation: 'AbortMultipartUpload',
    effect: 'error',
    code: 'AccessDenied',
    status: 403,
    times: null,
  })
  await assert.rejects(found(world.bucket, { signal: stop.signal }), (error) => {
    assert.ok(error instanceof UploadError && error.code === 'cancelled')
    assert.match(
      error.message,
      /^Stopped\. Left at the service: the multipart upload [0-9A-F]+ of \.longhaul-doctor-/,
    )
    return true
  })
})

test('what is wrong with the key, the bucket or the region is told once, and no more is tried', async (t) => {
  const world = await createWorld(t)
  const { accessKeyId, accessKeySecret } = world.server
  const fixed = (more: object) => ({ credentials: { accessKeyId, accessKeySecret, ...more } })
  const rows: readonly (readonly [Partial<BucketOptions>, string, UploadError['code'], RegExp])[] = [
    [fixed({ accessKeySecret: 'wrong' }), 'signature', 'denied', /check the access key secret/],
    [fixed({ accessKeyId: 'nobody' }), 'signature', 'denied', /check the access key id/],
    [{ name: 'nosuchbucket' }, 'bucket', 'not-found', /does not exist/],
    [{ region: 'cn-beijing' }, 'bucket', 'invalid-argument', /give the region/],
    [fixed({ expiration: Date.now() - hour }), 'access key', 'denied', /it ended 60 min ago/],
    [
      { credentials: () => Promise.reject(new Error('not signed in')) },
      'access key',
      'denied',
      /not signed in/,
    ],
  ]
  for (const [options, check, code, words] of rows) {
    const findings = await found(world.bucketWith(options))
    const last = findings.at(-1)
    assert.equal(last?.check, check, states(findings))
    assert.equal(last?.state, 'failed')
    assert.equal(last?.code, code)
    assert.match(last?.message ?? '', words)
  }
  assert.deepEqual(world.asked('InitiateMultipartUpload'), [])
})

test('when a key ends is told, and warned of where nobody renews it', async (t) => {
  const { server, bucketWith } = await createWorld(t)
  const key = { accessKeyId: server.accessKeyId, accessKeySecret: server.accessKeySecret }
  const keyOf = async (credentials: BucketOptions['credentials']) =>
    of(await found(bucketWith({ credentials })), 'access key')
  const soon = { ...key, expiration: Date.now() + 600_000 }
  assert.equal((await keyOf(soon)).state, 'warning')
  assert.match((await keyOf(() => soon)).message, /it ends in 10 min and is renewed/)
  assert.match((await keyOf({ ...key, expiration: Date.now() + hour })).message, /it ends in 60 min$/)
})

test('a wrong clock of this machine is a warning, since uploads correct for it', async (t) => {
  const world = await createWorld(t, {
    clock: { now: () => Date.now() + 20 * 60_000, sleep: (ms) => setTimeout(ms) },
  })
  const findings = await found(world.bucket)
  const clock = of(findings, 'clock')
  assert.equal(clock.state, 'warning')
  assert.match(clock.message, /20 min behind the service's; uploads correct for that/)
  assert.equal(of(findings, 'remove an object').state, 'ok')
})

test('what is no OSS, does not answer, or has a name that nobody knows', async (t) => {
  const { bucketWith } = await createWorld(t)
  const page = createHttpServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1')
  t.after(() => page.close())
  await new Promise((resolve) => page.once('listening', resolve))
  const rows: readonly (readonly [string, string, RegExp])[] = [
    [`http://127.0.0.1:${(page.address() as AddressInfo).port}`, 'service', /is not OSS .*signing in/],
    ['http://127.0.0.1:1', 'connection', /ECONNREFUSED.*Nothing listens there/],
    // A label of 64 letters can't be looked up, so nobody is asked.
    [`http://${'a'.repeat(64)}.example`, 'name lookup', /can't be looked up.*Check the endpoint/],
  ]
  for (const [endpoint, check, words] of rows) {
    const findings = await found(bucketWith({ endpoint, region: 'cn-hangzhou' }))
    const last = findings.at(-1)
    assert.equal(last?.check, check, states(findings))
    assert.equal(last?.state, 'failed')
    assert.match(`${last?.message} ${last?.advice}`, words)
  }
})

test('certificates: one that is not believed says how to, and one that is not checked is a warning', async (t) => {
  const { bucketWith } = await createWorld(t)
  const endpoint = await serve(t, (_, response) => response.setHeader('x-oss-request-id', '1').end(), {
    secure: true,
  })
  const connection = async (options: Partial<BucketOptions>) =>
    of(await found(bucketWith({ endpoint, ...options })), 'connection')
  const unknown = await connection({})
  assert.equal(unknown.state, 'failed')
  assert.match(unknown.message, /--ca-file .*NODE_EXTRA_CA_CERTS/)
  assert.equal((await connection({ ca: testCertificate })).state, 'ok')
  const unchecked = await connection({ insecure: true })
  assert.equal(unchecked.state, 'warning')
  assert.match(unchecked.message, /not checked/)
})

test('a proxy looks names up itself, and its refusal is told as its own', async (t) => {
  const world = await createWorld(t, { baseNames: ['oss.example'] })
  const given = { endpoint: 'http://oss.example', region: world.server.region }
  const open = await startProxy(t, { leadsTo: world.server.port })
  const findings = await found(world.bucketWith({ ...given, proxy: open.url }))
  assert.equal(of(findings, 'name lookup').state, 'skipped')
  assert.match(of(findings, 'connection').message, /through the proxy http:\/\/127\.0\.0\.1/)
  assert.ok(states(findings).endsWith(allowed), states(findings))
  const closed = await startProxy(t, { userPassword: 'me:hidden' })
  const refused = of(await found(world.bucketWith({ ...given, proxy: closed.url })), 'connection')
  assert.equal(refused.code, 'denied')
  assert.match(refused.message, /407/)
})

test('a store that can not be used, or that others can see', {
  skip: process.getuid === undefined,
}, async (t) => {
  const world = await createWorld(t)
  const folder = await temporaryFolder(t)
  const file = join(folder, 'file')
  await writeFile(file, '')
  const unusable = of(await found(world.bucket, { store: file }), 'store')
  assert.equal(unusable.code, 'store-unusable')
  assert.match(unusable.advice ?? '', /--store/)
  const seen = join(folder, 'seen')
  await mkdir(seen)
  const rights = async (mode: number) => {
    await chmod(seen, mode)
    return of(await found(world.bucket, { store: seen }), 'store rights')
  }
  assert.equal((await rights(0o700)).state, 'ok')
  assert.match((await rights(0o755)).message, /others may see/)
  assert.match((await rights(0o777)).message, /others may change/)
  assert.deepEqual(await readdir(seen), [])
})

test('without a bucket the key is tried by listing, and the permissions are not', async (t) => {
  const { server } = await createWorld(t)
  const { endpoint, accessKeyId, accessKeySecret } = server
  const service = { endpoint, credentials: { accessKeyId, accessKeySecret } }
  const findings = await found(service)
  assert.match(of(findings, 'signature').message, /has 1$/)
  assert.equal(of(findings, 'permissions').state, 'skipped')
  const wrong = await found({ ...service, credentials: { accessKeyId, accessKeySecret: 'wrong' } })
  assert.equal(of(wrong, 'signature').code, 'denied')
  server.faults.add({
    operation: 'ListBuckets',
    effect: 'error',
    code: 'AccessDenied',
    status: 403,
    times: null,
  })
  assert.equal(of(await found(service), 'signature').state, 'ok')
})
