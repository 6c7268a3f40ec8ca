/**
 * The service is gone: every connection is reset and new ones are refused, until it is back at the same port. Sockets and
 * disks are real; only the clock by which the upload waits runs faster.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  type AddressInfo,
  connect,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Runtime } from '../../../src/engine/ports.js'
import { startUpload, type UploadEvent, type UploadOptions, type UploadState } from '../../../src/index.js'
import { createNodeRuntime } from '../../../src/node/runtime.js'
import { bytesFrom, createWorld, failure, PART, partNumbers, type World } from '../../library/world.js'
import type { Condition, Place } from './case.js'
import { composedUpload } from './difficult.js'

const minuteMs = 60_000
const parts = 24
const numThreads = 4
const bytes = bytesFrom(1, parts * PART)

/** Node's time and luck, with so many of the upload's milliseconds in one of this machine's. */
function fastRuntime(factor: number): Runtime {
  const real = createNodeRuntime()
  const began = { monotonic: real.monotonic(), wallClock: real.wallClock() }
  const passedMs = (): number => (real.monotonic() - began.monotonic) * factor
  return {
    monotonic: passedMs,
    wallClock: () => began.wallClock + passedMs(),
    sleep: (ms, signal) => real.sleep(ms / factor, signal),
    random: real.random,
  }
}

interface Town extends World {
  readonly filename: string
  readonly options: UploadOptions & { readonly store: string }
  /** Resolves when the connection is gone, with the answer to the n-th part under way. */
  goneAtPart(count: number): Promise<void>
  comeBack(): Promise<void>
  /** What was heard to be stored is not sent again, and the object is right. */
  assertRight(): Promise<void>
}

async function createTown(place: Place): Promise<Town> {
  let onPart = (): void => {}
  const world = await createWorld(place, {
    onRequest({ operation }) {
      if (operation === 'UploadPart') onPart()
    },
  })
  const relay = await openRelay(world.server.port)
  place.after(() => relay.cut())
  const heard: number[] = []
  return {
    ...world,
    bucket: world.bucketWith({ endpoint: relay.endpoint }),
    filename: await world.file(bytes),
    options: {
      store: world.store,
      multipartThreshold: 0,
      partSize: PART,
      numThreads,
      onEvent(event) {
        if (event.type === 'part-stored') heard.push(event.partNumber)
      },
    },
    goneAtPart(count) {
      let seen = 0
      return new Promise((resolve) => {
        onPart = () => {
          seen += 1
          if (seen < count) return
          onPart = () => {}
          relay.cut()
          resolve()
        }
      })
    },
    comeBack: () => relay.mend(),
    async assertRight() {
      assert.deepEqual(
        [...heard].sort((a, b) => a - b),
        Array.from({ length: parts }, (_, index) => index + 1),
      )
      const sent = partNumbers(world.asked('UploadPart')).length
      assert.ok(sent <= parts + numThreads, `${sent} parts were sent`)
      assert.deepEqual(await world.objectBytes('k'), bytes)
      assert.deepEqual([world.stored(), await world.unfinished()], [[], []])
    },
  }
}

interface Relay {
  readonly endpoint: string
  /** Every connection is reset, and a new one is refused. */
  cut(): void
  mend(): Promise<void>
}

/** The way to the server, always at the same port. */
async function openRelay(to: number): Promise<Relay> {
  const sockets = new Set<Socket>()
  let port = 0
  let listener: NetServer | undefined
  const mend = async (): Promise<void> => {
    listener = createNetServer((inner) => {
      const outer = connect(to, '127.0.0.1')
      for (const socket of [inner, outer]) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.once('close', () => {
          sockets.delete(socket)
          inner.destroy()
          outer.destroy()
        })
      }
      inner.pipe(outer).pipe(inner)
    })
    listener.listen(port, '127.0.0.1')
    await once(listener, 'listening')
    port = (listener.address() as AddressInfo).port
  }
  await mend()
  return {
    endpoint: `http://127.0.0.1:${port}`,
    cut() {
      listener?.close()
      for (const socket of sockets) socket.resetAndDestroy()
    },
    mend,
  }
}

