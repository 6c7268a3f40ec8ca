/** A port where nobody accepts: its queue of connections is full, so that what knocks gets no answer at all. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Bucket } from '../../../src/index.js'
import { defaultStallLimits } from '../../../src/transport/stall.js'
import { bytesFrom, failure, PART, temporaryFolder } from '../../library/world.js'
import type { Condition, Place, Seen } from './case.js'
import { composedUpload } from './difficult.js'

/** Listens with room for one, and never comes to accept. */
const program = `
  const { parentPort } = require('node:worker_threads')
  const server = require('node:net').createServer()
  server.listen(0, '127.0.0.1', 1, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })
`
/** A connection on loopback that is not there by then gets no answer. */
const knockMs = 300
const mostKnocks = 20

/** `undefined` where the system answers all the same. */
async function openFullPort(place: Place): Promise<number | undefined> {
  const worker = new Worker(program, { eval: true })
  place.after(() => worker.terminate())
  const [port] = (await once(worker, 'message')) as [number]
  const knocking: Socket[] = []
  place.after(() => {
    for (const socket of knocking) socket.destroy()
  })
  for (let count = 0; count < mostKnocks; count += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    knocking.push(socket)
    const isOpen = await Promise.race([once(socket, 'connect').then(() => true), sleep(knockMs, false)])
    if (!isOpen) return port
  }
  return undefined
}

async function knock(place: Place, connectMs: number): Promise<Seen> {
  const port = await openFullPort(place)
  if (port === undefined) return { cases: 0, seen: 'not tried: this system answers all the same' }
  const folder = await temporaryFolder(place)
  const filename = `${folder}/local.dat`
  await writeFile(filename, bytesFrom(1, PART))
  const bucket = new Bucket({
    endpoint: `http://127.0.0.1:${port}`,
    name: 'examplebucket',
    credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
  })
  const controller = new AbortController()
  const began = performance.now()
  let noticed: { readonly ms: number; readonly message: string } | undefined
  const uploading = composedUpload(bucket, 'k', filename, {
    store: `${folder}/store`,
    stallLimits: { connectMs },
    signal: controller.signal,
    onEvent(event) {
      if (event.type !== 'waiting' || noticed !== undefined) return
      noticed = { ms: performance.now() - began, message: event.message }
      controller.abort()
    },
  })
  await failure(uploading, 'cancelled')
  assert.match(noticed?.message ?? 'never noticed', /No connection .* within the time allowed/)
  return { cases: 1, seen: 'noticed, to be tried again', noticedMs: noticed?.ms ?? 0 }
}

const name = 'Nobody accepts: the queue of connections is full'
const expected = 'a failure that is told, tried again'

export const unreachable: readonly Condition[] = [
  {
    name: `${name}, with the time divided by 50`,
    expected,
    bound: { words: '20 s / 50', ms: defaultStallLimits.connectMs / 50 },
    run: (place) => knock(place, defaultStallLimits.connectMs / 50),
  },
  {
    name,
    expected,
    bound: { words: '20 s', ms: defaultStallLimits.connectMs },
    isLong: true,
    run: (place) => knock(place, defaultStallLimits.connectMs),
  },
]
