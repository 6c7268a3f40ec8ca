/** Checkpoints of other tools: each is read for what it says, and refused for whatever is wrong with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ForeignRefusal } from '../../src/checkpoints/foreign/checkpoint.js'
import { digestOfName, digestsOfName, isUsualName } from '../../src/checkpoints/foreign/file-names.js'
import { parseGoTime } from '../../src/checkpoints/foreign/go-time.js'
import { jsonMembers } from '../../src/checkpoints/foreign/json-members.js'
import { parseForeignUpload } from '../../src/checkpoints/foreign/parse.js'
import { encodeHeader } from '../../src/checkpoints/lines.js'
import { dataV2, partV1, samples, sealedV1, sealedV2, uploadId } from './foreign-samples.js'

/** The text with a change, as somebody with an editor would make it. */
function changed(text: string, from: string, to: string): string {
  assert.ok(text.includes(from), from)
  return text.replace(from, to)
}

function refused(text: string, why: RegExp): void {
  assert.throws(
    () => parseForeignUpload(text),
    (error: unknown) => {
      assert.ok(error instanceof ForeignRefusal, String(error))
      assert.match(error.message, why)
      return true
    },
  )
}

test('a record of oss2 tells the upload, its object, its file and the part size', () => {
  assert.deepEqual(parseForeignUpload(samples.oss2), {
    tool: 'oss2',
    bucket: 'semtest',
    key: 'k1',
    uploadId,
    file: '/data/f.bin',
    size: 1_048_576,
    modified: 1_795_346_960_581,
    partSize: 204_800,
  })
  const wide = changed(changed(samples.oss2, '"k1"', '"\\u4e2d/\\ud83d\\ude00"'), '.5816479', '')
  assert.equal(parseForeignUpload(wide).key, '中/😀')
})

test('what oss2 itself would not go on with is refused, and why is said', () => {
  refused(changed(samples.oss2, 'ResumableUpload', 'ResumableDownload'), /of a download by oss2/)
  refused(changed(samples.oss2, 'ResumableUpload', 'Other'), /op_type of its own/)
  refused(changed(samples.oss2, '1795346960.5816479', '"x"'), /mtime that is not a time in seconds/)
  refused(changed(samples.oss2, '204800', 'true'), /part_size that is not a whole number of bytes/)
  refused(changed(samples.oss2, '204800', '0'), /part_size/)
  refused(changed(samples.oss2, '1048576', '1048576.5'), /size that is not/)
  refused(changed(samples.oss2, '"bucket": "semtest", ', ''), /has no bucket/)
  refused(changed(samples.oss2, uploadId, ''), /upload_id that is not a text/)
  refused(changed(samples.oss2, '{', '{"content_crypto_material": {}, '), /encrypts on the way/)
  refused(samples.oss2.slice(0, 100), /is no JSON/)
  refused('', /is empty/)
  for (const text of ['null', '[1]', '"x"', '1', '{}']) refused(text, /is no checkpoint of oss2/)
})

test('a .ucp of either SDK is known by its magic and believed by its MD5', () => {
  assert.deepEqual(parseForeignUpload(samples.goV2), {
    tool: 'go-v2',
    bucket: 'bucket',
    key: 'key',
    uploadId: 'upload-id',
    file: 'athnjXGQ-no-surfix',
    size: 100,
    modified: Date.UTC(2012, 1, 24, 6, 7, 48),
    partSize: 5_242_880,
  })
  assert.deepEqual(parseForeignUpload(samples.pythonV2), {
    tool: 'python-v2',
    bucket: 'bucket',
    key: 'key',
    uploadId: 'upload-id',
    file: 'athnjXGQ-no-surfix',
    size: 21_839,
    modified: 1_724_840_443_000,
    partSize: 5_242_880,
  })
})

test('the MD5 is of the text of the data, however that spells its characters', () => {
  // Go escapes <, > and & in JSON, and Python everything that is not ASCII.
  const go = sealedV2(dataV2({ ObjectInfo: { Name: 'oss://b-b/a&b' } }).replace('&', '\\u0026'))
  assert.notEqual(go.indexOf('\\u0026'), -1)
  assert.throws(() => parseForeignUpload(go.replace('\\u0026', '&')), ForeignRefusal)
  assert.equal(parseForeignUpload(go).key, 'a&b')
})

test('any change of a .ucp is noticed', () => {
  refused(changed(samples.goV2, '92611BED', '82611BED'), /is no checkpoint of oss2/)
  for (const text of [samples.goV2, samples.pythonV2]) {
    refused(changed(text, '5242880', '5242881'), /MD5 is not that of its data/)
    refused(changed(text, 'upload-id', 'upload-ie'), /MD5 is not that of its data/)
    refused(changed(text, '"Data"', '"Data": {}, "Data"'), /a field twice/)
  }
  refused(sealedV2(dataV2({ UploadInfo: { UploadId: '' } })), /UploadId that is not a text/)
  refused(sealedV2(dataV2({ FileMeta: { Size: 1, LastModified: 'yesterday' } })), /a time as Go prints it/)
  for (const Name of ['bucket/key', 'oss://bucket', 'oss://bucket/', 'oss:///key']) {
    refused(sealedV2(dataV2({ ObjectInfo: { Name } })), /Name that is not oss:/)
  }
})

