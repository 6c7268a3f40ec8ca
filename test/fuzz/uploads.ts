/**
 * Whole uploads, engine, OSS adapter and server, between which one answer is changed on its way. Whatever it was: success
 * only with the right object, a failure only of the declared kind, and the next run, undisturbed, ends right.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { memoryStore } from '../../src/checkpoints/memory.js'
import { decodeRecord } from '../../src/engine/checkpoint.js'
import type { UploadError } from '../../src/engine/errors.js'
import type { CheckpointStore, SourceIdentity } from '../../src/engine/ports.js'
import { runUpload } from '../../src/engine/upload.js'
import { createDigester } from '../../src/services/digester.js'
import { bytesSource } from '../../src/sources/bytes.js'
import { bytesFrom, PART } from '../library/world.js'
import { assertUploadError } from './laws.js'
import { type Mutation, mutations, pick } from './mutate.js'
import { asyncTarget, type Target } from './target.js'
import { createUploadWorld, type Disturbance, type UploadWorld } from './upload-world.js'

const KEY = 'dir/a b\u4e2d.dat'
const BYTES = bytesFrom(1, 2 * PART + 1)
const OTHERS = bytesFrom(2, 2 * PART + 1)

/** A file that holds still, and does not have to be read to say so. */
const identity = async (): Promise<SourceIdentity> => ({
  size: BYTES.length,
  mtimeNs: '1',
  ctimeNs: '1',
  device: '1',
  inode: '1',
})

interface Scene {
  readonly disturbance: Disturbance
  readonly multipart: boolean
  /** An earlier run was stopped at its second part. */
  readonly resumed: boolean
  readonly before: 'nothing' | "another's object"
  readonly headers: Readonly<Record<string, string>>
  readonly verify: 'always' | 'changed' | 'paranoid'
}

async function play(scene: Scene): Promise<void> {
  const world = await createUploadWorld()
  const store = keptStore(world)
  const forbids = scene.headers['x-oss-forbid-overwrite'] !== undefined
  if (scene.before !== 'nothing') await world.storeObject(KEY, OTHERS)
  if (scene.resumed) {
    world.faults.add({
      operation: 'UploadPart',
      partNumber: 2,
      effect: 'error',
      code: 'AccessDenied',
      status: 403,
    })
    await upload(world, store, scene).catch(onlyUploadErrors)
    world.faults.clear()
  }
  world.disturb(scene.disturbance)
  let stored = scene.before !== 'nothing'
  const isRight = async (): Promise<void> => {
    stored = true
    assert.ok(BYTES.equals(await world.objectBytes(KEY)), 'success was told, and the object is not the file')
  }
  await upload(world, store, scene).then(isRight, onlyUploadErrors)
  world.disturb(undefined)
  const nothingLeft = async (): Promise<void> => {
    // Nobody can know the upload of an Initiate whose answer was spoilt, nor doubt a service that calls one gone.
    if (world.struck === 'POST uploads' || scene.disturbance.kind === 'refused') return
    assert.deepEqual([...(await world.unfinished())], [], 'an upload was left behind')
    assert.deepEqual(await store.list(), [], 'a checkpoint was left behind')
  }
  const again = upload(world, store, scene)
  await again.then(isRight).then(nothingLeft, (error: unknown) => {
    onlyUploadErrors(error)
    const { code, message } = error as UploadError
    // What is there must stay: another's object, or what the first run has stored and told.
    if (code === 'conflict' && forbids && stored) return
    assert.fail(`the undisturbed run after it failed: ${code}: ${message}`)
  })
}

function onlyUploadErrors(error: unknown): void {
  assertUploadError(error)
}

function upload(world: UploadWorld, checkpoints: CheckpointStore, scene: Scene): Promise<unknown> {
  const { runtime } = world.clock
  return runUpload(
    {
      service: world.service,
      source: { ...bytesSource(BYTES), identity, identityByName: identity },
      checkpoints,
      digester: createDigester(),
      // Of a real clock: no whole milliseconds.
      runtime: { ...runtime, monotonic: () => runtime.monotonic() + 0.25 },
    },
    {
      key: KEY,
      headers: scene.headers,
      multipartThreshold: scene.multipart ? 0 : 2 * BYTES.length,
      partSize: PART,
      numThreads: 1,
      verify: scene.verify,
      restart: false,
      steal: false,
      noProgressForMs: 60_000,
      signal: new AbortController().signal,
    },
  )
}

/** Refuses to keep a line that it could not make sense of later. */
function keptStore({ clock }: UploadWorld): CheckpointStore {
  const store = memoryStore({ runtime: clock.runtime })
  return {
    ...store,
    async acquire(target, options) {
      const log = await store.acquire(target, options)
      return {
        ...log,
        async append(line) {
          assert.ok(decodeRecord(line), `a line that nobody will read again: ${JSON.stringify(line)}`)
          await log.append(line)
        },
      }
    },
  }
}

const few = fc.oneof(fc.constant<readonly Mutation[]>([]), mutations)
const scenes: fc.Arbitrary<Scene> = fc.tuple(fc.nat(11), fc.nat(), few, few, fc.nat(), fc.nat()).map(
  ([nth, kind, headChanges, bodyChanges, luck, status]): Scene => ({
    disturbance: {
      nth,
      kind: pick(['answer', 'answer', 'answer', 'lost', 'earlier', 'refused'] as const, kind),
      status: pick([0, 0, 0, 200, 204, 206, 301, 400, 403, 404, 409, 500, 503], status),
      headChanges,
      bodyChanges,
    },
    multipart: luck % 4 !== 0,
    resumed: (luck >> 2) % 2 === 0,
    before: pick(['nothing', "another's object"] as const, luck >> 3),
    headers: (luck >> 4) % 4 === 0 ? { 'x-oss-forbid-overwrite': 'true' } : {},
    verify: pick(['always', 'changed', 'paranoid'] as const, luck >> 6),
  }),
)

export const uploadTarget: Target = asyncTarget('uploads', scenes, { runs: 60, weight: 8, law: play })
