/** What the contestants in JavaScript share: the job they are given, and what they tell. */
import { readFileSync } from 'node:fs'

/** @param work does the job; what it takes is measured */
export async function doJob(work) {
  const job = JSON.parse(process.argv.at(-1))
  const begin = performance.now()
  await work(job)
  const seconds = (performance.now() - begin) / 1000
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  console.log(
    JSON.stringify({ seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMiB: peakMiB() }),
  )
}

/** Of this program alone: the peak that `resourceUsage` tells begins with that of the process which started it. */
export function peakMiB() {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
  } catch {
    return process.resourceUsage().maxRSS / 1024
  }
}
