/** The most memory that `longhaul put` ever has: flat over the size of the file and of its parts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runProgram } from '../../test/interop/programs.js'
import { markdownTable, right } from '../../test/support/figures.js'
import { fixture } from '../../test/support/paths.js'
import type { Verdict } from '../verdicts.js'
import { randomFile, sparseFile } from './material.js'
import type { Bench, Measure } from './measure.js'

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
      title: `Peak memory of \`longhaul put\`, ${parallel} parts in flight`,
      table: markdownTable([{ title: 'file' }, right('peak MiB'), right('MB/s')], rows),
      how: 'one run of each',
      verdicts,
    }
  },
}

/** By the command, as people run it: how a process's heap grows is the process's to decide, not a library's in it. */
async function peak(
  bench: Bench,
  size: number,
  partSize: number,
): Promise<{ readonly seconds: number; readonly peakMiB: number }> {
  const material =
    size > GiB
      ? sparseFile(join(bench.folder, 'sparse.bin'), size)
      : randomFile(join(bench.folder, 'one.bin'), size)
  await bench.server.know([material.knowledge('one.bin', partSize)])
  const store = mkdtempSync(join(bench.folder, 'store-'))
  const told = join(store, 'peak')
  const options = { '--endpoint': bench.server.http, '--store': store, '--num-threads': parallel }
  const args = Object.entries({ ...options, '--part-size': partSize })
    .flat()
    .map(String)
  try {
    const ended = await runProgram(
      process.execPath,
      [fixture('dist/cli/start.cjs'), 'put', material.file, 'oss://bench/one.bin', '--json', ...args],
      {
        limitMs: 600_000,
        env: {
          OSS_ACCESS_KEY_ID: 'bench',
          OSS_ACCESS_KEY_SECRET: 'bench',
          BENCH_PEAK: told,
          NODE_OPTIONS: `--import=${pathToFileURL(fixture('bench/speed/clients/peak.mjs'))}`,
        },
      },
    )
    if (ended.code !== 0) throw new Error(`put ended with ${ended.code}:\n${ended.output.slice(-2000)}`)
    const last: { durationMs: number } = JSON.parse(ended.stdout.toString().trim().split('\n').at(-1) ?? '')
    return { seconds: last.durationMs / 1000, peakMiB: Number(readFileSync(told, 'utf8')) }
  } finally {
    rmSync(store, { recursive: true, force: true })
  }
}
