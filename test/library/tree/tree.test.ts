/** However many files are in a folder, their names are never in memory together. The same with 20,000: `npm run bench:tree`. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createServer } from '../../../src/server/index.js'
import { temporaryFolder } from '../world.js'
import { plantTree, uploadTree } from './tree.js'

const files = 4000
/** Of so few each has a large share of what does not come of files; who keeps all names leaves more than 1,000. */
const mostBytes = 600

test('a tree is walked and uploaded with a few dozen bytes of memory for each file', async (t) => {
  const folder = await temporaryFolder(t)
  const server = await createServer({ buckets: ['examplebucket'] })
  t.after(() => server.close())
  plantTree(join(folder, 'tree'), files)
  const tree = { folder: join(folder, 'tree'), store: join(folder, 'store'), files, hoards: false }
  const { uploaded, bytesPerFile } = await uploadTree(server, tree)
  assert.equal(uploaded, files)
  assert.ok(bytesPerFile < mostBytes, `${Math.round(bytesPerFile)} bytes for each file`)
})
