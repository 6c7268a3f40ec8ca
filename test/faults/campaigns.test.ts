/** The campaigns of `npm run faults`, a few cases of each; and that what they judge by can tell right from wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc64 } from '../../src/checksum/index.js'
import { bytesFrom, PART } from '../library/world.js'
import { playComplete } from './ambiguous-complete.js'
import { type Campaign, type CampaignOptions, chosen, inLanes } from './campaign.js'
import { completes } from './completes.js'
import { placeOfDeath } from './death.js'
import { journal } from './journal.js'
import { allDamages, damaged, mayLose } from './journal-damage.js'
import { planKills } from './kill-plan.js'
import { kills } from './kills.js'
import { chooseSeed } from './seed.js'
import { serverKills } from './server-kills.js'

const shares: readonly (readonly [campaign: Campaign, share: number])[] = [
  [kills, 0.001],
  [journal, 0.001],
  [completes, 0.02],
  [serverKills, 0.006],
]

for (const [campaign, share] of shares) {
  test(`a few cases of the campaign ${campaign.name} keep every promise`, async (t) => {
    const seed = chooseSeed()
    t.diagnostic(`npm run faults -- --only ${campaign.name} --seed ${seed} --share ${share}`)
    const figures = await campaign.run({ seed, share, say: (line) => t.diagnostic(line) })
    assert.match(figures, /\| in all \|/)
  })
}

const options: CampaignOptions = { seed: 7, share: 1, say: () => {} }

test('a plan of kills is the same for the same seed and number, and another for any other', () => {
  assert.deepEqual(planKills(1, 2), planKills(1, 2))
  assert.notDeepEqual(planKills(1, 2).moments, planKills(1, 3).moments)
  assert.notDeepEqual(planKills(1, 2).moments, planKills(2, 2).moments)
  for (let number = 1; number <= 300; number += 1) {
    const { moments, size, partSize } = planKills(9, number)
    const parts = Math.ceil(size / partSize)
    assert.ok(moments.length >= 1 && moments.length <= 12 && parts >= 20 && parts <= 70)
  }
})

test('a share is an even sample without repeats, a number is one case, and a wrong number is refused', () => {
  const cases = Array.from({ length: 50 }, (_, index) => ({ number: index + 1 }))
  assert.equal(new Set(chosen(cases, options)).size, 50)
  assert.equal(new Set(chosen(cases, { ...options, share: 0.1 })).size, 5)
  assert.equal(chosen(cases, { ...options, share: 0.001 }).length, 1)
  assert.deepEqual(chosen(cases, { ...options, only: 3 }), [{ number: 3 }])
  assert.throws(() => chosen(cases, { ...options, only: 51 }), RangeError)
})

test('the first case that fails ends its campaign, and so does the signal', async () => {
  const played: number[] = []
  const failing = inLanes([1, 2, 3, 4, 5, 6], async (number) => {
    played.push(number)
    if (number === 2) throw new Error('broken')
  })
  await assert.rejects(failing, /broken/)
  assert.ok(!played.includes(6))
  await assert.rejects(
    inLanes([1], async () => {}, AbortSignal.abort(new Error('stopped'))),
    /stopped/,
  )
})

test('a service that only says that it completed is seen through', async (t) => {
  const bytes = bytesFrom(1, 3 * PART - 5)
  const document =
    '<CompleteMultipartUploadResult><Location>http://127.0.0.1/</Location><Bucket>examplebucket</Bucket>' +
    '<Key>dir/object.dat</Key><ETag>"0"</ETag></CompleteMultipartUploadResult>'
  const head = [
    'HTTP/1.1 200 OK',
    'content-type: application/xml',
    'x-oss-request-id: 65A0000000000000000000AA',
    'etag: "0"',
    `x-oss-hash-crc64ecma: ${crc64(bytes)}`,
    `content-length: ${document.length}`,
    '',
    '',
  ]
  const answer = (): Buffer => Buffer.from(head.join('\r\n') + document)
  const way = { name: 'a lie', reaches: 'nothing', answer, ending: 'stay' } as const
  await assert.rejects(
    playComplete(t, { number: 0, way, times: 1, forbid: false, killed: false }),
    /no object/,
  )
})

const lines: readonly string[] = ['header\n', 'first\n', 'second\n', 'third\n']

test('what a damage may cost are the lines that it touches', () => {
  const text = lines.join('')
  for (const damage of allDamages(lines, 1)) {
    if (damage.kind === 'torn-twice') continue
    const left = damaged(lines, damage)
      .toString('latin1')
      .split(/(?<=\n)/)
    const lost = lines.slice(1).filter((line) => !left.includes(line)).length
    assert.equal(mayLose(lines, damage), lost, JSON.stringify(damage))
  }
  assert.equal(mayLose(lines, { kind: 'cut', at: text.length }), 0)
  assert.equal(mayLose(lines, { kind: 'cut', at: 0 }), 3)
})

test('where a process died is told by its last line, its lock and what the server answered', () => {
  const part = { operation: 'UploadPart' }
  const died = (kinds: readonly string[] | undefined, more: Partial<Parameters<typeof placeOfDeath>[0]>) =>
    placeOfDeath({ kinds, linesBefore: 0, ownLock: true, answered: [], completed: false, ...more })
  const answered = [part] as unknown as Parameters<typeof placeOfDeath>[0]['answered']
  assert.equal(died(undefined, { ownLock: false }), 'start')
  assert.equal(died(undefined, {}), 'lock')
  assert.equal(died(undefined, { answered }), 'first')
  assert.equal(died(['intent'], { answered }), 'intent')
  assert.equal(died(['intent', 'opened'], { answered }), 'parts')
  assert.equal(died(['intent', 'opened', 'stored'], { linesBefore: 3 }), 'lock')
  assert.equal(died(['intent', 'opened', 'stored', 'completing'], { answered }), 'complete')
  assert.equal(died(['intent', 'opened', 'committed'], { completed: true }), 'tidying')
  assert.equal(died(undefined, { completed: true }), 'removed')
})
