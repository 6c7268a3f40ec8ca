/** Plays seeds one after the other until one fails, and prints it as JSON. Run by the program that tries broken storages. */
import { parseArgs } from 'node:util'
import { runCrashSeed } from './crash-seed.js'

const { values } = parseArgs({ options: { most: { type: 'string', default: '10000' } } })
const most = Number(values.most)

for (let seed = 1; seed <= most; seed += 1) {
  const failure = await runCrashSeed(seed).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (failure === undefined) continue
  const message = failure instanceof Error ? failure.message : String(failure)
  console.log(JSON.stringify({ seed, why: message.split('\n')[0] }))
  break
}
