/**
 * `npm run bench:bounds`: what the server takes at its limits, tried on a real server process with its data on a disk.
 *
 *     -- listing complete terabyte connections    some of them; default all
 *     -- --data DIR                               where the data folders are made; default the system's temporary folder
 *     -- --write                                  writes the table into docs/server.md
 *
 * Ends with exit code 1 when a bound does not hold. Needs 12 GiB of disk.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { markdownTable, measuredOn, writeFigures } from '../../test/support/figures.js'
import { complete } from './complete.js'
import { connections } from './connections.js'
import { listing } from './listing.js'
import type { Bound, Place } from './place.js'
import { terabyte } from './terabyte.js'

const trials: Readonly<Record<string, (place: Place) => Promise<readonly Bound[]>>> = {
  listing,
  complete,
  terabyte,
  connections,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string', default: tmpdir() }, write: { type: 'boolean', default: false } },
})
const names = positionals.length === 0 ? Object.keys(trials) : positionals
const unknown = names.find((name) => !Object.hasOwn(trials, name))
if (unknown !== undefined) {
  console.error(`There is no trial called ${unknown}: ${Object.keys(trials).join(', ')}.`)
  process.exit(2)
}
if (values.write && positionals.length > 0) {
  console.error('--write needs all trials: a table of some would pass for the whole.')
  process.exit(2)
}

const bounds: Bound[] = []
for (const name of names) {
  const dataDir = await mkdtemp(join(values.data, 'longhaul-bounds-'))
  try {
    const found = await trials[name]?.({ dataDir, say: (text) => console.log(`${name}: ${text}`) })
    for (const bound of found ?? []) {
      console.log(`  ${bound.holds ? 'holds' : 'BROKEN'}: ${bound.what}: ${bound.measured} (${bound.bound})`)
      bounds.push(bound)
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
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
