/** The documented call. Settings come from the environment, the file and the store's folder from the command line. */
import { Bucket, resumableUpload } from 'longhaul'

const bucket = new Bucket({
  endpoint: process.env.OSS_ENDPOINT,
  name: process.env.OSS_BUCKET,
  region: process.env.OSS_REGION,
  credentials: {
    accessKeyId: process.env.OSS_ACCESS_KEY_ID,
    accessKeySecret: process.env.OSS_ACCESS_KEY_SECRET,
  },
  signatureVersion: process.env.OSS_SIGNATURE_VERSION ?? 'v4',
})

const [filename, store] = process.argv.slice(2)

const result = await resumableUpload(bucket, 'exampledir/javascript.dat', filename, {
  store,
  headers: { 'x-oss-storage-class': 'IA', 'x-oss-meta-author': 'javascript' },
  multipartThreshold: 1024 * 1024,
  partSize: 256 * 1024,
  progressCallback: (consumedBytes, totalBytes) => {
    if (totalBytes > 0) console.log(`${Math.floor((100 * consumedBytes) / totalBytes)} %`)
  },
  numThreads: 4,
})
console.log(result.parts.sent, result.etag, result.crc64)
