/** Request lines, hosts and headers that nobody sends, signed or not, through the whole handler. */
import fc from 'fast-check'
import { OPERATION_ROWS } from '../../src/server/routes.js'
import { START } from '../server/world.js'
import { oddTexts, utf8 } from './mutate.js'
import { createServerWorld, type RawRequest, signed } from './server-world.js'
import { asyncTarget, type Target } from './target.js'

const needed = [...new Set(OPERATION_ROWS.flatMap(({ needs = [] }) => needs))]

const pathPieces = [
  '/',
  '//',
  '/examplebucket',
  '/examplebucket/',
  'examplebucket',
  'dir/k',
  'k',
  '..',
  '/../',
  '.',
  '\\',
  '%2e%2e%2f',
  '%2F',
  '%5c',
  '%00',
  '%0d%0a',
  '%ff',
  '%',
  '%c0%af',
  '%ed%a0%80',
  '%f0%9f%98%80',
  '+',
  '*',
  '#',
  ';',
  ':',
  'http://',
  'x'.repeat(1100),
  '%e2%82%ac'.repeat(341),
]

const queryNames = [
  ...needed,
  'prefix',
  'marker',
  'delimiter',
  'max-keys',
  'encoding-type=url',
  'list-type=2',
  'start-after',
  'continuation-token',
  'fetch-owner=true',
  'max-uploads',
  'max-parts',
  'key-marker',
  'upload-id-marker',
  'part-number-marker',
  'position=0',
  'sequential',
  'partNumber=1',
  'uploadId=0004B999EF518A1FE585B0C9360DC4C8',
  'response-content-type',
  'response-expires',
  'versionId',
  'security-token',
  'x-oss-process=image/resize',
  'x-oss-traffic-limit',
  'x-oss-signature',
  'OSSAccessKeyId',
  'Signature',
  '__proto__',
  'constructor',
]

const headerNames = [
  'authorization',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'expires',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'origin',
  'access-control-request-method',
  'access-control-request-headers',
  'range',
  'transfer-encoding',
  'x-oss-acl',
  'x-oss-callback',
  'x-oss-callback-var',
  'x-oss-complete-all',
  'x-oss-copy-source',
  'x-oss-copy-source-if-match',
  'x-oss-copy-source-range',
  'x-oss-forbid-overwrite',
  'x-oss-meta-a',
  'x-oss-meta-__proto__',
  'x-oss-metadata-directive',
  'x-oss-object-acl',
  'x-oss-range-behavior',
  'x-oss-security-token',
  'x-oss-server-side-encryption',
  'x-oss-storage-class',
  'x-oss-symlink-target',
  'x-oss-tagging',
  'x-oss-tagging-directive',
  'x-oss-traffic-limit',
  '__proto__',
]

const headerValues = [
  ...oddTexts,
  'bytes=0-1',
  'bytes=-1',
  'bytes=5-1',
  'bytes=0-0,1-1',
  'bytes=99999999999999999999-',
  'yes',
  'private',
  'public-read-write',
  'Archive',
  'AES256',
  'REPLACE',
  'standard',
  'a=b&a=c',
  '%zz=1',
  '/examplebucket/k',
  '/examplebucket/%2e%2e/%ff',
  'examplebucket',
  '/other?versionId=x',
  'chunked',
  'gzip',
  'multipart/form-data; boundary=b',
  'OSS test-id:AAAA',
  'OSS4-HMAC-SHA256 Credential=test-id/20240102/cn-hangzhou/oss/aliyun_v4_request,Signature=0',
  'Tue, 02 Jan 2024 03:04:05 GMT',
  '20240102T030405Z',
  'e30=',
  'rL0Y20zC+Fzt72VPzMSk2A==',
  'x'.repeat(9000),
]

/** What HTTP can carry: the parser lets nothing else through. */
function wireText(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(/[^\t\u0020-\u007e\u0080-\u00ff]/g, '')
    .trim()
}

const piecesOf = (items: readonly string[], most: number) =>
  fc.array(fc.constantFrom(...items), { maxLength: most })

const query = fc
  .array(
    fc.tuple(fc.constantFrom(...queryNames), fc.option(fc.constantFrom(...oddTexts), { nil: undefined })),
    {
      maxLength: 4,
    },
  )
  .map((pairs) =>
    pairs
      .map(([name, value]) =>
        value === undefined || name.includes('=') ? name : `${name}=${encodeURIComponent(value)}`,
      )
      .join('&'),
  )

const target = fc
  .tuple(fc.oneof(fc.constant(['/examplebucket/k']), piecesOf(pathPieces, 4)), query)
  .map(([path, asked]) => `${path.join('') || '/'}${asked === '' ? '' : `?${asked}`}`)

const host = fc.oneof(
  fc.constantFrom(
    '127.0.0.1:9500',
    'examplebucket.oss.test',
    'img.example.test',
    '.oss-cn-hangzhou.aliyuncs.com',
  ),
  piecesOf(
    [
      'examplebucket',
      '.',
      '..',
      'oss.test',
      'localhost',
      '[',
      '::1',
      ']',
      ':',
      '80',
      '-',
      'É',
      ' ',
      '%',
      '/',
    ],
    5,
  ).map((pieces) => wireText(pieces.join(''))),
)

const headers = fc
  .array(fc.tuple(fc.constantFrom(...headerNames), fc.constantFrom(...headerValues)), { maxLength: 4 })
  .map((pairs) => Object.fromEntries(pairs.map(([name, value]) => [name, wireText(value)])))

const raw = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE'),
  target,
  headers: fc.tuple(headers, host).map(([given, asked]) => ({ ...given, host: asked })),
  body: fc.constantFrom('', 'x', '<a/>', 'content'.repeat(2000)).map(utf8),
})

async function play(scene: {
  readonly isSigned: boolean
  readonly requests: readonly RawRequest[]
}): Promise<void> {
  const { world, ask } = await createServerWorld()
  for (const request of scene.requests) {
    await ask(scene.isSigned ? signed(request, START) : request)
    // However it was asked, nothing but this server's own names comes into being.
    const list = await world.expect(200, { method: 'GET' })
    for (const [, name = ''] of list.text.matchAll(/<Name>(.*?)<\/Name>/g)) {
      if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) throw new Error(`a bucket called ${name}`)
    }
  }
}

export const requestTarget: Target = asyncTarget(
  'requests',
  fc.record({
    isSigned: fc.oneof(
      { weight: 4, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    requests: fc.array(raw, { minLength: 1, maxLength: 3 }),
  }),
  { runs: 150, weight: 3, law: play },
)
