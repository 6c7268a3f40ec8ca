/**
 * `npm run faults`: campaigns against real processes, sockets and disks. `--only NAME`, `--share N`, `--seed N` choose;
 * `--case N` replays the one case that a failure named; `--write` puts the figures of a full run into their pages.
 */
import { parseArgs } from 'node:util'
import { writeFigures } from '../support/figures.js'
import { BrokenPromise, type Campaign } from './campaign.js'
import { completes } from './completes.js'
import { conditions } from './conditions.js'
import { journal } from './journal.js'
import { kills } from './kills.js'
import { serverKills } from './server-kills.js'

const campaigns: readonly Campaign[] = [kills, journal, completes, conditions, serverKills]

/** A key press can arrive twice, through npm and from the terminal. */
const SAME_WISH_MS = 500

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    share: { type: 'string', default: '1' },
    seed: { type: 'string' },
    case: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

const share = numberOf('share', values.share)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : numberOf('seed', values.seed)
const only = values.case === undefined ? undefined : numberOf('case', values.case)
const chosen = chooseCampaigns(values.only)
if (values.write && (share < 1 || only !== undefined))
  refuse('Only a full run (--share 1) may --write figures.')
if (only !== undefined && chosen.length !== 1) refuse('A --case is of one campaign: name it by --only.')

const stop = stopOnSignals()
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

function chooseCampaigns(names: readonly string[]): readonly Campaign[] {
  const known = campaigns.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) refuse(`There is no campaign ${unknown}, only: ${known.join(', ')}.`)
  return names.length === 0 ? campaigns : campaigns.filter(({ name }) => names.includes(name))
}

function numberOf(name: string, text: string): number {
  const value = Number(text)
  const isRight = name === 'share' ? value > 0 && value <= 1 : Number.isSafeInteger(value) && value >= 0
  if (!isRight) refuse(`--${name} can not be ${text}.`)
  return value
}

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}

/** The first signal ends the campaign between two cases, another one at once. */
function stopOnSignals(): AbortSignal {
  const controller = new AbortController()
  let firstMs = Number.NaN
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted && performance.now() - firstMs > SAME_WISH_MS) process.exit(130)
      if (controller.signal.aborted) return
      firstMs = performance.now()
      console.log('stopping when the cases under way have ended; once more to stop at once')
      controller.abort()
    })
  }
  return controller.signal
}
