/** The contract of checkpoint stores, kept by each of ours. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { journalStore } from '../../src/checkpoints/journal.js'
import { memoryStore } from '../../src/checkpoints/memory.js'
import { checkpointStoreContract } from '../../src/testing/checkpoint-store.js'

checkpointStoreContract('memory', async () => {
  const store = memoryStore()
  return { open: () => store, close: async () => {} }
})

checkpointStoreContract('journal', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-store-'))
  return {
    open: () => journalStore(join(folder, 'new', 'uploads')),
    close: () => rm(folder, { recursive: true }),
  }
})
