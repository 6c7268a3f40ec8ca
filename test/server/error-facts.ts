/**
 * What the service answers to requests that are wrong: status, code, number (EC) and fields as its documents and its clients'
 * recordings have them. Each is asked of the bucket `examplebucket` by GET unless it says otherwise.
 */
import { createHash } from 'node:crypto'
import type { Ask } from './world.js'

export const bucket = 'examplebucket'
export type Fields = Readonly<Record<string, string>>
export type Fact = readonly [
  what: string,
  ask: Partial<Ask>,
  answer: `${number} ${string}`,
  ec: string | undefined,
  fields?: Fields,
]

export const at = (key: string, more: Partial<Ask> = {}): Partial<Ask> => ({ key, ...more })
export const listing = (query: Fields): Partial<Ask> => ({ query })
export const putting = (headers: Fields, key = 'new'): Partial<Ask> => ({
  method: 'PUT',
  key,
  headers,
  body: 'x',
})
const setting = (name: string, body: string): Partial<Ask> => ({ method: 'PUT', query: { [name]: '' }, body })
const deleting = (body: string, headers: Fields = md5Of(body)): Partial<Ask> => ({
  method: 'POST',
  query: { delete: '' },
  headers,
  body,
})
const tagging = (...tags: readonly string[]): Partial<Ask> => ({
  ...setting('tagging', `<Tagging><TagSet>${tags.join('')}</TagSet></Tagging>`),
  key: 'normal',
})
const tag = (key: string, value = ''): string => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`
const long = (count: number): string => 'x'.repeat(count)

function md5Of(body: string): Fields {
  return { 'content-md5': createHash('md5').update(body).digest('base64') }
}

export const FACTS: readonly Fact[] = [
  ['a bucket name', { bucket: 'Upper' }, '400 InvalidBucketName', '0015-00000001', { BucketName: 'Upper' }],
  ['no bucket', { bucket: 'absent' }, '404 NoSuchBucket', '0015-00000101', { BucketName: 'absent' }],
  ['a full bucket', { method: 'DELETE' }, '409 BucketNotEmpty', '0015-00000301', { BucketName: bucket }],
  ['a method', { method: 'POST', key: 'normal' }, '405 MethodNotAllowed', '0017-00000001'],
  ['a key of 1024 bytes', at(long(1024)), '400 InvalidObjectName', '0016-00000003'],
  ['a key with a slash before it', at('/k'), '400 InvalidObjectName', '0016-00000005'],
  ['no object', at('absent'), '404 NoSuchKey', '0026-00000001', { Key: 'absent' }],
  ['no version', at('normal', { query: { versionId: 'x' } }), '404 NoSuchVersion', '0012-00000203'],
  ['an empty version', at('normal', { query: { versionId: '' } }), '400 InvalidArgument', '0012-00000201'],

  [
    'If-Match',
    at('normal', { headers: { 'if-match': '"x"' } }),
    '412 PreconditionFailed',
    '0017-00001001',
    { Condition: 'If-Match' },
  ],
  [
    'If-Unmodified-Since',
    at('normal', { headers: { 'if-unmodified-since': 'Sun, 01 Jan 2023 00:00:00 GMT' } }),
    '412 PreconditionFailed',
    '0017-00001001',
    { Condition: 'If-Unmodified-Since' },
  ],
  ['a link to nothing', at('dangling'), '404 SymlinkTargetNotExist', '0026-00000012'],
  [
    'a link to a link',
    at('twice'),
    '400 InvalidTargetType',
    '0026-00000011',
    { Message: "The symbolic's target file type is invalid" },
  ],
  ['no link', at('normal', { query: { symlink: '' } }), '400 NotSymlink', '0043-00000101'],
  [
    'a link without a target',
    { method: 'PUT', key: 'new', query: { symlink: '' } },
    '400 InvalidArgument',
    '0043-00000001',
  ],

  ['a Content-MD5 that is none', putting({ 'content-md5': 'abc' }), '400 InvalidDigest', '0017-00000502'],
  ['a Content-MD5 of other bytes', putting(md5Of('other')), '400 InvalidDigest', '0017-00000503'],
  ['a length of more', putting({ 'content-length': '2' }), '400 RequestTimeout', '0017-00000505'],
  ['a storage class', putting({ 'x-oss-storage-class': 'Warm' }), '400 InvalidArgument', '0017-00000132'],
  ['an empty storage class', putting({ 'x-oss-storage-class': '' }), '400 InvalidArgument', '0017-00000131'],
  ['an ACL', putting({ 'x-oss-object-acl': 'public' }), '400 InvalidArgument', '0017-00000104'],
  ['no ACL', { method: 'PUT', key: 'normal', query: { acl: '' } }, '400 InvalidArgument', '0017-00000105'],
  ['metadata', putting({ 'x-oss-meta-a': long(8192) }), '400 InvalidArgument', '0011-00000002'],
  [
    'encryption',
    putting({ 'x-oss-server-side-encryption': 'DES' }),
    '400 InvalidEncryptionAlgorithmError',
    '0005-00000003',
  ],
  [
    'whether to overwrite',
    putting({ 'x-oss-forbid-overwrite': 'abc' }),
    '400 InvalidArgument',
    '0017-00000279',
  ],
  [
    'an object that is there',
    putting({ 'x-oss-forbid-overwrite': 'true' }, 'normal'),
    '409 FileAlreadyExists',
    '0026-00000002',
  ],
  ['tags in a header', putting({ 'x-oss-tagging': 'aa=bb=cc' }), '400 InvalidArgument', '0010-00000219'],
  ['a tag without a key', putting({ 'x-oss-tagging': '=a' }), '400 InvalidArgument', '0010-00000219'],
  ['a long key of a tag', tagging(tag(long(129))), '400 InvalidArgument', '0010-00000209'],
  ['a key twice', tagging(tag('a'), tag('a')), '400 InvalidArgument', '0010-00000210'],
  ['a long value', tagging(tag('a', long(257))), '400 InvalidArgument', '0010-00000214'],
  ['a sign in a tag', tagging(tag('a', '#')), '400 InvalidArgument', '0010-00000217'],
  [
    'many tags',
    tagging(...Array.from({ length: 11 }, (_, index) => tag(`k${index}`))),
    '400 InvalidArgument',
    '0010-00000218',
  ],

  [
    'appending to what is whole',
    { method: 'POST', key: 'normal', query: { append: '', position: '7' }, body: 'x' },
    '409 ObjectNotAppendable',
    '0026-00000017',
  ],
  [
    'another position',
    { method: 'POST', key: 'log', query: { append: '', position: '9' }, body: 'x' },
    '409 PositionNotEqualToLength',
    '0026-00000016',
  ],
  [
    'a position that is none',
    { method: 'POST', key: 'log', query: { append: '', position: 'test' }, body: 'x' },
    '400 InvalidArgument',
    '0016-00000502',
  ],
  [
    'no position',
    { method: 'POST', key: 'log', query: { append: '' }, body: 'x' },
    '400 MissingArgument',
    '0016-00000501',
  ],

  [
    'a source with more',
    putting({ 'x-oss-copy-source': `/${bucket}/normal?unknown=x` }),
    '400 InvalidArgument',
    '0016-00000304',
  ],
  [
    'a source of no version',
    putting({ 'x-oss-copy-source': `/${bucket}/normal?versionId=` }),
    '400 InvalidArgument',
    '0016-00000305',
  ],
  [
    "a copy's class",
    putting({ 'x-oss-copy-source': `/${bucket}/normal`, 'x-oss-storage-class': 'test' }),
    '400 InvalidArgument',
    '0013-00000101',
  ],

  [
    'max-keys',
    listing({ 'max-keys': '9999999' }),
    '400 InvalidArgument',
    '0015-00000402',
    { ArgumentName: 'max-keys', ArgumentValue: '9999999' },
  ],
  ['a prefix', listing({ prefix: long(1024) }), '400 InvalidArgument', '0015-00000403'],
  ['a marker', listing({ marker: long(1024) }), '400 InvalidArgument', '0015-00000405'],
  ['a delimiter', listing({ prefix: 'fun/', delimiter: 'abc' }), '400 InvalidArgument', '0015-00000406'],
  [
    'max-keys of the second listing',
    listing({ 'list-type': '2', 'max-keys': 'x' }),
    '400 InvalidArgument',
    '0015-00000402',
  ],
  [
    'max-keys of versions',
    listing({ versions: '', 'max-keys': '2000' }),
    '400 InvalidArgument',
    '0012-00000102',
  ],
  [
    'a delimiter of versions',
    listing({ versions: '', delimiter: '//' }),
    '400 InvalidArgument',
    '0012-00000107',
  ],
  [
    'max-keys of live channels',
    listing({ live: '', 'max-keys': 'abc' }),
    '400 InvalidArgument',
    '0044-00000101',
  ],
  [
    'max-keys of buckets',
    { bucket: '', query: { 'max-keys': '1001' } },
    '400 InvalidArgument',
    '0017-00000289',
  ],
  [
    'an encoding',
    listing({ 'encoding-type': 'urlencode' }),
    '400 InvalidArgument',
    '0017-00000235',
    {
      Message: 'Invalid Encoding Method specified in Request',
      ArgumentName: 'encoding-type',
      ArgumentValue: 'urlencode',
    },
  ],

  ['no MD5 of a list', deleting('<Delete/>', {}), '400 MissingArgument', '0016-00000606'],
  ['a list that is not closed', deleting('<Delete>'), '400 MalformedXML', '0016-00000607'],
  ['another root', deleting('<BatchDelete/>'), '400 MalformedXML', '0016-00000608'],
  [
    'a list too long',
    deleting(`<Delete>${'<Object><Key>k</Key></Object>'.repeat(1001)}</Delete>`),
    '400 MalformedXML',
    '0016-00000609',
  ],
  [
    'an empty key',
    deleting('<Delete><Object><Key></Key></Object></Delete>'),
    '400 MalformedXML',
    '0016-00000611',
  ],
  ['no key', deleting('<Delete><Object></Object></Delete>'), '400 MalformedXML', '0016-00000613'],
  ['an empty list', deleting('<Delete><Quiet>false</Quiet></Delete>'), '400 MalformedXML', '0016-00000615'],

  [
    "a bucket's ACL",
    { method: 'PUT', headers: { 'x-oss-acl': 'x' } },
    '400 InvalidArgument',
    '0015-00000204',
    { Message: 'no such bucket access control exists' },
  ],
  [
    "a bucket's class",
    {
      method: 'PUT',
      bucket: 'other',
      body: '<CreateBucketConfiguration><StorageClass>x</StorageClass></CreateBucketConfiguration>',
    },
    '400 InvalidArgument',
    '0013-00000101',
  ],
  [
    "a bucket's redundancy",
    {
      method: 'PUT',
      bucket: 'other',
      body: '<CreateBucketConfiguration><DataRedundancyType>x</DataRedundancyType></CreateBucketConfiguration>',
    },
    '400 InvalidArgument',
    '0015-00000216',
  ],
  [
    'a reserved tag',
    setting('tagging', `<Tagging><TagSet>${tag('Aliyun-abc')}</TagSet></Tagging>`),
    '400 InvalidArgument',
    '0010-00000207',
  ],
  [
    "a bucket's long tag",
    setting('tagging', `<Tagging><TagSet>${tag('é'.repeat(33))}</TagSet></Tagging>`),
    '400 InvalidArgument',
    '0010-00000219',
  ],
  ['no CORS rules', { query: { cors: '' } }, '404 NoSuchCORSConfiguration', '0034-00000001'],
  ['CORS without a rule', setting('cors', '<CORSConfiguration/>'), '400 MalformedXML', '0034-00000002'],
  [
    'a method of CORS',
    setting(
      'cors',
      '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>TEST</AllowedMethod></CORSRule></CORSConfiguration>',
    ),
    '400 InvalidArgument',
    '0034-00000011',
  ],
  ['a lifecycle that is none', setting('lifecycle', '<Rules/>'), '400 MalformedXML', '0014-00000011'],
  [
    'a lifecycle of no rule',
    setting('lifecycle', '<LifecycleConfiguration/>'),
    '400 MalformedXML',
    '0014-00000013',
  ],
  [
    'a URL without a key id',
    { signed: 'not', query: { Expires: '1', Signature: 'x' } },
    '403 AccessDenied',
    '0002-00000071',
  ],
  [
    'a URL without an end',
    { signed: 'not', query: { OSSAccessKeyId: 'x', Signature: 'x' } },
    '403 AccessDenied',
    '0002-00000067',
  ],
  [
    'a URL with an empty end',
    { signed: 'not', query: { OSSAccessKeyId: 'x', Expires: '', Signature: 'x' } },
    '403 AccessDenied',
    '0002-00000068',
  ],
]
