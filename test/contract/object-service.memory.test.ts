/** The contract of object services, kept by the one in memory: with small limits and pages, and with those of OSS. */
import { createMemoryService, type MemoryServiceOptions } from '../../src/services/memory.js'
import { objectServiceContract } from '../../src/testing/object-service.js'

function contractOf(name: string, options: Omit<MemoryServiceOptions, 'clock'>): void {
  objectServiceContract(name, async () => {
    const { service, objects } = createMemoryService({ ...options, clock: () => 1_700_000_000_123 })
    return {
      service,
      prefix: 'contract/',
      forbidOverwrite: { 'x-oss-forbid-overwrite': 'true' },
      removeObject: async (key) => void objects.delete(key),
      close: async () => {},
    }
  })
}

contractOf('memory', {})

contractOf('memory with small limits and pages', {
  pageSize: 2,
  limits: {
    minPartSize: 8,
    maxPartSize: 1024 ** 2,
    maxParts: 100,
    maxObjectSize: 100 * 1024 ** 2,
    maxPutSize: 1024 ** 2,
  },
})
