/** Ambiguous Completes over real sockets: whatever was answered, the verdict is right, and success means the right object. */
import { markdownTable, measuredOn } from '../support/figures.js'
import { type CompleteCase, type Ending, playComplete, STRANGERS } from './ambiguous-complete.js'
import { BrokenPromise, type Campaign, chosen, inLanes } from './campaign.js'
import type { Way } from './complete-proxy.js'
import { done, halfAsked, undone, unheard, unhurt } from './complete-ways.js'
import { scoped } from './scope.js'

type Work = 'done' | 'not done'
type Tally = Readonly<Record<Work, Record<Ending, number>>>
/** By the name of the answer. */
type Tallies = Map<string, Tally>

export const completes: Campaign = {
  name: 'completes',
  async run(options) {
    const cases = chosen(allCases, options)
    const tallies = new Map<string, Tally>()
    let played = 0
    await inLanes(
      cases,
      async (each) => {
        count(tallies, each, await playOne(each))
        played += 1
        if (options.only !== undefined) options.say(inWords(each))
        if (played % 50 === 0) options.say(`${played} of ${cases.length} Completes`)
      },
      options.signal,
    )
    return figures(tallies)
  },
}

async function playOne(each: CompleteCase): Promise<Ending> {
  try {
    return await scoped((scope) => playComplete(scope, each))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new BrokenPromise(each.number, `${inWords(each)}: ${why}`, { cause })
  }
}

const allCases: readonly CompleteCase[] = combine()

function combine(): readonly CompleteCase[] {
  const forbids = [false, true]
  const alone = [...done, ...undone, halfAsked, ...unhurt].flatMap((way) =>
    forbids.map((forbid) => ({ way, forbid, times: 1, killed: false })),
  )
  const twice = [...undone, halfAsked].map((way) => ({ way, forbid: false, times: 2, killed: false }))
  const met = [...done, ...undone, halfAsked].flatMap((way) =>
    forbids.flatMap((forbid) =>
      STRANGERS.map((stranger) => ({ way, forbid, times: 1, killed: false, stranger })),
    ),
  )
  const dead = unheard.flatMap((way) =>
    forbids.flatMap((forbid) =>
      [undefined, ...STRANGERS].map((stranger) => ({ way, forbid, times: 1, killed: true, stranger })),
    ),
  )
  return [...alone, ...twice, ...met, ...dead].map((each, index) => ({ ...each, number: index + 1 }))
}

function inWords({ number, way, forbid, times, stranger, killed }: CompleteCase): string {
  return [
    `case ${number}: answer “${way.name}”`,
    reachInWords(way),
    ...(times > 1 ? [`${times} times`] : []),
    ...(forbid ? ['forbid-overwrite'] : []),
    ...(stranger === undefined ? [] : [`meanwhile somebody stores ${stranger}`]),
    ...(killed ? ['then a plain run'] : []),
  ].join(', ')
}

function reachInWords({ reaches }: Way): Work {
  return reaches === 'all' ? 'done' : 'not done'
}

function count(tallies: Tallies, { way }: CompleteCase, ending: Ending): void {
  const tally = tallies.get(way.name) ?? { done: none(), 'not done': none() }
  tally[reachInWords(way)][ending] += 1
  tallies.set(way.name, tally)
}

/** A campaign that comes this far has seen no other ending. */
function figures(tallies: Tallies): string {
  const names = new Set(allCases.map(({ way }) => way.name))
  const rows = [...names].flatMap((name) => {
    const tally = tallies.get(name)
    return tally === undefined ? [] : [[name, ...cells(tally)]]
  })
  const columns = rows.map((row) => row.slice(1).map(Number))
  const total = (columns[0] ?? []).map((_, column) =>
    columns.reduce((sum, cells) => sum + (cells[column] ?? 0), 0),
  )
  const cases = total.reduce((sum, cell) => sum + cell, 0)
  const table = markdownTable(
    [
      { title: 'the answer to Complete' },
      { title: 'work done: success', align: 'right' },
      { title: 'conflict', align: 'right' },
      { title: 'not done: success', align: 'right' },
      { title: 'conflict', align: 'right' },
      { title: 'anything else', align: 'right' },
    ],
    [...rows, ['in all', ...total]].map((row) => [...row, 0]),
  )
  return [
    table,
    `${cases.toLocaleString('en')} cases. Success: the object is ours, byte by byte, and nothing is left behind. Conflict: somebody stored ` +
      'other bytes meanwhile, they are untouched, and a second run says the same.',
    measuredOn(),
  ].join('\n\n')
}

function none(): Record<Ending, number> {
  return { success: 0, conflict: 0 }
}

function cells(tally: Tally): readonly number[] {
  return [tally.done, tally['not done']].flatMap(({ success, conflict }) => [success, conflict])
}
