/**
 * `npm run simulate:broken`: breaks a copy of the sources in one way after the other, and plays seeds until one fails.
 * `-- --only WORD` tries those whose name has the word, `-- --write` writes the table into docs/reliability.md.
 */
import { parseArgs } from 'node:util'
import { tryBrokenCopies } from '../../support/broken-copies.js'
import { markdownTable, measuredOn, writeFigures } from '../../support/figures.js'
import { brokenEngines } from './engines.js'

const most = 10_000

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
})

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
if (values.write && values.only === '') write()

function write(): void {
  const table = markdownTable(
    [{ title: 'an engine that …' }, { title: 'seen at seed', align: 'right' }, { title: 'as' }],
    verdicts.map(({ name, seed, why }) => [name, seed ?? 'not seen', why.replaceAll('|', '/').slice(0, 110)]),
  )
  const place = { page: 'reliability', name: 'broken-engines' }
  writeFigures(place, `\`npm run simulate:broken\`, ${measuredOn()}.\n\n${table}`)
}
