/** Every storage keeps the contract. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStorage, openDiskStorage } from '../../src/server/index.js'
import { bucketContract } from './bucket-contract.js'
import { partContract } from './part-contract.js'
import { manyPartsContract, type OpenStorage, storageContract } from './storage-contract.js'

const inMemory: OpenStorage = async () => {
  const storage = createMemoryStorage()
  return { storage, end: () => storage.close() }
}

const onDisk =
  (durability: 'durable' | 'fast'): OpenStorage =>
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'longhaul-storage-'))
    const storage = await openDiskStorage({ folder, durability })
    return {
      storage,
      async end() {
        await storage.close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  }

storageContract('memory', inMemory)
storageContract('disk, durable', onDisk('durable'))
storageContract('disk, fast', onDisk('fast'))

bucketContract('memory', inMemory)
bucketContract('disk, durable', onDisk('durable'))

manyPartsContract('memory', inMemory)
manyPartsContract('disk, durable', onDisk('durable'))

partContract('memory', inMemory)
partContract('disk, durable', onDisk('durable'))
