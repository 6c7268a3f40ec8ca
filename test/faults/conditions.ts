/**
 * Bad conditions against real processes, sockets and disks: each a named case with what has to come of it, the time within
 * which it has to be noticed, and what was seen. At a small share each is tried less often, and those that take their long,
 * real time are left out.
 */
import { markdownTable } from '../support/figures.js'
import type { Campaign } from './campaign.js'
import { cancelled } from './conditions/cancelled.js'
import { type Condition, type Told, tryCondition } from './conditions/case.js'
import { credentials } from './conditions/credentials.js'
import { disks } from './conditions/disks.js'
import { mapped } from './conditions/mapped.js'
import { outages } from './conditions/outages.js'
import { refusals } from './conditions/refusals.js'
import { servers } from './conditions/servers.js'
import { sources } from './conditions/sources.js'
import { unreachable } from './conditions/unreachable.js'
import { vanishing } from './conditions/vanishing.js'

export const allConditions: readonly Condition[] = [
  ...disks,
  ...vanishing,
  ...servers,
  ...unreachable,
  ...refusals,
  ...cancelled,
  ...credentials,
  ...outages,
  ...sources,
  ...mapped,
]

export const conditions: Campaign = {
  name: 'conditions',
  async run({ seed, share, say }) {
    const told: Told[] = []
    const attempt = async (condition: Condition): Promise<void> => {
      const line = await tryCondition(condition, { seed, share })
      told.push(line)
      say(`${condition.name}: ${line.seen}${noticed(line) === '' ? '' : `; noticed within ${noticed(line)}`}`)
    }
    for (const condition of allConditions.filter(({ isLong }) => isLong !== true)) await attempt(condition)
    // They only wait, so they wait together. Each has its end before a failure of one is told.
    if (share >= 1) {
      const long = await Promise.allSettled(allConditions.filter(({ isLong }) => isLong).map(attempt))
      for (const each of long) if (each.status === 'rejected') throw each.reason
    }
    return tableOf(told)
  },
}

function tableOf(told: readonly Told[]): string {
  const columns = [
    { title: 'condition' },
    { title: 'cases', align: 'right' },
    { title: 'expected' },
    { title: 'seen' },
    { title: 'noticed within', align: 'right' },
    { title: 'stated' },
  ] as const
  const inOrder = allConditions.flatMap((condition) => told.filter((line) => line.condition === condition))
  return markdownTable(
    columns,
    inOrder.map((line) => [
      line.condition.name,
      line.cases,
      line.condition.expected,
      line.seen,
      noticed(line),
      line.condition.bound?.words ?? '',
    ]),
  )
}

function noticed({ noticedMs }: Told): string {
  if (noticedMs === undefined) return ''
  return noticedMs < 1000 ? `${Math.round(noticedMs)} ms` : `${(noticedMs / 1000).toFixed(1)} s`
}
