/**
 * `longhaul/testing`: what proves an adapter of yours. Each contract declares its tests with node:test when it is called;
 * run the file that calls it with `node --test`.
 */
export {
  createMemoryService,
  type MemoryService,
  type MemoryServiceOptions,
  type StoredObject,
} from '../services/memory.js'
export { checkpointStoreContract, type StoreWorld } from './checkpoint-store.js'
export { type SourceWorld, sourceContract } from './source.js'
