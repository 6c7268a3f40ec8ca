/** The decision table: what becomes of a part by what the service lists, what the log knows and how the file stands. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PartHistory, PartProof } from './checkpoint.js'
import type { Plan } from './plan.js'
import type { ListedPart, SourceIdentity } from './ports.js'
import { type Claim, needsMd5, provedBy, type ReconcileInput, reconcile, type Verify } from './reconcile.js'

const now: SourceIdentity = { size: 100, mtimeNs: '10', ctimeNs: '10', device: '1', inode: '1' }
const before: SourceIdentity = { ...now, mtimeNs: '9', ctimeNs: '9' }
const plan: Plan = { size: 100, partSize: 40, partCount: 3 }
const sizes = [40, 40, 20]

const proof = (partNumber: number, more: Partial<PartProof> = {}): PartProof => ({
  partNumber,
  size: sizes[partNumber - 1] ?? 40,
  etag: `E${partNumber}`,
  crc64: `${partNumber}00`,
  identity: now,
  ...more,
})
const listedPart = (partNumber: number, more: Partial<ListedPart> = {}): ListedPart => ({
  partNumber,
  size: sizes[partNumber - 1] ?? 40,
  etag: `E${partNumber}`,
  crc64: `${partNumber}00`,
  ...more,
})
/** As a service that tells no CRC-64 lists it. */
const etagOnly = (partNumber: number, etag = `E${partNumber}`): ListedPart => ({
  partNumber,
  size: sizes[partNumber - 1] ?? 40,
  etag,
})

/** The fate of part 1. */
function fateOf(given: {
  readonly listed?: ListedPart | 'not allowed'
  readonly history?: PartHistory
  readonly verify?: Verify
  readonly identity?: SourceIdentity
}) {
  const { listed, history } = given
  const input: ReconcileInput = {
    plan,
    listed: listed === 'not allowed' ? undefined : new Map(listed === undefined ? [] : [[1, listed]]),
    histories: new Map(history === undefined ? [] : [[1, history]]),
    identity: given.identity ?? now,
    verify: given.verify ?? 'always',
  }
  const [fate] = reconcile(input)
  assert.ok(fate !== undefined)
  return fate
}

test('there is one fate for each part of the plan, in order, and none for parts it does not have', () => {
  const listed = new Map([2, 4, 9].map((number) => [number, listedPart(number)]))
  const fates = reconcile({ plan, listed, histories: new Map(), identity: now, verify: 'always' })
  assert.deepEqual(
    fates.map(({ kind, partNumber }) => [partNumber, kind]),
    [
      [1, 'send'],
      [2, 'check'],
      [3, 'send'],
    ],
  )
})

test('what the service does not list is sent, whatever the log says', () => {
  for (const verify of ['always', 'changed', 'paranoid'] as const) {
    const history = { stored: proof(1), verified: proof(1) }
    assert.equal(fateOf({ history, verify }).kind, 'send')
  }
})

test('a listed part of another size is sent, even when the log has that size too', () => {
  for (const size of [0, 39, 41, 100]) {
    const history = { stored: proof(1, { size }), verified: proof(1, { size }) }
    assert.equal(fateOf({ listed: listedPart(1, { size }), history, verify: 'changed' }).kind, 'send')
  }
})

test('the last part is judged by its own length', () => {
  const histories = new Map([[3, { verified: proof(3) }]])
  const fatesFor = (size: number) =>
    reconcile({
      plan,
      listed: new Map([[3, listedPart(3, { size })]]),
      histories,
      identity: now,
      verify: 'always',
    })
  assert.equal(fatesFor(20)[2]?.kind, 'keep')
  assert.equal(fatesFor(40)[2]?.kind, 'send')
})

test('a foreign part is checked against the file, in every mode', () => {
  for (const verify of ['always', 'changed', 'paranoid'] as const) {
    const fate = fateOf({ listed: listedPart(1), verify })
    assert.ok(fate.kind === 'check')
    assert.deepEqual(fate.claim, { partNumber: 1, size: 40, listed: listedPart(1) })
  }
})

test('a part is checked by the last that was recorded of it', () => {
  const stored = proof(1, { identity: before, crc64: '7' })
  const verified = proof(1, { identity: before, crc64: '8' })
  for (const [history, recorded] of [
    [{ stored }, stored],
    [{ verified }, verified],
    [{ stored, verified }, verified],
  ] as const) {
    const fate = fateOf({ listed: etagOnly(1), history })
    assert.ok(fate.kind === 'check')
    assert.deepEqual(fate.claim.recorded, recorded)
  }
})

const rows: readonly (readonly [
  what: string,
  history: PartHistory,
  fates: readonly [always: string, changed: string, paranoid: string],
])[] = [
  ['stored under the present state', { stored: proof(1) }, ['check', 'keep', 'check']],
  ['stored under an earlier state', { stored: proof(1, { identity: before }) }, ['check', 'check', 'check']],
  ['stored under no state', { stored: proof(1, { identity: null }) }, ['check', 'check', 'check']],
  ['verified under the present state', { verified: proof(1) }, ['keep', 'keep', 'check']],
  [
    'verified under an earlier state',
    { verified: proof(1, { identity: before }) },
    ['check', 'check', 'check'],
  ],
  [
    'stored earlier, verified now',
    { stored: proof(1, { identity: before }), verified: proof(1) },
    ['keep', 'keep', 'check'],
  ],
  [
    'stored now, verified earlier',
    { stored: proof(1), verified: proof(1, { identity: before }) },
    ['check', 'keep', 'check'],
  ],
  [
    'verified, with another CRC-64 than is listed',
    { verified: proof(1, { crc64: '9' }) },
    ['check', 'check', 'check'],
  ],
  ['verified with another size', { verified: proof(1, { size: 39 }) }, ['check', 'check', 'check']],
]

