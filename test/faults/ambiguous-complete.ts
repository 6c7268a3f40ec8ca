/** One upload whose Complete gets an odd answer, perhaps while somebody else stores an object of the same name. */
import assert from 'node:assert/strict'
import { runUpload } from '../../src/engine/upload.js'
import { type Bucket, journalStore, UploadError, type UploadResult } from '../../src/index.js'
import { checkOptions, type UploadOptions } from '../../src/node/options.js'
import { createNodeRuntime } from '../../src/node/runtime.js'
import { createDigester } from '../../src/services/digester.js'
import { openFileSource } from '../../src/sources/file.js'
import { createBlockPool } from '../../src/sources/pool.js'
import { createNodeTransport } from '../../src/transport/node.js'
import { bytesFrom, createWorld, MiB, PART, type Scope, type World } from '../library/world.js'
import { startProxy, type Way } from './complete-proxy.js'
import { type Ended, type Running, startUploader } from './uploader-process.js'

export const STRANGERS = ['other bytes of the same size', 'the same bytes', 'fewer bytes'] as const
export type Stranger = (typeof STRANGERS)[number]

export interface CompleteCase {
  readonly number: number
  readonly way: Way
  /** Completes that are answered so. */
  readonly times: number
  readonly forbid: boolean
  /** What somebody else stores under the name before our process hears anything. */
  readonly stranger?: Stranger | undefined
  /** Our process is killed before it hears anything, and run again. */
  readonly killed: boolean
}

export type Ending = 'success' | 'conflict'

const KEY = 'dir/object.dat'
const bytes = bytesFrom(1, 3 * PART - 5)
const theirs: Readonly<Record<Stranger, Buffer>> = {
  'other bytes of the same size': bytesFrom(2, bytes.length),
  'the same bytes': bytes,
  'fewer bytes': bytesFrom(2, PART),
}

/** @throws AssertionError when the verdict is not the expected one, or is one and the object is another */
export async function playComplete(scope: Scope, each: CompleteCase): Promise<Ending> {
  const { way, times, forbid, stranger, killed } = each
  const world = await createWorld(scope)
  const filename = await world.file(bytes)
  const strange = stranger === undefined ? undefined : theirs[stranger]
  const theirFile = strange === undefined ? undefined : await world.file(strange, 'theirs')
  let running: Running | undefined
  const meetings: Promise<void>[] = []
  const meet = async (): Promise<void> => {
    running?.kill()
    await running?.ended
    if (theirFile === undefined) return
    await world.upload(KEY, theirFile, { store: `${world.store}-theirs`, multipartThreshold: MiB })
  }
  const proxy = await startProxy(scope, {
    port: world.server.port,
    way,
    times,
    between() {
      const meeting = meet()
      meetings.push(meeting)
      return Promise.allSettled([meeting])
    },
  })
  const options = { headers: forbid ? { 'x-oss-forbid-overwrite': 'true' } : {} }
  const run = (): Promise<UploadResult> =>
    way.ending === 'hang'
      ? impatiently(world, filename, { endpoint: proxy.endpoint, options })
      : world.upload(KEY, filename, { ...options, bucket: world.bucketWith({ endpoint: proxy.endpoint }) })

  if (killed) {
    running = startOne(world, filename, { endpoint: proxy.endpoint, ...options })
    const ended: Ended = await running.ended
    assert.ok(ended.killed, `the process ended by itself: ${JSON.stringify(ended.end)}`)
    await Promise.all(meetings)
  }
  const ending = await endingOf(run())
  assert.equal(ending, expected(each))
  assert.equal(proxy.struck(), way.reaches === 'all' ? 1 : times, 'Completes that were answered so')
  await Promise.all(meetings)
  const object = await world.objectBytes(KEY)
  if (ending === 'success') {
    assert.ok(object.equals(bytes), 'success, and the object is not the file')
    assert.deepEqual(await world.unfinished(), [], 'success, and an upload was left behind')
    assert.deepEqual(world.stored(), [], 'success, and the store is not empty')
    return ending
  }
  assert.ok(strange !== undefined && object.equals(strange), "a conflict, and the object is not the other's")
  assert.equal(await endingOf(run()), 'conflict', 'what was a conflict must stay one')
  assert.ok(object.equals(await world.objectBytes(KEY)), 'a second run after a conflict changed the object')
  return ending
}

/** Who may overwrite and was not completed yet wins, as the last writer; all else that is not ours is a conflict. */
function expected({ way, forbid, stranger }: CompleteCase): Ending {
  if (stranger === undefined || stranger === 'the same bytes') return 'success'
  return way.reaches !== 'all' && !forbid ? 'success' : 'conflict'
}

async function endingOf(work: Promise<UploadResult>): Promise<string> {
  try {
    await work
    return 'success'
  } catch (error) {
    return error instanceof UploadError ? error.code : String(error)
  }
}

function startOne(
  world: World,
  filename: string,
  { endpoint, headers }: { readonly endpoint: string; readonly headers: Readonly<Record<string, string>> },
): Running {
  const options = { store: world.store, multipartThreshold: 0, partSize: PART, headers }
  const environment = {
    OSS_ACCESS_KEY_ID: world.server.accessKeyId,
    OSS_ACCESS_KEY_SECRET: world.server.accessKeySecret,
  }
  return startUploader({ endpoint, bucket: 'examplebucket', key: KEY, filename, options }, { environment })
}

/**
 * The same call put together with deadlines of seconds, so that a silence is over soon; long enough that on a busy machine
 * the Complete behind it has been done before: given up earlier, another one may come first, and what is expected is another thing.
 */
async function impatiently(
  world: World,
  filename: string,
  { endpoint, options }: { readonly endpoint: string; readonly options: UploadOptions },
): Promise<UploadResult> {
  const bucket: Bucket = world.bucketWith({ endpoint })
  const { transport, close } = createNodeTransport({
    stallLimits: { answerMs: 3000, hiddenBytesPerSecond: 1024 * MiB, answerPauseMs: 3000 },
  })
  const source = await openFileSource(filename, { pool: createBlockPool({ blocks: 4 }) })
  const ports = {
    service: bucket.serviceOver(transport),
    source,
    checkpoints: journalStore(world.store),
    digester: createDigester(),
    runtime: createNodeRuntime(),
  }
  const checked = checkOptions(KEY, { ...options, multipartThreshold: 0, partSize: PART })
  try {
    return await runUpload(ports, { ...checked, key: KEY, signal: new AbortController().signal })
  } finally {
    await source.close()
    await close()
  }
}
