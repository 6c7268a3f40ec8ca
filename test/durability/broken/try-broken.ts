/** `npm run crashes:broken`: breaks a copy of the storage in one way after the other, and plays seeds of the crash model until one fails. */
import { tryBrokenCopies } from '../../support/broken-copies.js'
import { endOnSignals, readCommand, refuse } from '../../support/command.js'
import { markdownTable, measuredOn, writeFigures } from '../../support/figures.js'
import { brokenStorages } from './storages.js'

const most = 10_000

const usage = `npm run crashes:broken [-- OPTION...]
  --only WORD      those whose name has the word
  --write          puts the table into docs/durability.md; takes all of them

Exit code 1 when one was not seen.`

const { values } = readCommand(usage, {
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
})

if (values.write && values.only !== '') refuse('--write takes all of them: leave --only away.')

endOnSignals()
const verdicts = await tryBrokenCopies({
  broken: brokenStorages.filter(({ name }) => name.includes(values.only)),
  folders: ['durability', 'simulation', 'support'],
  program: 'test/durability/first-crash.js',
  most,
})
const unseen = verdicts.filter(({ seed }) => seed === undefined)
console.log(
  `${verdicts.length - unseen.length} of ${verdicts.length} broken storages were seen within ${most} seeds`,
)
if (unseen.length > 0) process.exitCode = 1
if (values.write) {
  const table = markdownTable(
    [{ title: 'a storage that …' }, { title: 'seen at seed', align: 'right' }, { title: 'as' }],
    verdicts.map(({ name, seed, why }) => [name, seed ?? 'not seen', why.replaceAll('|', '/').slice(0, 110)]),
  )
  const place = { page: 'durability', name: 'broken-storages' }
  writeFigures(place, `\`npm run crashes:broken\`, ${measuredOn()}.\n\n${table}`)
}
