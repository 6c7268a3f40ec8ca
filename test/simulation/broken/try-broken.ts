/** `npm run simulate:broken`: breaks a copy of the sources in one way after the other, and plays seeds until one fails. */
import { tryBrokenCopies } from '../../support/broken-copies.js'
import { endOnSignals, readCommand, refuse } from '../../support/command.js'
import { markdownTable, measuredOn, writeFigures } from '../../support/figures.js'
import { brokenEngines } from './engines.js'

const most = 10_000

const usage = `npm run simulate:broken [-- OPTION...]
  --only WORD      those whose name has the word
  --write          puts the table into docs/reliability.md; takes all of them

Exit code 1 when one was not seen.`

const { values } = readCommand(usage, {
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
})

if (values.write && values.only !== '') refuse('--write takes all of them: leave --only away.')

endOnSignals()
const verdicts = await tryBrokenCopies({
  broken: brokenEngines.filter(({ name }) => name.includes(values.only)),
  folders: ['simulation', 'support'],
  program: 'test/simulation/first-failure.js',
  most,
})
const unseen = verdicts.filter(({ seed }) => seed === undefined)
console.log(
  `${verdicts.length - unseen.length} of ${verdicts.length} broken engines were seen within ${most} seeds`,
)
if (unseen.length > 0) process.exitCode = 1
if (values.write) write()

function write(): void {
  const table = markdownTable(
    [{ title: 'an engine that …' }, { title: 'seen at seed', align: 'right' }, { title: 'as' }],
    verdicts.map(({ name, seed, why }) => [name, seed ?? 'not seen', why.replaceAll('|', '/').slice(0, 110)]),
  )
  const place = { page: 'reliability', name: 'broken-engines' }
  writeFigures(place, `\`npm run simulate:broken\`, ${measuredOn()}.\n\n${table}`)
}
