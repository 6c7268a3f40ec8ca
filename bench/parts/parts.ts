/**
 * `npm run bench:parts`: what a part costs us beside its bytes, with 10,000 of them: how long senders wait for the journal,
 * how soon a resumed upload sends, how fast parts are read again, and whether that is felt by what is sent.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  choose,
  endOnSignals,
  readCommand,
  refuse,
  tidyAtEnd,
  workFolder,
} from '../../test/support/command.js'
import { measuredOn, writeFigures } from '../../test/support/figures.js'
import { type Verdict, verdictLine, verdictTable } from '../verdicts.js'
import { journalWaits } from './journal-waits.js'
import { rehash } from './rehash.js'
import { resumeManyParts } from './resume.js'

export interface PartsPlace {
  readonly folder: string
  readonly quick: boolean
}

const measures: readonly {
  readonly name: string
  readonly run: (place: PartsPlace) => Promise<readonly Verdict[]>
}[] = [
  { name: 'journal', run: journalWaits },
  { name: 'resume', run: resumeManyParts },
  { name: 'rehash', run: rehash },
]

const usage = `npm run bench:parts [-- OPTION...]
  --only NAME      journal, resume or rehash; several times for several
  --quick          a thirtieth of the parts: shows that it works
  --folder DIR     where files, checkpoints and the server's data are kept; default a temporary folder, removed at the end
  --write          puts the table into docs/performance.md; takes all of it in full

Needs 3 GB of disk. Exit code 1 when a goal is missed, but not with --quick.`

const { values } = readCommand(usage, {
  options: {
    only: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
    folder: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const { quick, write } = values
const chosen = choose('measure', measures, values.only)
if (write && (quick || chosen.length < measures.length)) refuse('--write needs all of it in full.')

endOnSignals()
const folder = workFolder('longhaul-parts-', values.folder === undefined ? undefined : resolve(values.folder))
const verdicts: Verdict[] = []
for (const { name, run } of chosen) {
  const own = join(folder, name)
  mkdirSync(own, { recursive: true })
  const clear = tidyAtEnd(() => rmSync(own, { recursive: true, force: true, maxRetries: 5 }))
  for (const verdict of await run({ folder: own, quick })) {
    console.log(verdictLine(verdict))
    verdicts.push(verdict)
  }
  clear()
}
if (!quick && verdicts.some(({ holds }) => holds === false)) process.exitCode = 1
if (write) {
  const under = `${measuredOn()}; \`npm run bench:parts -- --write\``
  writeFigures({ page: 'performance', name: 'parts' }, `${verdictTable(verdicts)}\n\n${under}`)
}