for (const [what, history, fates] of rows) {
  test(`a part ${what}: ${fates.join(', ')}`, () => {
    const modes = ['always', 'changed', 'paranoid'] as const
    assert.deepEqual(
      modes.map((verify) => fateOf({ listed: listedPart(1), history, verify }).kind),
      fates,
    )
  })
}

test('a kept part is completed with the ETag that the service lists now', () => {
  const fate = fateOf({ listed: listedPart(1, { etag: 'NEW' }), history: { verified: proof(1) } })
  assert.ok(fate.kind === 'keep')
  assert.equal(fate.proof.etag, 'NEW')
  assert.equal(fate.proof.crc64, '100')
})

test('without a CRC-64 in the list the recorded ETag has to be the listed one', () => {
  const history = { verified: proof(1) }
  assert.equal(fateOf({ listed: etagOnly(1), history }).kind, 'keep')
  assert.equal(fateOf({ listed: etagOnly(1, 'OTHER'), history }).kind, 'check')
})

test('where the list is not allowed the log stands in, and is held against the file like a list', () => {
  const listed = 'not allowed'
  assert.equal(fateOf({ listed }).kind, 'send')
  assert.equal(fateOf({ listed, history: { verified: proof(1) } }).kind, 'keep')
  assert.equal(fateOf({ listed, history: { stored: proof(1) } }).kind, 'check')
  assert.equal(fateOf({ listed, history: { stored: proof(1) }, verify: 'changed' }).kind, 'keep')
  assert.equal(fateOf({ listed, history: { stored: proof(1, { size: 39 }) } }).kind, 'send')
  const fate = fateOf({ listed, history: { stored: proof(1, { identity: before }) } })
  assert.ok(fate.kind === 'check')
  assert.deepEqual(fate.claim.listed.crc64, '100')
})

test('no part is kept without a proof of the present state that agrees with the service', () => {
  const identities = fc.constantFrom(now, before, null)
  const proofs = fc.option(
    fc.record({
      partNumber: fc.constant(1),
      size: fc.constantFrom(40, 39),
      etag: fc.constantFrom('E1', 'E2'),
      crc64: fc.constantFrom('100', '200'),
      identity: identities,
    }),
    { nil: undefined },
  )
  fc.assert(
    fc.property(
      proofs,
      proofs,
      fc.constantFrom<Verify>('always', 'changed', 'paranoid'),
      fc.constantFrom(listedPart(1), etagOnly(1), undefined, 'not allowed' as const),
      (stored, verified, verify, listed) => {
        const history: PartHistory = {
          ...(stored === undefined ? {} : { stored }),
          ...(verified === undefined ? {} : { verified }),
        }
        const fate = fateOf({ history, verify, ...(listed === undefined ? {} : { listed }) })
        if (fate.kind !== 'keep') return
        assert.notEqual(verify, 'paranoid')
        const believed = verify === 'always' ? [verified] : [verified, stored]
        assert.ok(
          believed.some((one) => one?.identity === now && one.size === 40 && one.crc64 === fate.proof.crc64),
        )
        if (typeof listed === 'object' && listed.crc64 !== undefined) {
          assert.equal(fate.proof.crc64, listed.crc64)
        }
      },
    ),
    { numRuns: 500 },
  )
})

// ------------------------------------------------- holding a claim against the file

const claim = (listed: ListedPart, recorded?: PartProof): Claim => ({
  partNumber: 1,
  size: 40,
  listed,
  ...(recorded === undefined ? {} : { recorded }),
})

test('the listed CRC-64 alone decides where there is one', () => {
  const recorded = proof(1, { crc64: '77' })
  assert.equal(provedBy(claim(listedPart(1), recorded), { size: 40, crc64: '100' }), true)
  assert.equal(provedBy(claim(listedPart(1), recorded), { size: 40, crc64: '77' }), false)
  assert.equal(provedBy(claim(listedPart(1)), { size: 40, crc64: '100', md5: 'bad' }), true)
  assert.equal(needsMd5(claim(listedPart(1))), false)
})

test('without it, the recorded CRC-64 decides as long as the ETag is the recorded one', () => {
  const known = claim(etagOnly(1), proof(1))
  assert.equal(needsMd5(known), false)
  assert.equal(provedBy(known, { size: 40, crc64: '100' }), true)
  assert.equal(provedBy(known, { size: 40, crc64: '101', md5: 'e1' }), false)
})

test('without either, the MD5 of the file is held against the ETag, in any case of letters', () => {
  const md5 = 'abcdef0123456789abcdef0123456789'
  const unknown = claim(etagOnly(1, md5.toUpperCase()))
  assert.equal(needsMd5(unknown), true)
  assert.equal(provedBy(unknown, { size: 40, crc64: '100', md5 }), true)
  assert.equal(provedBy(unknown, { size: 40, crc64: '100', md5: `${md5.slice(1)}0` }), false)
  assert.equal(provedBy(unknown, { size: 40, crc64: '100' }), false)
  const replaced = claim(etagOnly(1, md5), proof(1))
  assert.equal(needsMd5(replaced), true)
  assert.equal(provedBy(replaced, { size: 40, crc64: '100', md5 }), true)
  const others = { size: 40, crc64: '100', md5: `${md5.slice(1)}0` }
  assert.equal(provedBy(replaced, others), false, 'what was recorded is not there any more')
})

test('bytes of another length prove nothing', () => {
  assert.equal(provedBy(claim(listedPart(1)), { size: 39, crc64: '100' }), false)
})
