/** @aws-sdk/lib-storage: `Upload` from a file stream, as its documentation shows, with its default checksums. */
import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { doJob } from './told.mjs'

const [, , folder] = process.argv
const require = createRequire(`${folder}/package.json`)
const { S3Client } = require('@aws-sdk/client-s3')
const { Upload } = require('@aws-sdk/lib-storage')

await doJob(async ({ endpoint, bucket, key, file, partSize, parallel }) => {
  const client = new S3Client({
    endpoint,
    region: 'cn-hangzhou',
    forcePathStyle: true,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  })
  const params = { Bucket: bucket, Key: key, Body: createReadStream(file) }
  await new Upload({ client, params, partSize, queueSize: parallel }).done()
})
process.exit()
