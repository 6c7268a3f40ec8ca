/** Loaded into a process before its program: tells at its end the most memory it ever had. */
import { writeFileSync } from 'node:fs'
import { peakMiB } from './told.mjs'

process.once('exit', () => writeFileSync(process.env.BENCH_PEAK, String(peakMiB())))
