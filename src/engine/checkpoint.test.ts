/** What lines add up to. A reader must come through whatever stands in a log, and never lose an id on the way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type CheckpointRecord,
  decodeRecord,
  encodeRecord,
  foldCheckpoint,
  type PartRecord,
  sameFile,
  sameIdentity,
} from './checkpoint.js'
import type { CheckpointLine, SourceIdentity } from './ports.js'

const identity: SourceIdentity = { size: 100, mtimeNs: '1', ctimeNs: '2', device: '3', inode: '4' }
const headers = { open: { 'x-oss-storage-class': 'IA' }, secret: {} }

const intent = (source = 'a', operation: 'initiate' | 'put' = 'initiate'): CheckpointRecord => ({
  kind: 'intent',
  operation,
  serviceTime: 1_700_000_000_000,
  headers,
  source,
})
const opened = (uploadId = 'A'): CheckpointRecord => ({
  kind: 'opened',
  uploadId,
  partSize: 32,
  size: 100,
  headers,
  source: 'a',
  initiated: 1_700_000_000_000,
})
const part = (partNumber: number, more: Partial<PartRecord> = {}): PartRecord => ({
  kind: 'stored',
  uploadId: 'A',
  partNumber,
  size: 32,
  etag: 'E',
  crc64: '18446744073709551615',
  identity,
  ...more,
})
const completing = (uploadId = 'A'): CheckpointRecord => ({
  kind: 'completing',
  uploadId,
  size: 100,
  crc64: '1',
  identity,
})
const ended = (kind: 'seen' | 'aborting', uploadId = 'A'): CheckpointRecord => ({ kind, uploadId })
const closed = (uploadId = 'A'): CheckpointRecord => ({ kind: 'closed', uploadId, how: 'aborted' })

const fold = (...records: readonly CheckpointRecord[]) => foldCheckpoint(records.map(encodeRecord))

const everyKind: readonly CheckpointRecord[] = [
  intent(),
  intent('b', 'put'),
  { kind: 'refused', operation: 'initiate' },
  opened(),
  part(1),
  part(2, { kind: 'verified', identity: null }),
  completing(),
  { kind: 'committed', uploadId: 'A' },
  ended('seen'),
  ended('aborting'),
  closed(),
  { kind: 'closed', uploadId: 'A', how: 'left' },
  { ...opened(), adopted: true } as CheckpointRecord,
  part(1, { adopted: true }),
]

test('an empty log is an empty state', () => {
  const state = foldCheckpoint([])
  assert.equal(state.current, undefined)
  assert.deepEqual(
    { ...state, knownIds: [...state.knownIds], adoptedIds: [...state.adoptedIds] },
    {
      intents: [],
      pendingAborts: [],
      leftovers: [],
      knownIds: [],
      unopenedIds: [],
      adoptedIds: [],
    },
  )
})

test('every kind survives being written as JSON', () => {
  for (const record of everyKind) {
    const line = JSON.parse(JSON.stringify(encodeRecord(record))) as CheckpointLine
    assert.deepEqual(decodeRecord(line), record)
  }
})

test('a record that lacks one of its fields is no record', () => {
  const optional = new Set(['serviceTime', 'adopted'])
  for (const record of everyKind) {
    for (const name of Object.keys(record).filter((field) => !optional.has(field))) {
      const { [name]: _gone, ...line } = encodeRecord(record) as Record<string, unknown>
      assert.equal(decodeRecord(line), undefined, `${record.kind} without ${name}`)
    }
  }
})

test('an intent needs no time: the service may not have been heard yet', () => {
  const { serviceTime: _unknown, ...line } = encodeRecord(intent())
  assert.deepEqual(foldCheckpoint([line]).intents, [line])
})

test('values that are not what they should be make no record', () => {
  const wrong: readonly CheckpointLine[] = [
    { ...part(1), partNumber: 0 },
    { ...part(1), partNumber: 1.5 },
    { ...part(1), size: -1 },
    { ...part(1), adopted: 'yes' },
    { ...opened(), adopted: 1 },
    { ...part(1), size: '32' },
    { ...part(1), crc64: 5 },
    { ...part(1), crc64: '0x5' },
    { ...part(1), crc64: '123456789012345678901' },
    { ...part(1), etag: '' },
    { ...part(1), uploadId: '' },
    { ...part(1), uploadId: ['A'] },
    { ...part(1), identity: undefined },
    { ...part(1), identity: { ...identity, inode: 4 } },
    { ...part(1), identity: { size: 100 } },
    { ...encodeRecord(opened()), partSize: 0 },
    { ...encodeRecord(opened()), size: Number.MAX_VALUE },
    { ...encodeRecord(opened()), headers: [] },
    { ...encodeRecord(opened()), headers: { open: { a: 1 }, secret: {} } },
    { ...encodeRecord(opened()), headers: { open: {}, secret: { a: { salt: 's' } } } },
    { ...encodeRecord(opened()), headers: { open: {}, secret: { a: { hash: 'h' } } } },
    { ...encodeRecord(opened()), headers: { open: {}, secret: { a: null } } },
    { ...encodeRecord(opened()), headers: { open: null, secret: {} } },
    { ...encodeRecord(opened()), headers: null },
    { ...encodeRecord(intent()), operation: 'complete' },
    { ...encodeRecord(intent()), serviceTime: '5' },
    { kind: 'refused', operation: 'put' },
    { ...encodeRecord(closed()), how: 'lost' },
  ]
  for (const line of wrong) assert.equal(decodeRecord(line), undefined, JSON.stringify(line))
})

test('the smallest values are values', () => {
  const smallest: readonly CheckpointRecord[] = [
    part(1, { size: 0, identity: { ...identity, size: 0 } }),
    { ...intent(), serviceTime: 0 } as CheckpointRecord,
    { ...opened(), partSize: 1 } as CheckpointRecord,
  ]
  for (const record of smallest) assert.deepEqual(decodeRecord(encodeRecord(record)), record)
})

test('kinds of other versions are passed over, whatever they are called', () => {
  const strange: readonly unknown[] = [
    'resealed',
    '',
    'Opened',
    'toString',
    'constructor',
    'valueOf',
    'hasOwnProperty',
    '__proto__',
    5,
    null,
    ['opened'],
    { toString: 0 },
  ]
  const expected = fold(intent(), opened(), part(1))
  for (const kind of strange) {
    const line = { kind, uploadId: 'X', partNumber: 1 }
    const state = foldCheckpoint([
      line,
      encodeRecord(intent()),
      encodeRecord(opened()),
      encodeRecord(part(1)),
      line,
    ])
    assert.deepEqual(state, expected, `kind ${JSON.stringify(kind)}`)
  }
})

test('any JSON among the lines changes nothing', () => {
  const expected = fold(intent(), opened(), part(1), completing())
  const kinds = fc.oneof(fc.string(), fc.constantFrom(...everyKind.map(({ kind }) => kind)))
  const junk = fc
    .tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.option(kinds, { nil: undefined }))
    .map(([line, kind]) => (kind === undefined ? line : { ...line, kind }) as CheckpointLine)
    .filter((line) => decodeRecord(line) === undefined)
  fc.assert(
    fc.property(junk, fc.nat(4), (line, at) => {
      const lines = [intent(), opened(), part(1), completing()].map(encodeRecord)
      assert.deepEqual(foldCheckpoint(lines.toSpliced(at, 0, line)), expected)
    }),
    { numRuns: 300 },
  )
})

test('an upload goes on with the last word on each part', () => {
  const { current } = fold(opened(), part(1), part(2), part(1, { crc64: '7' }), part(2, { kind: 'verified' }))
  assert.equal(current?.opened.uploadId, 'A')
  assert.equal(current?.parts.get(1)?.stored?.crc64, '7')
  assert.equal(current?.parts.get(1)?.verified, undefined)
  assert.ok(current?.parts.get(2)?.stored !== undefined && current.parts.get(2)?.verified !== undefined)
})

test('a part that was sent again is not verified any more', () => {
  const { current } = fold(opened(), part(1), part(1, { kind: 'verified' }), part(1, { etag: 'F' }))
  assert.deepEqual(Object.keys(current?.parts.get(1) ?? {}), ['stored'])
  assert.equal(current?.parts.get(1)?.stored?.etag, 'F')
})

test('any line of a log may be doubled in its place', () => {
  const log = [intent(), opened(), part(1), part(1, { kind: 'verified' }), part(2), completing()]
  const expected = fold(...log)
  for (const [at, record] of log.entries()) {
    if (record.kind === 'intent') continue
    assert.deepEqual(fold(...log.toSpliced(at, 0, record)), expected, `${record.kind} twice`)
  }
})

test('parts may come in any order', () => {
  const numbers = [1, 2, 3, 4, 5]
  fc.assert(
    fc.property(fc.shuffledSubarray(numbers, { minLength: 5 }), (order) => {
      const { current } = fold(opened(), ...order.map((number) => part(number)))
      assert.deepEqual([...(current?.parts.keys() ?? [])].sort(), numbers)
    }),
  )
})

test('parts whose line comes before the one that opens their upload are its parts', () => {
  const { current, unopenedIds } = fold(part(1), opened())
  assert.ok(current?.parts.has(1))
  assert.deepEqual(unopenedIds, [])
})

test('an intent is open until an upload answers it; the latest is answered first', () => {
  assert.equal(fold(intent()).intents.length, 1)
  assert.deepEqual(fold(intent(), opened()).intents, [])
  const { intents } = fold(intent('lost'), intent('heard'), opened())
  assert.deepEqual(
    intents.map((record) => record.source),
    ['lost'],
  )
  assert.equal(fold(intent(), opened('A'), intent(), opened('B')).intents.length, 0)
  assert.equal(fold(intent('x'), intent('y'), opened('A'), opened('A')).intents.length, 1)
})

test('the intent of a PutObject is not answered by an upload', () => {
  const put = intent('put', 'put')
  for (const records of [
    [put, intent('initiate'), opened()],
    [intent('initiate'), put, opened()],
    [put, opened()],
  ]) {
    assert.deepEqual(fold(...records).intents, [put])
  }
})

test('an intent that the service refused leaves nothing to look for', () => {
  const refused: CheckpointRecord = { kind: 'refused', operation: 'initiate' }
  const state = fold(intent('lost'), intent('refused'), refused)
  assert.deepEqual(state.intents, [intent('lost')])
  assert.equal(state.knownIds.size, 0)
})

test('the last opened upload is current; one before it that nobody closed is a leftover', () => {
  const state = fold(opened('A'), opened('B'))
  assert.equal(state.current?.opened.uploadId, 'B')
  assert.deepEqual(state.leftovers, ['A'])
  assert.deepEqual([...state.knownIds], ['A', 'B'])
})

test('an upload that ended is not current, and only what is still to be done is told', () => {
  assert.equal(fold(opened(), closed()).current, undefined)
  assert.deepEqual(fold(opened(), closed()).leftovers, [])
  assert.deepEqual(fold(opened(), ended('aborting')).pendingAborts, ['A'])
  assert.equal(fold(opened(), ended('aborting')).current, undefined)
  assert.deepEqual(fold(opened(), ended('aborting'), closed()).pendingAborts, [])
  assert.deepEqual(fold(opened(), closed(), ended('aborting')).pendingAborts, [])
  assert.deepEqual(fold(ended('seen')).leftovers, ['A'])
  assert.deepEqual(fold(ended('seen')).unopenedIds, [])
  assert.deepEqual(fold(ended('seen'), ended('aborting')).pendingAborts, ['A'])
  assert.deepEqual(fold(ended('seen'), ended('aborting'), ended('aborting')).pendingAborts, ['A'])
  assert.deepEqual(fold(ended('aborting'), ended('seen')).pendingAborts, ['A'])
})

test('a committed upload that is only being tidied up is still the one to settle', () => {
  const committed: CheckpointRecord = { kind: 'committed', uploadId: 'A' }
  const state = fold(opened(), completing(), committed, ended('aborting'))
  assert.equal(state.current?.opened.uploadId, 'A')
  assert.deepEqual(state.pendingAborts, [])
  assert.equal(fold(opened(), completing(), committed, ended('aborting'), closed()).current, undefined)
})

const adopted = (uploadId = 'A'): CheckpointRecord =>
  ({ ...opened(uploadId), adopted: true }) as CheckpointRecord

test('an adopted upload is current as any other, told as adopted, and answers no intent', () => {
  const state = fold(intent(), adopted('B'))
  assert.equal(state.current?.opened.uploadId, 'B')
  assert.deepEqual([...state.adoptedIds], ['B'])
  assert.equal(state.intents.length, 1)
  assert.deepEqual([...fold(opened('A')).adoptedIds], [])
})

test('that an upload was adopted is told by any of its parts when the opening is lost', () => {
  for (const kind of ['stored', 'verified'] as const) {
    const state = fold(part(1, { uploadId: 'B', kind, adopted: true }))
    assert.deepEqual(state.unopenedIds, ['B'])
    assert.deepEqual([...state.adoptedIds], ['B'])
  }
})

test('an id that was ours before it was adopted stays ours', () => {
  const state = fold(ended('seen'), adopted(), part(1, { adopted: true }))
  assert.equal(state.current?.opened.uploadId, 'A')
  assert.deepEqual([...state.adoptedIds], [])
})

test('an upload that was left or put aside can be adopted again; one that is to be aborted can not', () => {
  const left: CheckpointRecord = { kind: 'closed', uploadId: 'A', how: 'left' }
  assert.equal(fold(adopted(), left).current, undefined)
  assert.deepEqual(fold(adopted(), left).leftovers, [])
  assert.equal(fold(adopted(), left, adopted()).current?.opened.uploadId, 'A')
  assert.equal(fold(adopted(), ended('aborting'), adopted()).current, undefined)
})

test('ids that only parts name are told apart: the line that opened them is lost', () => {
  const state = fold(part(1, { uploadId: 'B' }), completing('B'))
  assert.deepEqual(state.unopenedIds, ['B'])
  assert.deepEqual(state.leftovers, [])
  assert.equal(state.current, undefined)
})

test('no id that any line names is ever lost', () => {
  const ids = fc.constantFrom('A', 'B', 'C')
  const any = fc.oneof(
    ids.map(opened),
    ids.map((uploadId) => part(1, { uploadId })),
    ids.map(completing),
    ids.map((id) => ended('seen', id)),
    ids.map((id) => ended('aborting', id)),
    ids.map(closed),
    ids.map((uploadId) => ({ kind: 'committed', uploadId }) as const),
    fc.constant(intent()),
  )
  fc.assert(
    fc.property(fc.array(any, { maxLength: 12 }), (records) => {
      const state = fold(...records)
      const over = new Set(records.flatMap((record) => (record.kind === 'closed' ? [record.uploadId] : [])))
      const places = [
        ...(state.current === undefined ? [] : [state.current.opened.uploadId]),
        ...state.pendingAborts,
        ...state.leftovers,
        ...state.unopenedIds,
      ]
      assert.equal(new Set(places).size, places.length, 'an id is in two places')
      for (const id of state.knownIds) assert.ok(over.has(id) !== places.includes(id), `${id} is lost`)
    }),
    { numRuns: 500 },
  )
})

test('a checksum that is none, or is written in another way than it always is, is not reckoned with', () => {
  for (const crc64 of ['0', '18446744073709551615']) assert.ok(decodeRecord(encodeRecord(part(1, { crc64 }))))
  for (const crc64 of ['18446744073709551616', '99999999999999999999', '007', '-1', '']) {
    assert.equal(decodeRecord(encodeRecord(part(1, { crc64 }))), undefined, crc64)
  }
})

test('the identity of a file is its size, times and place, all of them', () => {
  assert.equal(sameIdentity(identity, { ...identity }), true)
  for (const name of Object.keys(identity)) {
    const other = { ...identity, [name]: name === 'size' ? 99 : '99' }
    assert.equal(sameIdentity(identity, other), false, name)
    assert.equal(sameFile(identity, other), name.endsWith('Ns'), name)
  }
  assert.equal(sameIdentity(null, identity), false)
  assert.equal(sameIdentity(identity, null), false)
  assert.equal(sameIdentity(null, null), false, 'bytes of no state are not trusted by bytes of no state')
})
