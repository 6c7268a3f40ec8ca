/**
 * A process of its own that walks a folder and uploads all that is in it, and tells what it holds in memory when a quarter is
 * done and when all is. Needs `node --expose-gc`. Its one argument is a `TreeTask` in JSON.
 */
import { Bucket, filesUnder, type ManySource, resumableUploadMany } from '../../../src/index.js'

export interface TreeTask {
  readonly folder: string
  readonly store: string
  readonly endpoint: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly files: number
  /** Keeps what was walked, as nobody should: so that the measure can be seen to tell. */
  readonly hoards: boolean
}

export interface TreeReport {
  readonly uploaded: number
  /** Bytes that each file of the last three quarters left in memory. */
  readonly bytesPerFile: number
}

const task = JSON.parse(process.argv[2] ?? '{}') as TreeTask
const { folder, store, endpoint, accessKeyId, accessKeySecret, files } = task
const hoard: ManySource[] = []

async function* sources(): AsyncGenerator<ManySource> {
  for await (const found of filesUnder(folder)) {
    if (found.kind !== 'file') throw new Error(`${found.relative} is no file`)
    const source = { filename: found.path, key: found.relative }
    if (task.hoards) hoard.push(source)
    yield source
  }
}

/** What is left when all that nobody refers to is gone. */
function heldBytes(): number {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('run it with --expose-gc')
  // What the first finds to be garbage may have held more.
  gc()
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

let uploaded = 0
let earlier = 0
let later = 0
const bucket = new Bucket({ endpoint, name: 'examplebucket', credentials: { accessKeyId, accessKeySecret } })
await resumableUploadMany(bucket, sources(), {
  store,
  numThreads: 8,
  onEvent(event) {
    if (event.type !== 'file-uploaded') return
    uploaded += 1
    if (uploaded === files / 4) earlier = heldBytes()
    if (uploaded === files) later = heldBytes()
  },
})
const report: TreeReport = { uploaded, bytesPerFile: (later - earlier) / (files * 0.75) }
process.stdout.write(JSON.stringify({ ...report, hoarded: hoard.length }))
