/** What is done with what a tool left. */
import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ScriptedTest } from '../scripted.js'
import type { Tool } from './tools.js'
import { KEY, PART, PARTS, silentComplete, stalling, storedParts, type World } from './world.js'

/** Two at a time: the first stalled part holds one, the second the other. A hole is left where the first one was. */
const STALLED = [4, 8] as const
const KEPT = [1, 2, 3, 5, 6, 7]
const MISSING = [4, 8, 9, 10, 11, 12]

async function halfWay(world: World): Promise<string> {
  return world.interrupt([stalling(...STALLED)], (asked) => storedParts(asked).join() === KEPT.join())
}

/** What `takeover` needs beside the checkpoint. */
const hints = ({ tool, bucket }: World): readonly string[] => (tool.needsBucket ? [`oss://${bucket}`] : [])

async function assertFinished(world: World, bytes: Uint8Array): Promise<void> {
  assert.ok(Buffer.compare(await world.object(), bytes) === 0, 'the object is not the file')
  const { folder, bucket } = world
  const uploads = await world.lines('uploads', '--remote', `oss://${bucket}`)
  assert.equal(uploads.at(-1)?.['count'], 0, 'an upload was left at the service')
  const pending = await world.lines('uploads', '--store', join(folder, 'store'))
  assert.equal(pending.at(-1)?.['count'], 0, 'a checkpoint was left in the store')
}

/** `fits`: only for tools that can do so. */
export const tests: readonly (ScriptedTest<World> & { readonly fits?: (tool: Tool) => boolean })[] = [
  {
    name: 'killed half-way with a hole in its parts: finished, and no part that was there is sent again',
    async run(world) {
      const checkpoint = await halfWay(world)
      const told = await world.lines('takeover', '--remove', checkpoint, ...hints(world))
      const { partsKept, partsSent, bytesSent, tool, checkpointRemoved, differingHeaders } = told.at(-1) ?? {}
      assert.deepEqual([partsKept, partsSent, tool], [KEPT.length, MISSING.length, world.tool.name])
      assert.equal(bytesSent, (MISSING.length - 1) * PART + 7)
      assert.ok(Array.isArray(differingHeaders) && differingHeaders.includes('x-oss-meta-a'))
      const asked = world.asked()
      assert.deepEqual(storedParts(asked), MISSING)
      const count = (name: string): number => asked.filter(({ operation }) => operation === name).length
      assert.deepEqual(
        ['InitiateMultipartUpload', 'CompleteMultipartUpload', 'AbortMultipartUpload'].map(count),
        [0, 1, 0],
      )
      await assertFinished(world, world.bytes)
      assert.equal(checkpointRemoved, true)
      await assert.rejects(stat(checkpoint), { code: 'ENOENT' })
    },
  },
  {
    name: 'found where it keeps its checkpoints, told with its parts, and taken over with all others',
    async run(world) {
      const checkpoint = await halfWay(world)
      const place = world.tool.isFoundByScan ? [] : [world.folder]
      const bucket = world.tool.needsBucket ? ['--bucket', world.bucket] : []
      const [found, ...more] = await world.lines('takeover', '--scan', ...place, ...bucket)
      assert.equal(more.length, 1)
      const { tool, key, file, state, parts, partSize } = found ?? {}
      assert.deepEqual(
        { checkpoint: found?.['checkpoint'], tool, key, file, state, parts, partSize },
        {
          checkpoint,
          tool: world.tool.name,
          key: KEY,
          file: join(world.folder, 'local.dat'),
          state: 'open',
          parts: KEPT.length,
          partSize: PART,
        },
      )
      const told = await world.lines('takeover', '--scan', ...place, '--all', ...bucket)
      const { done, failed, skipped } = told.at(-1) ?? {}
      assert.deepEqual([done, failed, skipped], [1, 0, 0])
      await assertFinished(world, world.bytes)
      assert.notEqual((await readFile(checkpoint)).length, 0, 'it stays where nobody asked to remove it')
      const after = await world.lines('takeover', '--scan', ...place, ...bucket)
      assert.equal(after[0]?.['state'], 'gone')
    },
  },
  {
    name: 'the file has changed since: the parts that differ are sent again, the others are not',
    async run(world) {
      const checkpoint = await halfWay(world)
      const changed = Buffer.from(world.bytes)
      changed[PART + 5] = (changed[PART + 5] ?? 0) ^ 1
      await world.writeFile(changed)
      const told = await world.lines('takeover', checkpoint, ...hints(world))
      const { partsKept, partsSent } = told.at(-1) ?? {}
      assert.deepEqual([partsKept, partsSent], [KEPT.length - 1, MISSING.length + 1])
      assert.deepEqual(
        storedParts(world.asked()),
        [2, ...MISSING].sort((a, b) => a - b),
      )
      await assertFinished(world, changed)
    },
  },
  {
    name: 'killed when all was complete but before it heard so: found to be done, and nothing is sent',
    async run(world) {
      const checkpoint = await world.interrupt(
        [silentComplete],
        (asked) => storedParts(asked).length === PARTS,
      )
      const told = await world.lines('takeover', '--remove', checkpoint, ...hints(world))
      const { partsKept, partsSent, checkpointRemoved } = told.at(-1) ?? {}
      assert.deepEqual([partsKept, partsSent, checkpointRemoved], [PARTS, 0, true])
      const asked = world.asked()
      assert.deepEqual(
        asked.filter(({ method }) => method !== 'GET' && method !== 'HEAD'),
        [],
      )
      await assertFinished(world, world.bytes)
    },
  },
  {
    name: 'begun as sequential: finished part by part',
    fits: ({ knowsSequential }) => knowsSequential,
    async run(world) {
      const checkpoint = await world.interrupt(
        [stalling(4)],
        (asked) => storedParts(asked).join() === '1,2,3',
        { sequential: true },
      )
      const told = await world.lines('takeover', checkpoint, ...hints(world))
      assert.equal(told.at(-1)?.['exitCode'], 0)
      assert.deepEqual(storedParts(world.asked()), [4, 5, 6, 7, 8, 9, 10, 11, 12])
      await assertFinished(world, world.bytes)
    },
  },
  {
    name: 'another file in its place: refused, and the upload stays as it was',
    async run(world) {
      const checkpoint = await halfWay(world)
      await world.writeFile(Buffer.alloc(world.bytes.length))
      const ended = await world.longhaul('takeover', checkpoint, ...hints(world))
      assert.equal(ended.code, 9, ended.output)
      assert.match(ended.stderr.toString(), /is not of this file: none of its parts/)
      const [upload] = await world.lines('uploads', '--remote', `oss://${world.bucket}`)
      assert.equal(upload?.['parts'], KEPT.length)
    },
  },
]
