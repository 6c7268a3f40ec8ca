/**
 * `npm run crashes:broken`: breaks a copy of the storage in one way after the other, and plays seeds of the crash model until
 * one fails. `-- --only WORD` tries those whose name has the word, `-- --write` writes the table into docs/durability.md.
 */
import { parseArgs } from 'node:util'
import { tryBrokenCopies } from '../../support/broken-copies.js'
import { markdownTable, measuredOn, writeFigures } from '../../support/figures.js'
import { brokenStorages } from './storages.js'

const most = 10_000

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
})

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
if (values.write && values.only === '') {
  const table = markdownTable(
    [{ title: 'a storage that …' }, { title: 'seen at seed', align: 'right' }, { title: 'as' }],
    verdicts.map(({ name, seed, why }) => [name, seed ?? 'not seen', why.replaceAll('|', '/').slice(0, 110)]),
  )
  const place = { page: 'durability', name: 'broken-storages' }
  writeFigures(place, `\`npm run crashes:broken\`, ${measuredOn()}.\n\n${table}`)
}
