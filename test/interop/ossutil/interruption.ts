/** ossutil killed half-way: what it goes on with, and what is left of it at the service. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ScriptedTest } from '../scripted.js'
import type { LoggedRequest } from '../serving.js'
import type { World } from './world.js'

const PART = 100 * 1024
const PARTS = 300
/** When this many are through, it is killed. */
const ENOUGH = 20
/** It writes its checkpoint in place: a kill in that very moment costs it, and then it begins anew. */
const TRIES = 5
const WAIT_MS = 60_000
/** One after the other, so that at most one part is lost with the process. */
const SLOWLY = [
  ...['--bigfile-threshold', String(PART), '--part-size', String(PART)],
  ...['--jobs', '1', '--parallel', '1', '--checkpoint-dir', 'checkpoints', '-f'],
]

/** Kills the program when the server has answered `ENOUGH` requests of the operation. Resolves to what it was asked. */
async function interrupt(
  world: World,
  args: readonly string[],
  operation: string,
): Promise<readonly LoggedRequest[]> {
  const asked: LoggedRequest[] = []
  let kill: ((signal: NodeJS.Signals) => void) | undefined
  let isOver = false
  const ended = world.attempt([...args, ...SLOWLY], {
    onStart: (killer) => {
      kill = killer
    },
  })
  const over = ended.then((end) => {
    isOver = true
    return end
  })
  const untilMs = performance.now() + WAIT_MS
  while (!isOver && performance.now() < untilMs) {
    asked.push(...world.asked())
    if (done(asked, operation).length >= ENOUGH) break
    await sleep(5)
  }
  kill?.('SIGKILL')
  const { code } = await over
  assert.equal(code, undefined, 'it was killed before it ended')
  // The server may have been busy with a request of the dead.
  await sleep(500)
  asked.push(...world.asked())
  return asked
}

function done(asked: readonly LoggedRequest[], operation: string): readonly LoggedRequest[] {
  return asked.filter((request) => request.operation === operation && request.status < 300)
}

export const interruption: readonly ScriptedTest<World>[] = [
  {
    name: 'cp up, killed half-way, goes on from its checkpoint',
    async run(world) {
      const { ossutil, url, file, read } = world
      await ossutil('mb', url())
      const bytes = await file('big', PARTS * PART)
      for (let tries = 1; tries <= TRIES; tries += 1) {
        const key = `big-${tries}`
        const first = await interrupt(world, ['cp', 'big', url(key)], 'UploadPart')
        const stored = new Set(done(first, 'UploadPart').map(({ partNumber }) => partNumber))
        assert.ok(stored.size >= ENOUGH && stored.size < PARTS, `${stored.size} parts`)
        await ossutil('cp', 'big', url(key), ...SLOWLY)
        const second = world.asked()
        await ossutil('cp', url(key), `back-${key}`, '-f')
        assert.deepEqual(await read(`back-${key}`), bytes)
        world.asked()
        if (done(second, 'InitiateMultipartUpload').length > 0) continue
        const sent = done(second, 'UploadPart').map(({ partNumber }) => partNumber)
        const again = sent.filter((partNumber) => stored.has(partNumber))
        // It writes its checkpoint behind its sending, the further behind the busier the machine is.
        assert.ok(again.length < stored.size / 2, `parts ${again.join(' ')} were sent twice`)
        assert.equal(sent.length + stored.size - again.length, PARTS)
        return
      }
      assert.fail('it never went on with the same upload')
    },
  },
  {
    name: 'cp down, killed half-way, goes on from its checkpoint',
    async run(world) {
      const { ossutil, url, file, read } = world
      await ossutil('mb', url())
      const bytes = await file('big', PARTS * PART)
      await ossutil('cp', 'big', url('big'), '-f')
      const counts: string[] = []
      for (let tries = 1; tries <= TRIES; tries += 1) {
        world.asked()
        const first = await interrupt(world, ['cp', url('big'), `back-${tries}`], 'GetObject')
        const before = done(first, 'GetObject').length
        await ossutil('cp', url('big'), `back-${tries}`, ...SLOWLY)
        const after = done(world.asked(), 'GetObject').length
        assert.deepEqual(await read(`back-${tries}`), bytes)
        if (before + after <= PARTS + 2) return
        counts.push(`${before} and ${after}`)
      }
      assert.fail(`${counts.join(', ')} requests for ${PARTS} parts`)
    },
  },
  {
    name: 'ls -m, listpart, getallpartsize and rm -m of what a killed cp left',
    async run(world) {
      const { ossutil, url, file } = world
      await ossutil('mb', url())
      await file('big', PARTS * PART)
      await interrupt(world, ['cp', 'big', url('dir/big')], 'UploadPart')
      const listed = await ossutil('ls', '-m', url())
      const uploadId = /\s([0-9A-F]{32})\s+oss:\/\/\S+\/dir\/big/.exec(listed)?.[1] ?? ''
      assert.notEqual(uploadId, '', listed)
      const parts = await ossutil('listpart', url('dir/big'), uploadId)
      const count = Number(/total part count:(\d+)/.exec(parts)?.[1])
      assert.ok(count >= ENOUGH, parts)
      assert.match(await ossutil('getallpartsize', url()), new RegExp(`total part count:${count}\\s`))
      await ossutil('rm', '-m', url('dir/big'), '-f')
      assert.match(await ossutil('ls', '-m', url()), /UploadID Number is: 0/)
    },
  },
]
