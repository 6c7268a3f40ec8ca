/**
 * `npm run bench:parts`: what a part costs us beside its bytes, with 10,000 of them: how long senders wait for the journal,
 * how soon a resumed upload sends, how fast parts are read again, and whether that is felt by what is sent.
 *
 *     -- --only NAME      journal, resume or rehash; several times for several
 *     -- --quick          a thirtieth of the parts: shows that it works
 *     -- --folder DIR     where files, checkpoints and the server's data are kept; default a temporary folder, removed at the end
 *     -- --write          puts the table into docs/performance.md
 *
 * Needs 3 GB of disk. Exit code 1 when a goal is missed, but not with --quick.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { measuredOn, writeFigures } from '../../test/support/figures.js'
import { verdictTable } from '../link/verdicts.js'
import { type Verdict, word } from '../speed/goals.js'
import { journalWaits } from './journal-waits.js'
import { rehash } from './rehash.js'
import { resumeManyParts } from './resume.js'

export interface PartsPlace {
  readonly folder: string
  readonly quick: boolean
}

const measures: Readonly<Record<string, (place: PartsPlace) => Promise<readonly Verdict[]>>> = {
  journal: journalWaits,
  resume: resumeManyParts,
  rehash,
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
    folder: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const { quick, write } = values
const names = values.only.length === 0 ? Object.keys(measures) : values.only
const unknown = names.find((name) => !Object.hasOwn(measures, name))
if (unknown !== undefined) refuse(`There is no ${unknown}, only ${Object.keys(measures).join(', ')}.`)
if (write && (quick || values.only.length > 0)) refuse('--write needs all of it in full.')

const folder =
  values.folder === undefined ? mkdtempSync(join(tmpdir(), 'longhaul-parts-')) : resolve(values.folder)
const verdicts: Verdict[] = []
try {
  for (const name of names) {
    const own = join(folder, name)
    mkdirSync(own, { recursive: true })
    try {
      for (const verdict of (await measures[name]?.({ folder: own, quick })) ?? []) {
        console.log(`${word(verdict)}: ${verdict.what}: ${verdict.measured} (${verdict.bound})`)
        verdicts.push(verdict)
      }
    } finally {
      rmSync(own, { recursive: true, force: true, maxRetries: 5 })
    }
  }
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
if (!quick && verdicts.some(({ holds }) => holds === false)) process.exitCode = 1
if (write) {
  const under = `${measuredOn()}; \`npm run bench:parts -- --write\``
  writeFigures({ page: 'performance', name: 'parts' }, `${verdictTable(verdicts)}\n\n${under}`)
}

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}
