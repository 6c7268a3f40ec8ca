/** The contract of sources, kept by each of ours; files also with the least possible pool. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesSource } from '../../src/sources/bytes.js'
import { openFileSource } from '../../src/sources/file.js'
import { createBlockPool } from '../../src/sources/pool.js'
import { sourceContract } from '../../src/testing/source.js'

sourceContract('bytes', async (bytes) => ({
  source: bytesSource(bytes, { blockSize: 64 }),
  lent: () => 0,
  close: async () => {},
}))

for (const { blocks, blockSize } of [
  { blocks: 1, blockSize: 7 },
  { blocks: 1, blockSize: 64 },
  { blocks: 2, blockSize: 100 },
  { blocks: 8, blockSize: 512 * 1024 },
]) {
  sourceContract(`file, ${blocks} blocks of ${blockSize}`, async (bytes) => {
    const folder = await mkdtemp(join(tmpdir(), 'longhaul-source-'))
    const path = join(folder, 'file')
    await writeFile(path, bytes)
    const pool = createBlockPool({ blocks, blockSize })
    const source = await openFileSource(path, { pool })
    return {
      source,
      lent: () => blocks - pool.free,
      async close() {
        await source.close()
        await rm(folder, { recursive: true })
      },
    }
  })
}
