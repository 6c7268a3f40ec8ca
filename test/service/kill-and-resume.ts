/** One upload to any bucket: its process is killed in the middle, another goes on, and the object has to be the file. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyObject } from '../../src/index.js'
import type { UploadJob } from '../faults/uploader.js'
import { runUploader, startUploader } from '../faults/uploader-process.js'
import { bucketAt, keysOfEnvironment, type Place } from './oss-world.js'

const PART = 100 * 1024
const PARTS = 24
const THREADS = 2
/** The process is killed when it has told of so many parts. */
const KILL_AT = 6

/** Resolves to what there is to note; rejects when the bucket does not do what an interrupted upload needs. */
export async function killAndResume(place: Place): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-check-'))
  try {
    const filename = join(folder, 'local.dat')
    await writeFile(filename, randomBytes(PARTS * PART - 1))
    const { endpoint, bucket, region, signatureVersion, prefix } = place
    const store = join(folder, 'store')
    const job: UploadJob = {
      endpoint,
      bucket,
      ...(region === undefined ? {} : { region }),
      ...(signatureVersion === undefined ? {} : { signatureVersion }),
      key: `${prefix}killed and resumed`,
      filename,
      options: { store, multipartThreshold: 0, partSize: PART, numThreads: THREADS },
    }
    let stored = 0
    const first = startUploader(job, {
      environment: {},
      onMessage({ type }) {
        if (type === 'part-stored') stored += 1
        if (stored === KILL_AT) first.kill()
      },
    })
    const { killed, end } = await first.ended
    assert.ok(killed, `the first process ended by itself: ${JSON.stringify(end)}`)
    const second = await runUploader(job, { environment: {} })
    assert.ok(second.end?.type === 'result', `the second process: ${JSON.stringify(second.end)}`)
    const { resumed, parts } = second.end.result
    assert.ok(resumed, 'it began anew')
    assert.ok(parts.kept >= KILL_AT, `only ${parts.kept} parts were kept`)
    const verification = await verifyObject(bucketAt(place, keysOfEnvironment()), job.key, filename)
    assert.ok(verification.equal, 'the object is not the file')
    assert.deepEqual(await readdir(store), [])
    return `${parts.kept} of ${PARTS} parts kept`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
