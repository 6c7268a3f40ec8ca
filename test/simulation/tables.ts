/** What many seeds met, for a terminal and for docs/reliability.md. */
import { markdownTable } from '../support/figures.js'
import { type Fault, faults, faultsOfStreams, type Ring } from './faults.js'
import { stages } from './setting.js'
import type { RingTally, Tally } from './tally.js'

/** How often a release run has to meet each fault, over both rings. */
export const leastHits = 1000

const rings: readonly Ring[] = [1, 2]

export function hitsOf(sum: Tally, ring: Ring, fault: string): number {
  return sum.get(ring)?.counts.get(`fault: ${fault}`) ?? 0
}

export function countsInWords(
  sum: Tally,
  run: { readonly from: number; readonly failed: number; readonly seconds: number },
): string {
  const lines: string[] = []
  for (const ring of rings) {
    const of = sum.get(ring)
    if (of === undefined || of.seeds === 0) continue
    lines.push(
      `ring ${ring}: ${of.seeds} seeds, ${of.counted} of them count, ${of.lives} lives, ${of.crashes} crashes, ${of.faults} faults`,
    )
    for (const [what, classes] of distributions(of)) lines.push(`  ${what}: ${classes}`)
    for (const [what, count] of [...of.counts].sort()) lines.push(`${String(count).padStart(10)}  ${what}`)
  }
  lines.push(`from ${run.from}: ${run.failed} failed, in ${Math.round(run.seconds)} s`)
  return lines.join('\n')
}

function distributions(of: RingTally): (readonly [string, string])[] {
  const names = { parts: of.partsOf, lives: of.livesOf, crashes: of.crashesOf, faults: of.faultsOf }
  return Object.entries(names).map(([what, classes]) => {
    const sorted = [...classes].sort(([a], [b]) => order(a) - order(b))
    const shares = sorted.map(([name, count]) => `${name}: ${((100 * count) / of.counted).toFixed(1)} %`)
    return [what, shares.join(', ')] as const
  })
}

function order(name: string): number {
  return name.startsWith('over') ? Number.POSITIVE_INFINITY : Number.parseInt(name, 10)
}

/** What is uploaded: a file that can be read again, or what comes once. */
export type Kind = 'file' | 'stream'

type Summed = 'seeds' | 'counted' | 'lives' | 'crashes' | 'faults' | 'wrong' | 'broken'

export function releaseTable(
  sum: Tally,
  run: {
    readonly command: string
    readonly seconds: number
    readonly machine: string
    readonly kind: Kind
  },
): string {
  const isStream = run.kind === 'stream'
  const met: readonly { readonly name: Fault; readonly rings: readonly Ring[] }[] = isStream
    ? faultsOfStreams
    : faults
  const of = (ring: Ring, name: Summed): number => sum.get(ring)?.[name] ?? 0
  const counted = of(1, 'counted') + of(2, 'counted')
  const row = (title: string, name: Summed): (string | number)[] => [
    title,
    of(1, name),
    of(2, name),
    of(1, name) + of(2, name),
  ]
  const columns = [
    { title: '' },
    ...['ring 1', 'ring 2', 'both'].map((title) => ({ title, align: 'right' as const })),
  ]
  const totals = markdownTable(columns, [
    row('seeds', 'seeds'),
    row('seeds that count: three or more parts, a fault', 'counted'),
    row('lives', 'lives'),
    row('crashes', 'crashes'),
    row('faults', 'faults'),
    row('**wrong objects reported as success**', 'wrong'),
    row('broken promises of any other kind', 'broken'),
  ])
  const hits = markdownTable(
    [{ title: 'fault' }, ...columns.slice(1)],
    met.map(({ name, rings: where }) => {
      const cell = (ring: Ring): string | number => (where.includes(ring) ? hitsOf(sum, ring, name) : '–')
      return [name, cell(1), cell(2), hitsOf(sum, 1, name) + hitsOf(sum, 2, name)]
    }),
  )
  const moved = markdownTable(
    [{ title: 'the source changed' }, ...columns.slice(1)],
    stages.map((stage) => {
      const count = (ring: Ring): number => sum.get(ring)?.counts.get(`source changed: ${stage}`) ?? 0
      return [
        stage === 'between two runs' ? stage : `while ${stage}`,
        count(1),
        count(2),
        count(1) + count(2),
      ]
    }),
  )
  const spread = rings.flatMap((ring) => {
    const tally = sum.get(ring)
    if (tally === undefined || tally.counted === 0) return []
    return distributions(tally).map(([what, classes]) => [`ring ${ring}`, what, classes])
  })
  const spreads = markdownTable([{ title: '' }, { title: 'per seed' }, { title: 'seeds that count' }], spread)
  return [
    `\`npm run simulate -- ${run.command}\`, ${Math.round(run.seconds / 60)} minutes on ${run.machine}.`,
    `With ${counted.toLocaleString('en')} seeds that count and none failed, the chance that a seed of this kind fails is below ${(3 / counted).toExponential(1)} (95 %).`,
    '',
    totals,
    '',
    spreads,
    '',
    hits,
    ...(isStream ? [] : ['', moved]),
  ].join('\n')
}
