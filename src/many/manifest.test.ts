import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CheckpointLine, SourceIdentity } from '../engine/ports.js'
import { textDigest } from '../node/text-digest.js'
import {
  createManifestFold,
  createSieve,
  decodeManifest,
  encodeManifest,
  fingerprintOf,
  type ManifestRecord,
  type ManifestState,
} from './manifest.js'

const key = fc.constantFrom('a', 'b', 'c', 'd')
const identity: fc.Arbitrary<SourceIdentity> = fc.record({
  size: fc.nat(3),
  mtimeNs: fc.constantFrom('1', '2'),
  ctimeNs: fc.constant('1'),
  device: fc.constant('1'),
  inode: fc.constantFrom('7', '8'),
})
const record: fc.Arbitrary<ManifestRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('begun' as const),
    at: fc.nat(),
    salt: fc.string(),
    definition: fc.jsonValue().filter((value) => value !== null),
  }),
  fc.record({
    kind: fc.constant('done' as const),
    key,
    identity,
    headers: fc.constantFrom('h', 'i'),
    crc64: fc.constant('1'),
  }),
  fc.record({
    kind: fc.constant('failed' as const),
    key,
    source: fc.string(),
    code: fc.constant('denied'),
    message: fc.string(),
  }),
  fc.record({
    kind: fc.constant('stopped' as const),
    at: fc.nat(),
    code: fc.constant('interrupted'),
    message: fc.string(),
  }),
  fc.record({ kind: fc.constant('ended' as const), at: fc.nat() }),
)

function fold(lines: readonly CheckpointLine[]): ManifestState {
  const folded = createManifestFold(textDigest)
  for (const line of lines) folded.add(line)
  return folded.state()
}

test('every record survives being written as JSON and read again', () => {
  fc.assert(
    fc.property(record, (written) => {
      const line = JSON.parse(JSON.stringify(encodeManifest(written))) as CheckpointLine
      assert.deepEqual(decodeManifest(line), JSON.parse(JSON.stringify(written)))
    }),
  )
})

test('what is no record, or lacks what its kind must have, says nothing', () => {
  fc.assert(
    fc.property(fc.array(record), fc.dictionary(fc.string(), fc.jsonValue()), (records, noise) => {
      const lines = records.map(encodeManifest)
      const odd = { ...noise, kind: 'of a later version' }
      const torn = records.map(({ kind }) => ({ kind }))
      assert.deepEqual(shown(fold([...lines, odd, ...torn])), shown(fold(lines)))
    }),
  )
})

test('the last line about a key is what counts', () => {
  fc.assert(
    fc.property(fc.array(record), (records) => {
      const { keys } = fold(records.map(encodeManifest))
      for (const name of ['a', 'b', 'c', 'd']) {
        const last = records.findLast((each) => 'key' in each && each.key === name)
        assert.equal(keys.stateOf(name), last?.kind)
        if (last?.kind === 'done') assert.ok(keys.isDone(name, fingerprintOf(last.identity, last.headers)))
      }
    }),
  )
})

test('what a sieve leaves says the same of the keys that are wanted, in a line for each', () => {
  fc.assert(
    fc.property(fc.array(record), fc.subarray(['a', 'b', 'c', 'd']), (records, wanted) => {
      const lines = records.map(encodeManifest)
      const before = fold(lines)
      const kept = lines.filter(createSieve(before, (name) => wanted.includes(name), textDigest))
      const after = fold(kept)
      assert.equal(after.salt, before.salt)
      for (const name of ['a', 'b', 'c', 'd']) {
        const isKept = wanted.includes(name) && before.keys.stateOf(name) === 'done'
        assert.equal(after.keys.stateOf(name), isKept ? 'done' : undefined)
      }
      for (const each of records) {
        if (each.kind !== 'done' || !wanted.includes(each.key)) continue
        const fingerprint = fingerprintOf(each.identity, each.headers)
        assert.equal(after.keys.isDone(each.key, fingerprint), before.keys.isDone(each.key, fingerprint))
      }
      assert.ok(kept.length <= wanted.length + 1)
    }),
  )
})

test('a salt is that of the first run, whose digests are there; a definition that of the last', () => {
  const begun = (salt: string, definition?: unknown): CheckpointLine =>
    encodeManifest({ kind: 'begun', at: 1, salt, ...(definition === undefined ? {} : { definition }) })
  const state = fold([begun('one', { a: 1 }), begun('two', { a: 2 }), begun('three')])
  assert.equal(state.salt, 'one')
  assert.deepEqual(state.definition, { a: 2 })
  assert.equal(state.ended, false)
})

function shown({ keys, lines, ...rest }: ManifestState): unknown {
  const states = ['a', 'b', 'c', 'd'].map((name) => keys.stateOf(name))
  return { ...rest, lines, states }
}

test('the last error is that of a file that is still to do, or of what stopped the run after it', () => {
  const failed = (name: string, at: number): ManifestRecord => ({
    kind: 'failed',
    key: name,
    source: `/${name}`,
    code: 'denied',
    message: `no ${name}`,
    at,
  })
  const done = (name: string): ManifestRecord => ({
    kind: 'done',
    key: name,
    identity: { size: 1, mtimeNs: '1', ctimeNs: '1', device: '1', inode: '1' },
    headers: 'h',
    crc64: '1',
  })
  const stopped: ManifestRecord = { kind: 'stopped', code: 'interrupted', message: 'no network', at: 9 }
  const of = (...records: readonly ManifestRecord[]) => fold(records.map(encodeManifest)).lastError
  const told = (name: string, at: number) => ({
    code: 'denied',
    message: `no ${name}`,
    source: `/${name}`,
    at,
  })
  assert.equal(of(done('a')), undefined)
  assert.deepEqual(of(failed('a', 1), failed('b', 2)), told('b', 2))
  assert.deepEqual(of(failed('a', 1), failed('b', 2), done('b')), told('a', 1))
  assert.equal(of(failed('a', 1), done('a')), undefined)
  assert.deepEqual(of(failed('a', 1), stopped), { code: 'interrupted', message: 'no network', at: 9 })
  assert.deepEqual(of(failed('a', 1), stopped, { kind: 'ended', at: 10 }), told('a', 1))
  assert.deepEqual(of(stopped, failed('a', 10)), told('a', 10))
  const many = Array.from({ length: 100 }, (_, index) => failed(`f${index}`, index))
  const mended = Array.from({ length: 15 }, (_, index) => done(`f${85 + index}`))
  assert.deepEqual(of(...many, ...mended), told('f84', 84))
})
