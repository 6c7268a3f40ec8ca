/** `npm run simulate:broken`: breaks a copy of the sources in one way after the other, and plays seeds until one fails. */
import { tryBrokenCopies, type Verdict } from '../../support/broken-copies.js'
import { endOnSignals, readCommand, refuse } from '../../support/command.js'
import { markdownTable, measuredOn, writeFigures } from '../../support/figures.js'
import { brokenEngines } from './engines.js'
import { brokenStreams } from './streams.js'

const most = 20_000

const usage = `npm run simulate:broken [-- OPTION...]
  --only WORD            those whose name has the word
  --world file|stream    those of files, or of inputs that come once; both unless told
  --write                puts the tables into docs/reliability.md; takes all of them

Exit code 1 when one was not seen.`

const { values } = readCommand(usage, {
  options: {
    only: { type: 'string', default: '' },
    world: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

if (values.write && values.only !== '') refuse('--write takes all of them: leave --only away.')
const worlds = [
  { world: 'file', broken: brokenEngines, figures: 'broken-engines' },
  { world: 'stream', broken: brokenStreams, figures: 'broken-streams' },
].filter(({ world }) => values.world === undefined || values.world === world)
if (worlds.length === 0) refuse(`--world is file or stream, not ${values.world}.`)

endOnSignals()
for (const { world, broken, figures } of worlds) {
  const verdicts = await tryBrokenCopies({
    broken: broken.filter(({ name }) => name.includes(values.only)),
    folders: ['simulation', 'support'],
    program: 'test/simulation/first-failure.js',
    flags: ['--world', world],
    most,
  })
  const unseen = verdicts.filter(({ seed }) => seed === undefined)
  console.log(
    `world ${world}: ${verdicts.length - unseen.length} of ${verdicts.length} broken engines were seen within ${most} seeds`,
  )
  if (unseen.length > 0) process.exitCode = 1
  if (values.write) write(figures, verdicts)
}

function write(name: string, verdicts: readonly Verdict[]): void {
  const table = markdownTable(
    [{ title: 'an engine that …' }, { title: 'seen at seed', align: 'right' }, { title: 'as' }],
    verdicts.map(({ name: engine, seed, why }) => [
      engine,
      seed ?? 'not seen',
      why.replaceAll('|', '/').slice(0, 110),
    ]),
  )
  const command = values.world === undefined ? '' : ` -- --world ${values.world}`
  writeFigures(
    { page: 'reliability', name },
    `\`npm run simulate:broken${command}\`, ${measuredOn()}.\n\n${table}`,
  )
}
