/** Files of the checkpoint folder: journals damaged on disk, lines that are whole but say odd things, and lock records. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodeCheckpoint, encodeHeader, encodeLine } from '../../src/checkpoints/lines.js'
import { decodeLock, describeHolder, encodeLock, judgeLock } from '../../src/checkpoints/lock-record.js'
import { combineCrc64Decimal } from '../../src/checksum/combine.js'
import { decodeRecord, foldCheckpoint, type PartProof } from '../../src/engine/checkpoint.js'
import type { CheckpointLine } from '../../src/engine/ports.js'
import {
  assertCount,
  assertCrc64,
  assertMessage,
  assertText,
  assertTexts,
  assertWord,
  maybe,
} from './laws.js'
import { type Mutation, mutated, mutations } from './mutate.js'
import { mutatedJson } from './mutate-json.js'
import { type Target, target } from './target.js'

const uploadId = '0004B9895DBBB6EC98E36'
const identity = { size: 300_000, mtimeNs: '1767323045000000001', ctimeNs: '1', device: '64769', inode: '42' }
const headers = {
  open: { 'content-type': 'text/plain', 'x-oss-meta-a': 'b' },
  secret: { 'x-oss-server-side-encryption-customer-key': { salt: 'abc', hash: 'def' } },
}
const part = {
  uploadId,
  size: 102_400,
  etag: 'D41D8CD98F00B204E9800998ECF8427E',
  crc64: '18446744073709551615',
}
const target1 = { service: 'cn-hangzhou', bucket: 'examplebucket', key: 'dir/k' }

/** A life with a line of every kind. */
const lines: readonly CheckpointLine[] = [
  { kind: 'intent', operation: 'initiate', serviceTime: 1, headers, source: '/data/f' },
  { kind: 'refused', operation: 'initiate' },
  { kind: 'intent', operation: 'put', headers, source: '/data/f' },
  { kind: 'seen', uploadId: 'A' },
  { kind: 'aborting', uploadId: 'A' },
  { kind: 'closed', uploadId: 'A', how: 'aborted' },
  { kind: 'intent', operation: 'initiate', serviceTime: 2, headers, source: '/data/f' },
  {
    kind: 'opened',
    uploadId,
    partSize: 102_400,
    size: 300_000,
    headers,
    source: '/data/f',
    initiated: 1_767_323_045_000,
  },
  { kind: 'stored', partNumber: 1, identity, ...part },
  { kind: 'stored', partNumber: 2, identity: null, ...part },
  { kind: 'verified', partNumber: 2, identity, ...part },
  { kind: 'completing', uploadId, size: 300_000, crc64: '7', identity },
  { kind: 'committed', uploadId },
]
const journal = Buffer.concat([encodeHeader(target1), ...lines.map(encodeLine)])

/** Whatever the file holds: nothing thrown, only whole lines, and a state of the promised types. */
function lawOfJournal(bytes: Uint8Array): void {
  const decoded = decodeCheckpoint(bytes)
  if (decoded.kind === 'foreign') {
    assertMessage(`${decoded.format} ${decoded.version}`)
    return
  }
  assertCount(decoded.wholeBytes)
  assert.ok(decoded.wholeBytes <= bytes.length)
  decoded.damaged.forEach(assertText)
  if (decoded.target !== undefined) assertTexts(decoded.target)
  lawOfLines(decoded.lines)
}

function lawOfLines(given: readonly CheckpointLine[]): void {
  for (const line of given) {
    assert.ok(typeof line === 'object' && line !== null && !Array.isArray(line))
    const record = decodeRecord(line)
    if (record !== undefined) assert.ok(Object.hasOwn(line, 'kind'))
  }
  const state = foldCheckpoint(given)
  for (const id of [...state.knownIds, ...state.pendingAborts, ...state.leftovers, ...state.unopenedIds]) {
    assertWord(id)
  }
  for (const intent of state.intents) {
    maybe(intent.serviceTime, assertCount)
    assertTexts(intent.headers.open)
  }
  const { current } = state
  if (current === undefined) return
  assertCount(current.opened.size)
  assertCount(current.opened.partSize)
  assert.ok(current.opened.partSize >= 1)
  assertCount(current.opened.initiated)
  assertWord(current.opened.uploadId)
  assertTexts(current.opened.headers.open)
  maybe(current.completing?.crc64, assertCrc64)
  for (const [partNumber, { stored, verified }] of current.parts) {
    for (const proof of [stored, verified]) if (proof !== undefined) assertProof(proof, partNumber)
  }
}

