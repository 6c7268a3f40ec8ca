/**
 * `npm run bench:tree [-- --files N]`: a tree of so many files is walked and uploaded, and what each of them leaves in memory is
 * told; beside it the same by somebody who keeps what was walked, so that the measure can be seen to tell.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from '../src/server/index.js'
import { mostBytesPerFile, plantTree, uploadTree } from '../test/library/tree/tree.js'
import { readCommand } from '../test/support/command.js'

const usage = `npm run bench:tree [-- --files N]
  --files N   how many; default 20000

Exit code 1 when a file leaves more than ${mostBytesPerFile} bytes, or when one who keeps all names is not found out.`

const { values } = readCommand(usage, { options: { files: { type: 'string', default: '20000' } } })
const files = Number(values.files)
const folder = mkdtempSync(join(tmpdir(), 'longhaul-tree-'))
const tree = join(folder, 'tree')
try {
  plantTree(tree, files)
  for (const hoards of [false, true]) {
    const server = await createServer({ buckets: ['examplebucket'] })
    const store = join(folder, `store-${hoards}`)
    const startMs = performance.now()
    const { uploaded, bytesPerFile } = await uploadTree(server, { folder: tree, store, files, hoards })
    const seconds = (performance.now() - startMs) / 1000
    await server.close()
    const who = hoards ? 'who keeps all names' : 'as it is'
    console.log(
      `${who}: ${uploaded} files in ${seconds.toFixed(1)} s, ${Math.round(bytesPerFile)} bytes for each`,
    )
    if (uploaded !== files || bytesPerFile < mostBytesPerFile === hoards) process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
