/** Documents and forms that operations take, made wrong, through the whole handler. */
import fc from 'fast-check'
import { encodeQuery } from '../../src/protocol/encode.js'
import { children, parseXml } from '../../src/protocol/xml.js'
import { FILENAME, formAsk, signedV4 } from '../server/forms.js'
import { completionOf, initiate, START, sendPart, wireOf } from '../server/world.js'
import { type Mutation, mutated, mutations, pick, utf8 } from './mutate.js'
import { createServerWorld, signed } from './server-world.js'
import { asyncTarget, type Target } from './target.js'

interface Sample {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly document: string
}

const BUCKET = '/examplebucket/'

const samples: readonly Sample[] = [
  {
    method: 'PUT',
    path: '/otherbucket/',
    query: {},
    document:
      '<CreateBucketConfiguration><StorageClass>IA</StorageClass><DataRedundancyType>LRS</DataRedundancyType></CreateBucketConfiguration>',
  },
  {
    method: 'PUT',
    path: BUCKET,
    query: { cors: '' },
    document:
      '<CORSConfiguration><CORSRule><AllowedOrigin>http://a.test</AllowedOrigin><AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>100</MaxAgeSeconds></CORSRule><ResponseVary>true</ResponseVary></CORSConfiguration>',
  },
  {
    method: 'PUT',
    path: BUCKET,
    query: { lifecycle: '' },
    document:
      '<LifecycleConfiguration><Rule><ID>a</ID><Prefix>logs/</Prefix><Status>Enabled</Status><Expiration><Days>3</Days></Expiration><AbortMultipartUpload><CreatedBeforeDate>2024-01-01T00:00:00.000Z</CreatedBeforeDate></AbortMultipartUpload></Rule></LifecycleConfiguration>',
  },
  {
    method: 'PUT',
    path: BUCKET,
    query: { tagging: '' },
    document:
      '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag><Tag><Key>c</Key><Value/></Tag></TagSet></Tagging>',
  },
  {
    method: 'PUT',
    path: `${BUCKET}dir/k`,
    query: { tagging: '' },
    document: '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>',
  },
  {
    method: 'POST',
    path: BUCKET,
    query: { delete: '', 'encoding-type': 'url' },
    document:
      '<Delete><Quiet>false</Quiet><Object><Key>dir%2Fk</Key></Object><Object><Key>absent</Key></Object></Delete>',
  },
]

interface Scene {
  readonly which: number
  readonly changes: readonly Mutation[]
}

const scenes = fc.record({ which: fc.nat(), changes: mutations })

async function playDocument({ which, changes }: Scene): Promise<void> {
  const { world, ask } = await createServerWorld()
  const { method, path, query, document } = pick(samples, which)
  const body = mutated(utf8(document), changes)
  const queryText = encodeQuery(query)
  const target = queryText === '' ? path : `${path}?${queryText}`
  const headers = { host: '127.0.0.1:9500', 'content-length': String(body.length) }
  await ask(signed({ method, target, headers, body }, START))
  // What it made of it can be read again.
  for (const name of ['cors', 'lifecycle', 'tagging', 'bucketInfo']) {
    const read = {
      method: 'GET',
      target: `${BUCKET}?${name}`,
      headers: { host: '127.0.0.1' },
      body: new Uint8Array(),
    }
    await ask(signed(read, START))
  }
  await world.expect(200, { method: 'GET', bucket: 'examplebucket' })
}

async function playCompletion({ changes }: Scene): Promise<void> {
  const { world, ask } = await createServerWorld()
  const key = 'big'
  const uploadId = await initiate(world, key)
  const etags = [
    await sendPart(world, { key, uploadId }, 1, utf8('one')),
    await sendPart(world, { key, uploadId }, 2, utf8('two')),
  ]
  const list = etags.map((etag, index) => ({ partNumber: index + 1, etag }))
  const body = mutated(utf8(completionOf(list)), changes)
  const headers = { host: '127.0.0.1:9500', 'content-length': String(body.length) }
  const target = `${BUCKET}${key}?uploadId=${uploadId}`
  const reply = await ask(signed({ method: 'POST', target, headers, body }, START))
  const read = await world.ask({ method: 'GET', bucket: 'examplebucket', key })
  // A list that has lost its parts asks for an empty object.
  const isEmpty = reply.status === 200 && children(parseXml(body), 'Part').length === 0
  const isWhole = isEmpty ? read.text === '' : ['onetwo', 'one', 'two'].includes(read.text)
  if ((reply.status === 200) !== (read.status === 200) || (reply.status === 200 && !isWhole)) {
    throw new Error(`Complete answered ${reply.status}, and the object is ${read.status} ${read.text}`)
  }
  // On any error the upload is still there.
  if (reply.status !== 200)
    await world.expect(204, { method: 'DELETE', bucket: 'examplebucket', key, query: { uploadId } })
}

async function playForm({ which, changes }: Scene): Promise<void> {
  const { world, ask } = await createServerWorld()
  const asked = formAsk({
    content: utf8('the content of a file\r\n--'),
    fields: [
      ['key', `dir/${FILENAME}`],
      ['x-oss-meta-a', 'b'],
      ['success_action_status', '201'],
      ...signedV4(),
    ],
  })
  const { target, headers } = wireOf(asked, world.clock.time)
  const body = mutated(Buffer.from(asked.body ?? ''), changes)
  const length = which % 8 === 0 ? (headers['content-length'] ?? '') : String(body.length)
  await ask({ method: 'POST', target, headers: { ...headers, 'content-length': length }, body })
  await world.expect(200, { method: 'GET', bucket: 'examplebucket' })
}

export const requestDocumentTargets: readonly Target[] = [
  asyncTarget('request documents', scenes, { runs: 100, weight: 2, law: playDocument }),
  asyncTarget('completions', scenes, { runs: 80, weight: 1, law: playCompletion }),
  asyncTarget('forms', scenes, { runs: 80, weight: 1, law: playForm }),
]
