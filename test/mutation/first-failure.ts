/** A reporter for Node's test runner that ends the process with the first failure: one is enough to kill a mutant. */
import { writeSync } from 'node:fs'
import type { TestEvent } from 'node:test/reporters'
import { giveSignOfLife } from './cpu-limit.js'

export default async function* firstFailure(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    giveSignOfLife()
    if (event.type !== 'test:fail') continue
    writeSync(1, `${event.data.name}\n`)
    process.exit(1)
  }
  yield ''
}
