/** Every crash state of a journal, through the real store on a real disk, and the documented call over a sample of them. */
import { markdownTable, measuredOn } from '../support/figures.js'
import { BrokenPromise, type Campaign, type CampaignOptions, chosen, inLanes } from './campaign.js'
import { readDamaged, type Uploaded, uploadOver } from './damaged-journal.js'
import { allDamages, type Damage, isBorder, KINDS } from './journal-damage.js'
import { scoped } from './scope.js'
import { luckFrom } from './seed.js'
import { createWornJournal, type WornJournal } from './worn-journal.js'

/** Of the cuts within lines, the changed bytes and the zeros: how many an upload is tried over. */
const UPLOADED = 0.03

interface Case {
  readonly number: number
  readonly damage: Damage
  readonly uploads: boolean
}

interface Tally {
  states: number
  whole: number
  lost: number
  refused: number
  uploads: number
  readonly endings: Record<Uploaded['kind'], number>
  orphans: number
}

export const journal: Campaign = {
  name: 'journal',
  run: (options) =>
    scoped(async (scope) => {
      const free = await Promise.all([createWornJournal(scope), createWornJournal(scope)])
      const cases = chooseCases(free[0]?.lines ?? [], options)
      const tallies = new Map<Damage['kind'], Tally>()
      let played = 0
      await inLanes(
        cases,
        async (each) => {
          const worn = free.pop()
          if (worn === undefined) throw new Error('There are more lanes than journals.')
          await playOne(worn, each, tallies)
          free.push(worn)
          played += 1
          if (played % 2500 === 0) options.say(`${played} of ${cases.length} states`)
        },
        options.signal,
      )
      return figures(tallies)
    }),
}

function chooseCases(lines: readonly string[], options: CampaignOptions): readonly Case[] {
  const luck = luckFrom(options.seed)
  const all = allDamages(lines, options.seed).map((damage, index) => {
    const isRare = !['cut', 'flip', 'zeros'].includes(damage.kind) || isBorder(lines, damage)
    return { number: index + 1, damage, uploads: luck() < UPLOADED || isRare }
  })
  return options.only === undefined
    ? chosen(all, options)
    : chosen(all, options).map((each) => ({ ...each, uploads: true }))
}

async function playOne(
  worn: WornJournal,
  { number, damage, uploads }: Case,
  tallies: Map<Damage['kind'], Tally>,
): Promise<void> {
  const tally = tallies.get(damage.kind) ?? none()
  tallies.set(damage.kind, tally)
  try {
    const state = await readDamaged(worn, damage)
    tally.states += 1
    if (state.lost === undefined) tally.refused += 1
    else if (state.lost === 0) tally.whole += 1
    tally.lost += state.lost ?? 0
    if (!uploads) return
    const { kind, orphans } = await uploadOver(worn, state)
    tally.uploads += 1
    tally.endings[kind] += 1
    tally.orphans += orphans
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new BrokenPromise(number, `state ${number}, ${JSON.stringify(damage)}: ${why}`, { cause })
  }
}

function none(): Tally {
  const endings = { 'went on': 0, 'began anew': 0, refused: 0 }
  return { states: 0, whole: 0, lost: 0, refused: 0, uploads: 0, endings, orphans: 0 }
}

/** A campaign that comes this far has seen no line invented and no wrong object. */
function figures(tallies: ReadonlyMap<Damage['kind'], Tally>): string {
  const cells = ({ states, whole, lost, refused, uploads, endings, orphans }: Tally): readonly number[] => [
    states,
    whole,
    lost,
    refused,
    uploads,
    endings['went on'],
    endings['began anew'],
    orphans,
  ]
  const rows = Object.entries(KINDS).flatMap(([kind, name]) => {
    const tally = tallies.get(kind as Damage['kind'])
    return tally === undefined ? [] : [{ name, cells: cells(tally) }]
  })
  const total = cells(none()).map((_, column) => rows.reduce((sum, row) => sum + (row.cells[column] ?? 0), 0))
  const titles = [
    'states',
    'read without loss',
    'lines lost',
    'refused, left as it is',
    'uploads',
    'went on',
    'began anew',
    'left at the service, id lost with its line',
  ]
  const table = markdownTable(
    [{ title: 'the journal' }, ...titles.map((title) => ({ title, align: 'right' }) as const)],
    [...rows, { name: 'in all', cells: total }].map(({ name, cells: figures }) => [name, ...figures]),
  )
  const words =
    'Lines invented: 0. Lines lost that the damage did not touch: 0. Appends that failed or changed what was there: 0. Objects that are not ' +
    'the file: 0. Uploads left behind although their id could still be read: 0. The service stands where it stood when the journal was whole, ' +
    'so a journal that ends early knows nothing of an upload that is there.'
  return `${table}\n\n${words}\n\n${measuredOn()}`
}
