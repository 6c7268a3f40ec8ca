/** The most memory that ours ever has: flat over the size of the file and of its parts. */
import { join } from 'node:path'
import { markdownTable, right } from '../../test/support/figures.js'
import type { Verdict } from '../verdicts.js'
import { randomFile, sparseFile } from './material.js'
import type { Bench, Measure } from './measure.js'
import { runContestant } from './run.js'

const MiB = 1024 * 1024
const GiB = 1024 * MiB
const parallel = 8
const mostMiB = 80

export const memory: Measure = {
  name: 'memory',
  contestants: ['longhaul'],
  async run(bench) {
    const rows: string[][] = []
    const verdicts: Verdict[] = []
    const small = bench.quick ? 256 * MiB : GiB
    // 50 GiB need parts of more than 5 MiB: there may be 10,000.
    const large = bench.quick ? undefined : 50 * GiB
    const cases = [
      ...[MiB, 8 * MiB, 64 * MiB, small].map((partSize) => ({ size: small, partSize })),
      ...(large === undefined ? [] : [6 * MiB, 64 * MiB, GiB].map((partSize) => ({ size: large, partSize }))),
    ]
    for (const { size, partSize } of cases) {
      const { seconds, peakMiB } = await peak(bench, size, partSize)
      const what = `${size / MiB} MiB${size === small ? '' : ', sparse'}, parts of ${partSize / MiB} MiB`
      bench.say(`${what}: ${peakMiB.toFixed(0)} MiB`)
      rows.push([what, peakMiB.toFixed(0), (size / 1e6 / seconds).toFixed(0)])
      verdicts.push({
        what: `peak memory, ${parallel} in flight, ${what}`,
        bound: `at most ${mostMiB} MiB`,
        measured: `${peakMiB.toFixed(0)} MiB`,
        holds: peakMiB <= mostMiB,
        collapsed: peakMiB > 2 * mostMiB,
      })
    }
    return {
      title: `Peak memory of our process, ${parallel} parts in flight`,
      table: markdownTable([{ title: 'file' }, right('peak MiB'), right('MB/s')], rows),
      how: 'one run of each',
      verdicts,
    }
  },
}

async function peak(
  bench: Bench,
  size: number,
  partSize: number,
): Promise<{ readonly seconds: number; readonly peakMiB: number }> {
  const ours = bench.contestants.find(({ name }) => name === 'longhaul')
  if (ours === undefined) throw new Error('Ours is not there')
  const material =
    size > GiB
      ? sparseFile(join(bench.folder, 'sparse.bin'), size)
      : randomFile(join(bench.folder, 'one.bin'), size)
  const { file } = material
  await bench.server.know([material.knowledge('one.bin', partSize)])
  const asked = { kind: 'one', endpoint: bench.server.http, bucket: 'bench', key: 'one.bin' } as const
  const { seconds, peakMiB } = await runContestant(ours, { ...asked, file, partSize, parallel }, bench)
  return { seconds, peakMiB: peakMiB ?? Number.NaN }
}
