/** Ours: the documented calls, from the built package, with their checkpoints on the disk and all of their checks. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Bucket, resumableUpload, resumableUploadMany } from '../../../dist/index.js'
import { doJob } from './told.mjs'

await doJob(async ({ kind, endpoint, bucket: name, store, ...job }) => {
  const credentials = { accessKeyId: 'bench', accessKeySecret: 'bench' }
  const bucket = new Bucket({ endpoint, name, credentials })
  if (kind === 'one') {
    const { key, file, partSize, parallel, workers } = job
    await resumableUpload(bucket, key, file, { store, partSize, numThreads: parallel, workers })
    return
  }
  const sources = readdirSync(job.folder).map((key) => ({ key, filename: join(job.folder, key) }))
  const { failed } = await resumableUploadMany(bucket, sources, { store, numThreads: job.parallel })
  if (failed > 0) throw new Error(`${failed} files failed`)
})
