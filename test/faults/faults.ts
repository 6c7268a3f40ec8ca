/** `npm run faults`: campaigns against real processes, sockets and disks. */
import { choose, readCommand, refuse, stopOnSignals, wholeNumber } from '../support/command.js'
import { writeFigures } from '../support/figures.js'
import { BrokenPromise, type Campaign } from './campaign.js'
import { completes } from './completes.js'
import { conditions } from './conditions.js'
import { journal } from './journal.js'
import { kills } from './kills.js'
import { serverKills } from './server-kills.js'

const campaigns: readonly Campaign[] = [kills, journal, completes, conditions, serverKills]

const usage = `npm run faults [-- OPTION...]
  --only NAME      one campaign: ${campaigns.map(({ name }) => name).join(', ')};
                   several times for several
  --share N        a part of the release run, such as 0.05; default 1, which takes an hour
  --seed N         the same run again
  --case N         the one case that a failure named; with --only and --seed
  --write          puts the figures of a full run into their pages

A promise that was broken prints what replays it, and makes the exit code 1.`

const { values } = readCommand(usage, {
  options: {
    only: { type: 'string', multiple: true, default: [] },
    share: { type: 'string', default: '1' },
    seed: { type: 'string' },
    case: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

const share = Number(values.share)
if (!(share > 0 && share <= 1)) refuse(`--share takes a number above 0 and up to 1, not ${values.share}.`)
const seed =
  values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : wholeNumber('seed', values.seed)
const only = values.case === undefined ? undefined : wholeNumber('case', values.case)
const chosen = choose('campaign', campaigns, values.only)
if (values.write && (share < 1 || only !== undefined))
  refuse('Only a full run (--share 1) may --write figures.')
if (only !== undefined && chosen.length !== 1) refuse('A --case is of one campaign: name it by --only.')

const stop = stopOnSignals('stopping when the cases under way have ended; once more to stop at once')
console.log(`seed ${seed}, share ${share} of the release run: ${chosen.map(({ name }) => name).join(', ')}`)
for (const campaign of chosen) {
  if (process.exitCode !== undefined) break
  await runOne(campaign)
}

async function runOne({ name, page = 'reliability', run }: Campaign): Promise<void> {
  const startedMs = performance.now()
  const say = (line: string): void => console.log(`${name}: ${line}`)
  try {
    const told = await run({ seed, share, only, signal: stop, say })
    const figures = `${told}; \`${commandFor(name)}\``
    console.log(`\n${figures}\n`)
    if (values.write) writeFigures({ page, name }, figures)
    say(`every promise was kept, ${Math.round((performance.now() - startedMs) / 1000)} s`)
  } catch (error) {
    if (stop.aborted) {
      say('stopped')
      process.exitCode = 130
      return
    }
    say(`BROKEN: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    console.log(`replay it: ${commandFor(name, error instanceof BrokenPromise ? error.replay : only)}`)
    process.exitCode = 1
  }
}

/** Does the same again, or one case of it. */
function commandFor(name: string, number = only): string {
  const part = number === undefined ? (share < 1 ? ` --share ${share}` : '') : ` --case ${number}`
  return `npm run faults -- --only ${name} --seed ${seed}${part}`
}
