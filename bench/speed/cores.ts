/**
 * Worker threads beside one loop, over HTTPS, where the loop has most to do for each byte. Long enough that measuring can
 * come to a decision; what it decides must not lose, whatever the machine has. One loop runs twice: by how much its second
 * run differs from its first, any other difference may be chance.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { markdownTable, right } from '../../test/support/figures.js'
import { inRounds, spreadText } from '../rounds.js'
import { sparseFile } from './material.js'
import type { Measure } from './measure.js'
import { runContestant } from './run.js'

const MiB = 1024 * 1024
const partSize = 8 * MiB
const parallel = 4
/** The least of the one loop's speed that is no loss: what rounds differ by without any thread. */
const noLoss = 0.97

export const threads: Measure = {
  name: 'threads',
  contestants: ['longhaul'],
  async run(bench) {
    const ours = bench.contestants.find(({ name }) => name === 'longhaul')
    if (ours === undefined) throw new Error('Ours is not there')
    const size = (bench.quick ? 512 : 8192) * MiB
    const material = sparseFile(join(bench.folder, 'sparse.bin'), size)
    await bench.server.know([material.knowledge('one.bin', partSize)])
    const place = { kind: 'one', endpoint: bench.server.https, bucket: 'bench', key: 'one.bin' } as const
    const peaks = new Map<string, number>()
    const contender = (name: string, workers: number | 'auto') => ({
      name,
      async run(): Promise<number> {
        const asked = { ...place, file: material.file, partSize, parallel, workers }
        const { seconds, peakMiB } = await runContestant(ours, asked, bench)
        peaks.set(name, Math.max(peaks.get(name) ?? 0, peakMiB ?? Number.NaN))
        return size / 1e6 / seconds
      },
    })
    const standings = await inRounds(bench.rounds, [
      contender('one loop', 0),
      contender('one loop, as a control', 0),
      contender("'auto'", 'auto'),
      contender('1 thread more', 1),
      contender('2 threads more', 2),
    ])
    const measuring = standings.find(({ name }) => name === "'auto'")?.ratio ?? Number.NaN
    return {
      title: `HTTPS, ${size / MiB} MiB, sparse, ${parallel} in flight, on ${availableParallelism()} cores: worker threads`,
      table: markdownTable(
        [{ title: '`workers`' }, right('MB/s'), right('times the one loop'), right('peak MiB')],
        standings.map(({ name, rate, ratio, spread }) => [
          name,
          rate.toFixed(0),
          name === 'one loop' ? '1' : `${ratio.toFixed(2)} (${spreadText(spread)})`,
          (peaks.get(name) ?? Number.NaN).toFixed(0),
        ]),
      ),
      how: `medians of ${bench.rounds} interleaved rounds`,
      verdicts: [
        {
          what: "`workers: 'auto'` against one loop",
          bound: `at least ${noLoss} times`,
          measured: `${measuring.toFixed(2)} times`,
          holds: measuring >= noLoss,
          collapsed: measuring < noLoss / 2,
        },
      ],
    }
  },
}
