/**
 * Servers that accept and then let one wait: every wait has its stated end, after which the request counts as failed and is
 * tried again. The long ones take the times of the product; the short ones are the same with all times divided.
 */
import assert from 'node:assert/strict'
import { resumableUpload } from '../../../src/index.js'
import { defaultStallLimits, type StallLimits } from '../../../src/transport/stall.js'
import { failure, MiB } from '../../library/world.js'
import { type Condition, chooseSome, type Seen } from './case.js'
import { composedUpload, type DifficultServer, startDifficultServer } from './difficult.js'
import type { Mistreatment } from './difficult-server.js'

/** What the short ones divide by. */
const haste = 50
const shortLimits: StallLimits = {
  ...defaultStallLimits,
  connectMs: defaultStallLimits.connectMs / haste,
  windowMs: defaultStallLimits.windowMs / haste,
  sampleMs: defaultStallLimits.sampleMs / haste,
  answerMs: defaultStallLimits.answerMs / haste,
  hiddenBytesPerSecond: defaultStallLimits.hiddenBytesPerSecond * haste,
  answerPauseMs: defaultStallLimits.answerPauseMs / haste,
}

/** Below what asking for a `100 Continue` is worth, and within what a kernel takes without a reader. */
const smallPart = MiB / 2
/** More than any kernel takes without a reader. */
const largePart = 16 * MiB
/** The answer to a small part: 30 s, and its bytes at 128 KiB a second. */
const smallAnswerMs =
  defaultStallLimits.answerMs + (smallPart / defaultStallLimits.hiddenBytesPerSecond) * 1000

interface Wait extends Omit<Mistreatment, 'times'> {
  readonly name: string
  readonly partSize: number
  readonly stated: string
  readonly ms: number
  readonly message: RegExp
}

const noAnswer = /did not answer within/
const noSending = /takes no more of the body/
const noFlow = /stopped, or nearly so, in the middle of its answer/

const waits: readonly Wait[] = [
  {
    name: 'A server accepts a request without a body and never answers',
    victim: 'HeadObject',
    manner: 'never answers',
    partSize: smallPart,
    stated: '30 s',
    ms: defaultStallLimits.answerMs,
    message: noAnswer,
  },
  {
    name: 'A server reads a part and never answers',
    victim: 'UploadPart',
    manner: 'never answers',
    partSize: smallPart,
    stated: '30 s + size at 128 KiB/s + the time of sending: 34 s',
    ms: smallAnswerMs,
    message: noAnswer,
  },
  {
    name: 'A server accepts a part and reads nothing of it',
    victim: 'UploadPart',
    manner: 'reads nothing',
    partSize: largePart,
    stated: 'less than 30 KiB in 30 s',
    ms: defaultStallLimits.windowMs + 2 * defaultStallLimits.sampleMs,
    message: noSending,
  },
  {
    name: 'A server reads 1 byte a second',
    victim: 'UploadPart',
    manner: 'reads a byte a second',
    partSize: largePart,
    stated: 'less than 30 KiB in 30 s',
    ms: defaultStallLimits.windowMs + 2 * defaultStallLimits.sampleMs,
    message: noSending,
  },
  {
    name: 'A server sends the head of its answer 1 byte a second',
    victim: 'InitiateMultipartUpload',
    manner: 'answers a byte of the head a second',
    partSize: smallPart,
    stated: '30 s',
    ms: defaultStallLimits.answerMs,
    message: noAnswer,
  },
  {
    name: 'A server sends the body of its answer 1 byte a second',
    victim: 'InitiateMultipartUpload',
    manner: 'answers a byte of the body a second',
    partSize: smallPart,
    stated: 'less than 30 KiB, and no end, in 30 s',
    ms: defaultStallLimits.answerPauseMs,
    message: noFlow,
  },
]

/** Resolves when the first failure is noticed and, treated well from then on, the upload has ended right. */
async function sitOut(server: DifficultServer, wait: Wait, isShort: boolean): Promise<Seen> {
  const { victim, manner, partSize } = wait
  const { mistreated: before } = await server.mistreat({ victim, manner, times: 1 })
  const filename = await server.sparse(partSize)
  const began = performance.now()
  let noticed: { readonly ms: number; readonly message: string } | undefined
  const options = {
    store: server.store,
    multipartThreshold: 0,
    partSize,
    onEvent(event: { readonly type: string; readonly message?: unknown }) {
      if (event.type !== 'waiting') return
      noticed ??= { ms: performance.now() - began, message: String(event.message) }
    },
  }
  const uploading = isShort
    ? composedUpload(server.bucket, 'k', filename, { ...options, stallLimits: shortLimits })
    : resumableUpload(server.bucket, 'k', filename, options)
  const result = await uploading
  assert.equal(result.parts.sent, 1)
  assert.match(noticed?.message ?? 'never noticed', wait.message)
  assert.equal((await server.count()).mistreated - before, 1)
  return { cases: 1, seen: 'noticed, tried again, ended right', noticedMs: noticed?.ms ?? 0 }
}

const expected = 'a stall that is told, tried again, ends right'

const long: readonly Condition[] = waits.map((wait) => ({
  name: wait.name,
  expected,
  bound: { words: wait.stated, ms: wait.ms },
  isLong: true,
  run: async (place) => sitOut(await startDifficultServer(place), wait, false),
}))

const short: Condition = {
  name: `The six ways below to let one wait, with all times divided by ${haste}`,
  expected,
  bound: { words: `34 s / ${haste}`, ms: smallAnswerMs / haste },
  async run(place) {
    const server = await startDifficultServer(place)
    const chosen = chooseSome(place, waits)
    let noticedMs = 0
    for (const wait of chosen) {
      noticedMs = Math.max(noticedMs, (await sitOut(server, wait, true)).noticedMs ?? 0)
    }
    return { cases: chosen.length, seen: 'each noticed, tried again, ended right', noticedMs }
  },
}

const forEver: Condition = {
  name: 'A server never answers a part, however often it is asked',
  expected: '`interrupted` when the time allowed is over, and the same call goes on',
  async run(place) {
    const server = await startDifficultServer(place)
    await server.mistreat({ victim: 'UploadPart', manner: 'never answers', times: 1000 })
    const filename = await server.sparse(2 * smallPart)
    const options = {
      store: server.store,
      multipartThreshold: 0,
      partSize: smallPart,
      retry: { noProgressForMs: 2000 },
      stallLimits: shortLimits,
    }
    await failure(composedUpload(server.bucket, 'k', filename, options), 'interrupted', noAnswer)
    const { mistreated } = await server.mistreat(undefined)
    assert.ok(mistreated >= 2, `${mistreated} attempts`)
    const result = await composedUpload(server.bucket, 'k', filename, options)
    assert.ok(result.resumed)
    return { cases: 1, seen: `so, after ${mistreated} attempts` }
  },
}

export const servers: readonly Condition[] = [short, forEver, ...long]
