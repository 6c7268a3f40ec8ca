/** `npm run bench:bounds`: what the server takes at its limits, tried on a real server process with its data on a disk. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { choose, endOnSignals, readCommand, refuse, tidyAtEnd } from '../../test/support/command.js'
import { markdownTable, measuredOn, writeFigures } from '../../test/support/figures.js'
import { complete } from './complete.js'
import { connections } from './connections.js'
import { listing } from './listing.js'
import type { Bound, Place } from './place.js'
import { terabyte } from './terabyte.js'

const trials: readonly {
  readonly name: string
  readonly run: (place: Place) => Promise<readonly Bound[]>
}[] = [
  { name: 'listing', run: listing },
  { name: 'complete', run: complete },
  { name: 'terabyte', run: terabyte },
  { name: 'connections', run: connections },
]

const usage = `npm run bench:bounds [-- OPTION... TRIAL...]
  TRIAL            ${trials.map(({ name }) => name).join(', ')}; default all
  --data DIR       where the data folders are made; default the system's temporary folder
  --write          puts the table into docs/server.md; takes all trials

Exit code 1 when a bound does not hold. Needs 12 GiB of disk.`

const { values, positionals } = readCommand(usage, {
  allowPositionals: true,
  options: { data: { type: 'string', default: tmpdir() }, write: { type: 'boolean', default: false } },
})
const chosen = choose('trial', trials, positionals)
if (values.write && chosen.length < trials.length) {
  refuse('--write needs all trials: a table of some would pass for the whole.')
}

endOnSignals()
const bounds: Bound[] = []
for (const { name, run } of chosen) {
  const dataDir = mkdtempSync(join(values.data, 'longhaul-bounds-'))
  const clear = tidyAtEnd(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }))
  for (const bound of await run({ dataDir, say: (text) => console.log(`${name}: ${text}`) })) {
    console.log(`  ${bound.holds ? 'holds' : 'BROKEN'}: ${bound.what}: ${bound.measured} (${bound.bound})`)
    bounds.push(bound)
  }
  clear()
}

const broken = bounds.filter(({ holds }) => !holds)
if (broken.length > 0) process.exitCode = 1
else if (values.write) {
  const rows = bounds.map(({ what, bound, measured }) => [what, bound, measured])
  const table = markdownTable([{ title: 'what' }, { title: 'bound' }, { title: 'measured' }], rows)
  writeFigures(
    { page: 'server', name: 'bounds' },
    `${table}\n\n${measuredOn()}, by \`npm run bench:bounds\`.`,
  )
}