const anHour: Condition = {
  name: 'An outage of one hour, with `retry: { noProgressForMs: Infinity }`',
  expected: 'sat out; the parts are kept, the upload ends right',
  bound: { words: '20 s between two attempts of a part', ms: 20_000 },
  async run(place) {
    const town = await createTown(place)
    const runtime = fastRuntime(2400)
    const gone = town.goneAtPart(7)
    let waits = 0
    let longestMs = 0
    const uploading = composedUpload(town.bucket, 'k', town.filename, {
      ...town.options,
      runtime,
      retry: { noProgressForMs: Number.POSITIVE_INFINITY },
      onEvent(event: UploadEvent) {
        town.options.onEvent?.(event)
        if (event.type !== 'waiting') return
        waits += 1
        longestMs = Math.max(longestMs, event.delayMs)
      },
    })
    await Promise.race([gone, uploading])
    const from = runtime.monotonic()
    while (runtime.monotonic() - from < 60 * minuteMs) await sleep(50)
    await town.comeBack()
    const result = await uploading
    assert.deepEqual(result.parts, { kept: 0, sent: parts }, 'one run did it all')
    await town.assertRight()
    const seen = `so, by one call; ${waits} attempts in the hour, no stored part sent again`
    return { cases: 1, seen, noticedMs: longestMs }
  },
}

const tooLong: Condition = {
  name: 'An outage that does not end, with the default patience',
  expected: '`interrupted`; the same call goes on once the service is back',
  // What a busy machine adds is multiplied as well.
  bound: { words: '15 minutes without progress', ms: 17 * minuteMs },
  async run(place) {
    const town = await createTown(place)
    const runtime = fastRuntime(300)
    const gone = town.goneAtPart(7)
    const options = { ...town.options, runtime }
    const uploading = composedUpload(town.bucket, 'k', town.filename, options)
    uploading.catch(() => {})
    await Promise.race([gone, uploading])
    const from = runtime.monotonic()
    const error = await failure(uploading, 'interrupted', /run the same call again/)
    const noticedMs = runtime.monotonic() - from
    assert.ok(error.retryable)
    assert.ok(noticedMs > 14 * minuteMs, `given up after ${noticedMs} ms`)
    await town.comeBack()
    const { parts: counted } = await composedUpload(town.bucket, 'k', town.filename, town.options)
    assert.ok(counted.kept >= 3 && counted.kept + counted.sent === parts, JSON.stringify(counted))
    assert.deepEqual(await town.objectBytes('k'), bytes)
    return { cases: 1, seen: `so; ${counted.kept} parts kept`, noticedMs }
  },
}

/** By the library's own call and clock. */
const outageMs = 20_000

const told: Condition = {
  name: `An outage of ${outageMs / 1000} s in real time`,
  expected: 'the handle tells what is waited for, since when and until when; it ends right',
  isLong: true,
  async run(place) {
    const town = await createTown(place)
    const gone = town.goneAtPart(5)
    const upload = startUpload(town.bucket, 'k', town.filename, town.options)
    await Promise.race([gone, upload.done])
    const from = Date.now()
    const states: UploadState[] = []
    while (Date.now() - from < outageMs) {
      await sleep(500)
      if (Date.now() - from > 2000) states.push(upload.state())
    }
    for (const { kind, waiting } of states) {
      assert.equal(kind, 'waiting')
      const [longest] = waiting
      assert.ok(longest !== undefined && waiting.length <= numThreads)
      assert.equal(longest.operation, 'UploadPart')
      assert.match(longest.message, /connect|broke/i)
      assert.ok(Math.abs(longest.since - from) < 3000, 'since the outage began')
      assert.ok(longest.until >= longest.since)
    }
    await town.comeBack()
    await upload.done
    assert.deepEqual([upload.state().kind, upload.state().waiting], ['ended', []])
    await town.assertRight()
    return { cases: states.length, seen: `so, at each of ${states.length} looks` }
  },
}

export const outages: readonly Condition[] = [anHour, tooLong, told]
