/** ali-oss: `multipartUpload` with a path, as its documentation shows. It takes no CRC-64. */
import { createRequire } from 'node:module'
import { doJob } from './told.mjs'

const [, , folder] = process.argv
const OSS = createRequire(`${folder}/package.json`)('ali-oss')

await doJob(async ({ endpoint, bucket, key, file, partSize, parallel }) => {
  const client = new OSS({
    endpoint,
    bucket,
    accessKeyId: 'bench',
    accessKeySecret: 'bench',
    authorizationV4: true,
    region: 'oss-cn-hangzhou',
    sldEnable: true,
    secure: false,
  })
  await client.multipartUpload(key, file, { partSize, parallel })
})
process.exit()
