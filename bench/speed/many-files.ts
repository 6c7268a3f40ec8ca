/** Many small files in one process, 16 at once: what a call costs besides its bytes. */
import { join } from 'node:path'
import { markdownTable, right } from '../../test/support/figures.js'
import { yardstickNote, yardsticks } from './contestants.js'
import { judge } from './goals.js'
import { manyFiles } from './material.js'
import type { Measure } from './measure.js'
import { race } from './race.js'
import { runContestant } from './run.js'

const parallel = 16

export const smallFiles: Measure = {
  name: 'small-files',
  contestants: ['longhaul', 'go', ...yardsticks],
  async run(bench) {
    const count = bench.quick ? 500 : 5000
    const folder = join(bench.folder, 'files')
    const { bytes, knowledge } = manyFiles(folder, count)
    await bench.server.know(knowledge)
    const title = `${count} files of 4 KiB to 1 MiB, ${Math.round(bytes / 1e6)} MB, ${parallel} at once in one process`
    bench.say(title)
    const asked = { kind: 'many', endpoint: bench.server.http, bucket: 'bench', folder, parallel } as const
    const taking = bench.contestants.filter(({ name }) => smallFiles.contestants.includes(name))
    const standings = await race(taking, (contestant) => runContestant(contestant, asked, bench), bench)
    const rows = standings.map((standing) => [
      standing.title,
      (count / standing.seconds).toFixed(0),
      standing.name === 'longhaul' ? '1' : standing.speedRatio.toFixed(2),
      standing.cpuSeconds.toFixed(2),
      standing.peakMiB?.toFixed(0) ?? '',
    ])
    return {
      title,
      table: markdownTable(
        [
          { title: 'client' },
          right('files/s'),
          right('ours is so many times as fast'),
          right('CPU s'),
          right('peak MiB'),
        ],
        rows,
      ),
      note: yardstickNote,
      how: `medians of ${bench.rounds} interleaved rounds`,
      verdicts: judge(`${count} small files`, [{ against: 'go', speed: 1 }], standings),
    }
  },
}
