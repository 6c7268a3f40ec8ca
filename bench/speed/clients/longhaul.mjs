/** Ours: the documented call, from the built package, with its checkpoints on the disk and all of its checks. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Bucket, resumableUpload } from '../../../dist/index.js'
import { doJob, inParallel } from './told.mjs'

await doJob(async ({ kind, endpoint, bucket: name, store, ...job }) => {
  const credentials = { accessKeyId: 'bench', accessKeySecret: 'bench' }
  const bucket = new Bucket({ endpoint, name, credentials })
  if (kind === 'one') {
    const { key, file, partSize, parallel, workers } = job
    await resumableUpload(bucket, key, file, { store, partSize, numThreads: parallel, workers })
    return
  }
  await inParallel(readdirSync(job.folder), job.parallel, async (file) => {
    await resumableUpload(bucket, file, join(job.folder, file), { store })
  })
})
