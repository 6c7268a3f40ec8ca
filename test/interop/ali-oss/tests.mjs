/** All tests of ali-oss. Tells of each as one line of JSON. */
import { buckets } from './buckets.mjs'
import { forms } from './forms.mjs'
import { objects } from './objects.mjs'
import { uploads } from './uploads.mjs'
import { createWorld, signature } from './world.mjs'

const { INTEROP_ONLY } = process.env
const chosen = INTEROP_ONLY === undefined ? undefined : new RegExp(INTEROP_ONLY)

let number = 0
for (const [name, test] of Object.entries({ ...buckets, ...objects, ...uploads, ...forms })) {
  number += 1
  if (chosen !== undefined && !chosen.test(name)) continue
  let detail = null
  try {
    const world = await createWorld(`ali-oss-${signature}-${number}`)
    try {
      await test(world)
    } finally {
      await world.close()
    }
  } catch (error) {
    detail = `${error.stack ?? error} ${error.code ?? ''} ${error.ecCode ?? ''}`
  }
  process.stdout.write(`${JSON.stringify({ test: name, detail })}\n`)
}
// The client keeps its connections open.
process.exit(0)