/** What the engine will reckon with. */
function assertProof(proof: PartProof, partNumber: number): void {
  assert.equal(proof.partNumber, partNumber)
  assertCount(proof.partNumber)
  assert.ok(proof.partNumber >= 1)
  assertCount(proof.size)
  assertWord(proof.etag)
  assertCrc64(proof.crc64)
  assertCrc64(combineCrc64Decimal('1', proof.crc64, proof.size))
  if (proof.identity === null) return
  assertCount(proof.identity.size)
  for (const name of ['mtimeNs', 'ctimeNs', 'device', 'inode'] as const) assertWord(proof.identity[name])
}

/** Lines whose check is right, so that it is the meaning that has to be looked at. */
function resealed(which: number, changes: readonly Mutation[]): Uint8Array {
  const all: readonly CheckpointLine[] = [{ format: 'longhaul-checkpoint', v: 1, target: target1 }, ...lines]
  const odd = which % all.length
  return Buffer.concat(
    all.map((line, index) => {
      const said = index === odd ? mutatedJson(line, changes) : line
      return encodeLine(said as CheckpointLine)
    }),
  )
}

const lock = {
  v: 1 as const,
  token: '0123456789abcdef',
  socket: 'a.sock',
  since: '2026-01-02T03:04:05.000Z',
  pid: 42,
  startTime: '123',
  host: 'one',
  machineId: 'm',
  bootId: 'b',
  pidNamespace: 'pid:[1]',
}

function lawOfLock(text: string): void {
  const record = decodeLock(text)
  if (record !== undefined) {
    assertCount(record.pid)
    assert.ok(record.pid > 0)
    for (const name of [
      'token',
      'since',
      'startTime',
      'host',
      'machineId',
      'bootId',
      'pidNamespace',
    ] as const) {
      assertText(record[name])
    }
  }
  assertMessage(describeHolder(record))
  for (const socket of ['answers', 'refuses', 'missing', 'unsure'] as const) {
    for (const process of ['running', 'gone', 'unsure'] as const) {
      const verdict = judgeLock(record, lock, { socket, process })
      assert.ok(['alive', 'dead', 'unknown'].includes(verdict))
      if (record === undefined || socket === 'answers') assert.notEqual(verdict, 'dead')
    }
  }
}

const chosen = fc.nat()
const anyLine = fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 8 })

export const journalTargets: readonly Target[] = [
  target('journal-bytes', fc.oneof(mutations, fc.uint8Array({ maxLength: 300 })), {
    runs: 700,
    law: (input) => lawOfJournal(input instanceof Uint8Array ? input : mutated(journal, input)),
  }),
  target('journal-lines', fc.tuple(chosen, mutations), {
    runs: 1000,
    law: ([which, changes]) => lawOfJournal(resealed(which, changes)),
  }),
  target('journal-records', fc.array(fc.oneof(anyLine, fc.constantFrom(...lines)), { maxLength: 12 }), {
    runs: 700,
    law: lawOfLines,
  }),
  target('locks', fc.oneof(fc.tuple(mutations, fc.boolean()), fc.string({ maxLength: 60 })), {
    runs: 1000,
    law: (input) => {
      if (typeof input === 'string') lawOfLock(input)
      else if (input[1]) lawOfLock(JSON.stringify(mutatedJson(lock, input[0])))
      else lawOfLock(Buffer.from(mutated(Buffer.from(encodeLock(lock)), input[0])).toString())
    },
  }),
]
