/**
 * Checkpoints as the tools write them, byte for byte. The first four were observed or stand in the tools' own tests; the
 * others are sealed here by the rules that the tools seal by.
 */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'

export const uploadId = '2D0307143215E1921304D558EC7BB710'

export const samples = {
  oss2: `{"op_type": "ResumableUpload", "upload_id": "${uploadId}", "file_path": "/data/f.bin", "size": 1048576, "mtime": 1795346960.5816479, "bucket": "semtest", "key": "k1", "part_size": 204800}`,
  goV2: '{"Magic":"92611BED-89E2-46B6-89E5-72F273D4B0A3","MD5":"0c15f37bb935bec463cb3b6c362f4a21","Data":{"FilePath":"athnjXGQ-no-surfix","FileMeta":{"Size":100,"LastModified":"2012-02-24 06:07:48 +0000 UTC"},"ObjectInfo":{"Name":"oss://bucket/key"},"PartSize":5242880,"UploadInfo":{"UploadId":"upload-id"}}}',
  pythonV2:
    '{"Magic": "92611BED-89E2-46B6-89E5-72F273D4B0A3", "MD5": "4e42d5e63ed9a59bb896e55a794320e7", "Data": {"FilePath": "athnjXGQ-no-surfix", "FileMeta": {"Size": 21839, "LastModified": 1724840443}, "ObjectInfo": {"Name": "oss://bucket/key"}, "PartSize": 5242880, "UploadInfo": {"UploadId": "upload-id"}}}',
  aliOss: `{"file":"/data/f.bin","name":"dir/k","fileSize":921605,"partSize":102400,"uploadId":"${uploadId}","doneParts":[{"number":1,"etag":"\\"0CC175B9C0F1B6A831C399E269772661\\""},{"number":3,"etag":"\\"92EB5FFEE6AE2FEC3AD71C777531578F\\""}]}`,
} as const

/** `Data` as the tool writes it, with the MD5 of just that text. */
export function sealedV2(data: string): string {
  const seal = createHash('md5').update(data).digest('hex')
  return `{"Magic":"92611BED-89E2-46B6-89E5-72F273D4B0A3","MD5":"${seal}","Data":${data}}`
}

export function dataV2(change: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    FilePath: '/data/f.bin',
    FileMeta: { Size: 1_048_576, LastModified: '2026-11-25 18:31:05.123456789 +0800 CST' },
    ObjectInfo: { Name: 'oss://examplebucket/dir/f.bin' },
    PartSize: 204_800,
    UploadInfo: { UploadId: uploadId },
    ...change,
  })
}

/** The whole text, with the MD5 of what it is while that is empty. */
export function sealedV1(change: Readonly<Record<string, unknown>> = {}): string {
  const text = JSON.stringify({
    Magic: 'FE8BB4EA-B593-4FAC-AD7A-2459A36E2E62',
    MD5: '',
    FilePath: 'big',
    FileStat: { Size: 250_000, LastModified: '2026-11-25T18:31:05.123456789Z', MD5: '' },
    ObjectKey: 'dir/big',
    UploadID: uploadId,
    Parts: [
      partV1({ number: 1, size: 100_000, isDone: true }),
      partV1({ number: 2, size: 100_000, isDone: false }),
      partV1({ number: 3, size: 50_000, isDone: true }),
    ],
    CallbackVal: '',
    CallbackBody: null,
    ...change,
  })
  const seal = createHash('md5').update(text).digest('base64')
  return text.replace('"MD5":""', `"MD5":"${seal}"`)
}

export function partV1({
  number,
  size,
  isDone,
}: {
  readonly number: number
  readonly size: number
  readonly isDone: boolean
}): object {
  return {
    Chunk: { Number: number, Offset: (number - 1) * 100_000, Size: size },
    Part: {
      XMLName: { Space: '', Local: isDone ? 'Part' : '' },
      PartNumber: isDone ? number : 0,
      ETag: isDone ? '"0CC175B9C0F1B6A831C399E269772661"' : '',
    },
    IsCompleted: isDone,
  }
}

export interface ForeignFacts {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
  /** Absolute. */
  readonly file: string
  readonly size: number
  readonly partSize: number
}

/** What a tool writes of an upload that has no part yet, and what it calls the file; ali-oss leaves that to others. */
export function foreignDocument(
  tool: 'oss2' | 'go-v2' | 'go-v1' | 'ali-oss',
  facts: ForeignFacts,
): { readonly name: string; readonly text: string } {
  const { bucket, key, uploadId: id, file, size, partSize } = facts
  const target = `oss://${bucket}/${key}`
  const [ofFile, ofTarget] = [file, target].map((text) => createHash('md5').update(text).digest('hex'))
  switch (tool) {
    case 'oss2': {
      const record = { op_type: 'ResumableUpload', upload_id: id, file_path: file, size, mtime: 1.5 }
      const text = JSON.stringify({ ...record, bucket, key, part_size: partSize })
      return { name: `${ofTarget}--${ofFile}`, text }
    }
    case 'go-v2': {
      const data = dataV2({
        FilePath: file,
        FileMeta: { Size: size, LastModified: '2026-11-25 18:31:05.123456789 +0800 CST' },
        ObjectInfo: { Name: target },
        PartSize: partSize,
        UploadInfo: { UploadId: id },
      })
      return { name: `${ofFile}-${ofTarget}.ucp`, text: sealedV2(data) }
    }
    case 'go-v1': {
      const Parts = Array.from({ length: Math.ceil(size / partSize) }, (_, index) => ({
        Chunk: {
          Number: index + 1,
          Offset: index * partSize,
          Size: Math.min(partSize, size - index * partSize),
        },
        IsCompleted: false,
      }))
      const FileStat = { Size: size, LastModified: '2026-11-25T18:31:05Z', MD5: '' }
      const change = { FilePath: basename(file), FileStat, ObjectKey: key, UploadID: id, Parts }
      return { name: `${ofFile}-${ofTarget}.cp`, text: sealedV1(change) }
    }
    case 'ali-oss': {
      const text = JSON.stringify({ file, name: key, fileSize: size, partSize, uploadId: id, doneParts: [] })
      return { name: 'checkpoint.json', text }
    }
  }
}
