/** Thousands of uploading processes, each ended by SIGKILL at a moment drawn from the seed, and what became of their uploads. */
import { markdownTable, measuredOn } from '../support/figures.js'
import { BrokenPromise, type Campaign, type CampaignOptions, inLanes } from './campaign.js'
import { PLACES, type Place } from './death.js'
import { type KillPlan, planKills } from './kill-plan.js'
import { type KilledUpload, playKills } from './killed-upload.js'
import { scoped } from './scope.js'

const KILLS = 2000

interface Tally {
  uploads: number
  kills: number
  sentTwice: number
  mayBeSentTwice: number
  readonly places: Map<Place, number>
}

export const kills: Campaign = {
  name: 'kills',
  async run(options) {
    const wanted = Math.max(1, Math.round(KILLS * options.share))
    const tally: Tally = { uploads: 0, kills: 0, sentTwice: 0, mayBeSentTwice: 0, places: new Map() }
    let planned = 0
    await inLanes(
      numbers(options, () => tally.kills + planned < wanted),
      async (number) => {
        const plan = planKills(options.seed, number)
        planned += plan.moments.length
        const played = await playOne(options, plan)
        planned -= plan.moments.length
        const killsBefore = tally.kills
        count(tally, played)
        const hundreds = Math.floor(tally.kills / 100)
        if (hundreds > Math.floor(killsBefore / 100))
          options.say(`${tally.kills} kills, ${tally.uploads} uploads`)
      },
      options.signal,
    )
    return figures(tally)
  },
}

function* numbers({ only }: CampaignOptions, isMoreWanted: () => boolean): Generator<number> {
  if (only !== undefined) {
    yield only
    return
  }
  for (let number = 1; isMoreWanted(); number += 1) yield number
}

async function playOne({ only, say }: CampaignOptions, plan: KillPlan): Promise<KilledUpload> {
  const { number } = plan
  try {
    return await scoped((scope) => playKills(scope, plan, only === undefined ? undefined : say))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new BrokenPromise(number, `upload ${number}: ${why}`, { cause })
  }
}

function count(tally: Tally, { deaths, sentTwice, mayBeSentTwice }: KilledUpload): void {
  tally.uploads += 1
  tally.kills += deaths.length
  tally.sentTwice += sentTwice
  tally.mayBeSentTwice += mayBeSentTwice
  for (const place of deaths) tally.places.set(place, (tally.places.get(place) ?? 0) + 1)
}

/** A campaign that comes this far has seen none of the things that its last lines count. */
function figures({ uploads, kills, sentTwice, mayBeSentTwice, places }: Tally): string {
  const percent = mayBeSentTwice === 0 ? 0 : Math.round((100 * sentTwice) / mayBeSentTwice)
  const deaths = markdownTable(
    [{ title: 'the process was killed' }, { title: 'times', align: 'right' }],
    [
      ...Object.entries(PLACES).map(([place, words]) => [words, places.get(place as Place) ?? 0]),
      ['in all', kills],
    ],
  )
  const outcomes = markdownTable(
    [
      { title: `what became of ${uploads.toLocaleString('en')} uploads` },
      { title: 'figure', align: 'right' },
    ],
    [
      ['finished by a plain run of the same call', uploads],
      ['not finished', 0],
      ['objects that are not the file, byte by byte', 0],
      ['parts sent again that the server had acknowledged before that life began', 0],
      ['bytes sent twice, having been in flight at a death', sentTwice],
      ['… of what the deaths allow (parts in flight × part size)', `${percent} %`],
      ['uploads left behind at the service', 0],
      ['files left behind in the store', 0],
      ['locks of the dead that held up the next life', 0],
    ],
  )
  return `${deaths}\n\n${outcomes}\n\n${measuredOn()}`
}
