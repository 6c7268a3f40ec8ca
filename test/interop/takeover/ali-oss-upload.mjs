/** One multipartUpload by ali-oss that saves its checkpoint, as its users write it: BUCKET KEY FILE PART_SIZE CHECKPOINT. */
import { writeFileSync } from 'node:fs'
import OSS from 'ali-oss'

const { OSS_ENDPOINT, OSS_REGION, OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_SIGNATURE_VERSION } =
  process.env
const [bucket, key, file, partSize, checkpoint] = process.argv.slice(2)
const client = new OSS({
  bucket,
  region: `oss-${OSS_REGION}`,
  endpoint: OSS_ENDPOINT,
  accessKeyId: OSS_ACCESS_KEY_ID,
  accessKeySecret: OSS_ACCESS_KEY_SECRET,
  authorizationV4: OSS_SIGNATURE_VERSION === 'v4',
  sldEnable: true,
})
await client.multipartUpload(key, file, {
  partSize: Number(partSize),
  parallel: 2,
  meta: { a: '1' },
  progress(_fraction, current) {
    if (current !== undefined) writeFileSync(checkpoint, JSON.stringify(current))
  },
})