test('a checkpoint of a download or of a copy is told from one of an upload', () => {
  refused(sealedV2(dataV2({ DownloadInfo: { Offset: 0, CRC64: 0 } })), /checkpoint of a download/)
  refused('{"Magic":"92611BED-89E2-46B6-89E5-72F273D4B0A3","MD5":"x"}', /download by ossutil 1/)
  refused('{"Magic":"84F1F18C-FF1D-403B-A1D8-9DEB5F65910A","MD5":"x"}', /of a copy between objects/)
})

test('a .cp of ossutil 1 has its plan in its parts', () => {
  assert.deepEqual(parseForeignUpload(sealedV1()), {
    tool: 'go-v1',
    key: 'dir/big',
    uploadId,
    file: 'big',
    size: 250_000,
    modified: Date.UTC(2026, 10, 25, 18, 31, 5, 123),
    partSize: 100_000,
    partsDone: 2,
  })
  assert.equal(parseForeignUpload(sealedV1({ CallbackVal: 'e30=' })).callback, 'e30=')
})

test('a .cp with a change, or with parts that do not make up the file, is refused', () => {
  refused(changed(sealedV1(), '"Size":50000', '"Size":50001'), /MD5 is not that of its text/)
  const [one, two, three] = [1, 2, 3].map((number) =>
    partV1({ number, size: number === 3 ? 50_000 : 100_000, isDone: false }),
  )
  refused(sealedV1({ Parts: [one, two] }), /do not make up the file/)
  refused(sealedV1({ Parts: [one, three, two] }), /part 2 that does not follow/)
  refused(sealedV1({ Parts: [three] }), /part 1 that does not follow/)
  refused(
    sealedV1({ Parts: [one, partV1({ number: 2, size: 90_000, isDone: false }), three] }),
    /part 2 that does not/,
  )
  for (const Parts of [[], null, [1], {}]) refused(sealedV1({ Parts }), /Parts that is not a list/)
})

test('a saved checkpoint of ali-oss tells no bucket, and a file only where it was one', () => {
  const told = {
    tool: 'ali-oss',
    key: 'dir/k',
    uploadId,
    size: 921_605,
    partSize: 102_400,
    partsDone: 2,
  } as const
  assert.deepEqual(parseForeignUpload(samples.aliOss), { ...told, file: '/data/f.bin' })
  assert.deepEqual(parseForeignUpload(changed(samples.aliOss, '"/data/f.bin"', '{}')), told)
  refused(changed(samples.aliOss, '"number":3', '"number":11'), /a part 11 of 10/)
  refused(changed(samples.aliOss, '"number":3', '"number":-3'), /number that is not/)
  refused(changed(samples.aliOss, '"name":"dir/k",', ''), /has no name/)
})

test('our own checkpoints are told from all others', () => {
  const own = new TextDecoder().decode(encodeHeader({ service: 's', bucket: 'b', key: 'k' }))
  refused(own, /is a checkpoint of longhaul: go on with longhaul resume/)
})

test('names are the digests that the tools use', () => {
  const [file, target] = [digestOfName('/data/upload.bin'), digestOfName('oss://bucket/key')]
  assert.deepEqual([target, file], ['d36fc07f5d963b319b1b48e20a9b8ae9', '6d46ae4b95da73851a93fc79b04bcbe5'])
  assert.deepEqual(digestsOfName(`${file}-${target}.ucp`), { file, target })
  assert.deepEqual(digestsOfName(`${file}-${target}.cp`), { file, target })
  assert.equal(digestsOfName('backup.ucp'), undefined)
  assert.ok(isUsualName(`${target}--${file}`))
  assert.ok(!isUsualName('backup.json'))
})

test('members of a JSON object are found where they stand', () => {
  const text = ' { "a" : [1, {"b": "}"}] , "\\u0062":"x,\\"y", "c": -1.5e3 }'
  assert.deepEqual(
    jsonMembers(text).map(({ name, start, end }) => [name, text.slice(start, end)]),
    [
      ['a', '[1, {"b": "}"}]'],
      ['b', '"x,\\"y"'],
      ['c', '-1.5e3'],
    ],
  )
  assert.deepEqual(jsonMembers('{}'), [])
})

test('times as Go prints them', () => {
  assert.equal(parseGoTime('2026-11-25 18:31:05.123456789 +0800 CST'), Date.UTC(2026, 10, 25, 10, 31, 5, 123))
  assert.equal(parseGoTime('2026-11-25 18:31:05.1 +0800 +08'), Date.UTC(2026, 10, 25, 10, 31, 5, 100))
  assert.equal(parseGoTime('2026-11-25T18:31:05+08:00'), Date.UTC(2026, 10, 25, 10, 31, 5))
  for (const text of ['', '2026-11-25', '2026-13-25 18:31:05 +0000 UTC', 'x 2026-11-25T18:31:05Z']) {
    assert.equal(parseGoTime(text), undefined, text)
  }
})
