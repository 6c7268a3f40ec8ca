/** Plays seeds one after the other until one fails, and prints it as JSON. Run by the program that tries broken engines. */
import { parseArgs } from 'node:util'
import { runSeed } from './scenario.js'
import { runStreamSeed } from './streams/stream-scenario.js'
import { ringOf } from './tally.js'

const { values } = parseArgs({
  options: { most: { type: 'string', default: '10000' }, world: { type: 'string', default: 'file' } },
})
const play = values.world === 'stream' ? runStreamSeed : runSeed
const most = Number(values.most)

Error.stackTraceLimit = 4

for (let seed = 1; seed <= most; seed++) {
  const failure = await play(seed, { ring: ringOf(seed) }).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (failure === undefined) continue
  const message = failure instanceof Error ? failure.message : String(failure)
  console.log(JSON.stringify({ seed, why: message.split('\n')[0] }))
  break
}
