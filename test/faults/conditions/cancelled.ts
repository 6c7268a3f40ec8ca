/** Cancelled in any bad condition: the call ends at once, no socket stays open in this process, and nothing more is sent. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { startUpload } from '../../../src/index.js'
import { failure, MiB } from '../../library/world.js'
import { type Condition, chooseSome } from './case.js'
import { type DifficultServer, startDifficultServer } from './difficult.js'
import type { Counts, Manner } from './difficult-server.js'

const numThreads = 4
const partSize = 16 * MiB
/** Longer than anything that is still under way on loopback can take, in milliseconds. */
const settleMs = 300

const manners: readonly Manner[] = [
  'reads nothing',
  'never answers',
  'reads a byte a second',
  'answers a byte of the head a second',
  'answers a byte of the body a second',
]

/** Resolves when the server says so, within bounds. */
async function until(server: DifficultServer, isSo: (counts: Counts) => boolean): Promise<Counts> {
  let counts = await server.count()
  for (let tries = 0; !isSo(counts) && tries < 500; tries += 1) {
    await sleep(20)
    counts = await server.count()
  }
  assert.ok(isSo(counts), JSON.stringify(counts))
  return counts
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS).*Wrap$/.test(kind)).length
}

/**
 * Nothing of the upload is left in this process, and once the server has read what the kernels held, nothing comes.
 *
 * @returns the bytes that came late, all of them from the kernels
 */
async function assertSilence(server: DifficultServer, socketsBefore: number): Promise<number> {
  const { receivedBytes: before } = await server.count()
  for (let tries = 0; openSockets() > socketsBefore && tries < 100; tries += 1) await sleep(10)
  assert.ok(openSockets() <= socketsBefore, `${openSockets() - socketsBefore} sockets are open`)
  await server.mistreat(undefined)
  await server.drain()
  const { receivedBytes } = await until(server, ({ openConnections }) => openConnections === 0)
  await sleep(settleMs)
  assert.equal((await server.count()).receivedBytes, receivedBytes, 'bytes still come')
  return receivedBytes - before
}

interface Stopped {
  readonly noticedMs: number
  readonly lateBytes: number
}

async function stopIn(server: DifficultServer, manner: Manner, how: 'signal' | 'pause'): Promise<Stopped> {
  const socketsBefore = openSockets()
  const filename = await server.sparse(2 * numThreads * partSize)
  const { mistreated: before } = await server.mistreat({ victim: 'UploadPart', manner, times: 1_000_000 })
  const controller = new AbortController()
  const upload = startUpload(server.bucket, 'k', filename, {
    store: server.store,
    multipartThreshold: 0,
    partSize,
    numThreads,
    signal: controller.signal,
  })
  await until(server, ({ mistreated }) => mistreated - before >= numThreads)
  const began = performance.now()
  if (how === 'pause') await upload.pause()
  else {
    controller.abort(new Error('enough'))
    await failure(upload.done, 'cancelled')
  }
  const noticedMs = performance.now() - began
  const lateBytes = await assertSilence(server, socketsBefore)
  await upload.discard()
  return { noticedMs, lateBytes }
}

function stopped(how: 'signal' | 'pause', name: string): Condition {
  return {
    name,
    expected: 'the call ends at once; no socket is open and nothing is sent any more',
    bound: { words: 'at once', ms: 1000 },
    async run(place) {
      const server = await startDifficultServer(place)
      const chosen = chooseSome(place, manners)
      const ends: Stopped[] = []
      for (const manner of chosen) ends.push(await stopIn(server, manner, how))
      const lateMiB = Math.max(...ends.map(({ lateBytes }) => lateBytes)) / MiB
      return {
        cases: chosen.length,
        seen: `so: 0 sockets here; there at most ${lateMiB.toFixed(1)} MiB out of the kernels' buffers, then 0 bytes and 0 connections`,
        noticedMs: Math.max(...ends.map((end) => end.noticedMs)),
      }
    },
  }
}

export const cancelled: readonly Condition[] = [
  stopped('signal', `Cancelled with ${numThreads} parts in flight, at a server of each kind above`),
  stopped('pause', `Paused with ${numThreads} parts in flight, at a server of each kind above`),
]
