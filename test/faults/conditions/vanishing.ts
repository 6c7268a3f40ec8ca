/** The store goes away under a running upload: it ends right or says `store-unusable`, and no upload is left unnamed. */
import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { UploadError } from '../../../src/index.js'
import { bytesFrom, createWorld, PART, type Uploading, type World } from '../../library/world.js'
import type { Condition, Place } from './case.js'

const parts = 8
const bytes = bytesFrom(1, parts * PART)

interface Moment {
  readonly operation: string
  readonly partNumber?: number
}

interface Robbed {
  readonly world: World
  readonly uploading: Uploading
  readonly end: 'right' | UploadError
}

/** Lets an upload run to its end while its store is removed at a moment. */
async function robAt(place: Place, moment: Moment, what: 'folder' | 'journal' | 'files'): Promise<Robbed> {
  let rob: (() => void) | undefined
  const world = await createWorld(place, {
    onRequest({ operation, partNumber }) {
      if (operation !== moment.operation || partNumber !== moment.partNumber) return
      rob?.()
      rob = undefined
    },
  })
  const filename = await world.file(bytes)
  rob = () => {
    if (what === 'folder') rmSync(world.store, { recursive: true })
    for (const name of world.stored()) {
      if (what === 'files' || name.endsWith('.journal')) rmSync(join(world.store, name))
    }
  }
  const uploading = world.upload('k', filename, { numThreads: 2 })
  const end = await uploading.then(
    () => 'right' as const,
    (error: unknown) => {
      assert.ok(error instanceof UploadError, String(error))
      return error
    },
  )
  return { world, uploading, end }
}

/** Nothing is left at the service but what the caller was told the name of. */
async function assertNamed({ world, uploading, end }: Robbed): Promise<void> {
  const warnings = uploading.events.flatMap((event) =>
    event.type === 'checkpoint-warning' ? [event.message] : [],
  )
  const told = [...warnings, ...(end === 'right' ? [] : [end.message])].join(' ')
  for (const uploadId of await world.unfinished()) {
    assert.ok(told.includes(uploadId), `the upload ${uploadId} is left, and nobody names it`)
  }
}

async function assertRight(robbed: Robbed): Promise<void> {
  assert.equal(robbed.end, 'right', String(robbed.end))
  assert.deepEqual(await robbed.world.objectBytes('k'), bytes)
  assert.deepEqual(await robbed.world.unfinished(), [])
  if (robbed.uploading.events.some(({ type }) => type === 'completing')) await assertNamed(robbed)
}

const initiated: Moment = { operation: 'InitiateMultipartUpload' }

const beforeOpened: Condition = {
  name: 'The store is removed between Initiate and the `opened` line',
  expected: '`store-unusable`, the upload aborted, no part sent',
  async run(place) {
    for (const what of ['folder', 'journal'] as const) {
      const robbed = await robAt(place, initiated, what)
      const { world, end } = robbed
      assert.ok(end !== 'right' && end.code === 'store-unusable', String(end))
      assert.deepEqual([await world.unfinished(), world.asked('UploadPart')], [[], []])
    }
    return { cases: 2, seen: 'so, the folder or only the checkpoint' }
  },
}

const inTheMiddle: Condition = {
  name: 'The store is removed while parts are sent',
  expected: 'a warning that names the upload; it ends right',
  async run(place) {
    const cases = place.times(8)
    for (let count = 0; count < cases; count += 1) {
      const partNumber = 1 + Math.floor(place.luck() * (parts - 2))
      const what = count % 2 === 0 ? 'folder' : 'journal'
      const robbed = await robAt(place, { operation: 'UploadPart', partNumber }, what)
      await assertRight(robbed)
      const { uploadId } = await robbed.uploading
      const isNamed = robbed.uploading.events.some(
        (event) => event.type === 'checkpoint-warning' && event.message.includes(uploadId ?? '?'),
      )
      assert.ok(isNamed, `no warning names the upload, removed at part ${partNumber}`)
    }
    return { cases, seen: 'so' }
  },
}

const beforeComplete: Condition = {
  name: 'The store is removed when all parts are there, or with the answer to Complete under way',
  expected: 'it ends right, nothing stays at the service',
  async run(place) {
    const moments: readonly Moment[] = [
      { operation: 'UploadPart', partNumber: parts },
      { operation: 'CompleteMultipartUpload' },
    ]
    for (const moment of moments) {
      for (const what of ['folder', 'journal'] as const) {
        await assertRight(await robAt(place, moment, what))
      }
    }
    return { cases: 4, seen: 'so' }
  },
}

const onlyFiles: Condition = {
  name: 'Only the files in the store are removed, which a takeover that has ended looks like',
  expected: '`locked` at once, nothing completed, the upload named',
  async run(place) {
    const moments: readonly Moment[] = [initiated, { operation: 'UploadPart', partNumber: 3 }]
    for (const moment of moments) {
      const robbed = await robAt(place, moment, 'files')
      const { world, end } = robbed
      assert.ok(end !== 'right' && end.code === 'locked', String(end))
      await assertNamed(robbed)
      assert.equal((await world.unfinished()).length, 1)
      assert.equal(world.asked('CompleteMultipartUpload').length, 0)
      assert.deepEqual(readdirSync(world.store), [])
    }
    return { cases: moments.length, seen: 'so' }
  },
}

export const vanishing: readonly Condition[] = [beforeOpened, inTheMiddle, beforeComplete, onlyFiles]
