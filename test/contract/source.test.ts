/** The contract of sources, kept by each of ours; files also with the least possible pool. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Source } from '../../src/engine/ports.js'
import { bytesSource } from '../../src/sources/bytes.js'
import { createFiles, openFileSource } from '../../src/sources/file.js'
import { type BlockPool, createBlockPool } from '../../src/sources/pool.js'
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
  const opened = (open: (path: string, pool: BlockPool) => Promise<Source>) => async (bytes: Uint8Array) => {
    const folder = await mkdtemp(join(tmpdir(), 'longhaul-source-'))
    const path = join(folder, 'file')
    await writeFile(path, bytes)
    const pool = createBlockPool({ blocks, blockSize })
    const source = await open(path, pool)
    return {
      source,
      lent: () => blocks - pool.free,
      async close() {
        await source.close()
        await rm(folder, { recursive: true })
      },
    }
  }
  const size = `${blocks} blocks of ${blockSize}`
  sourceContract(
    `file, ${size}`,
    opened((path, pool) => openFileSource(path, { pool })),
  )
  sourceContract(
    `file of a run, ${size}`,
    opened(async (path, pool) => {
      const files = createFiles(pool)
      // From its first answer on, the file system is asked on this thread.
      await files.identity(path)
      return files.open(path)
    }),
  )
}
