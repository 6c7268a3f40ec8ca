/**
 * `longhaul/server`: an OSS-compatible server for this machine, in memory for tests or durable in a folder.
 * `createServer` listens; `createHandler` is the same server as a function, without a socket.
 */
export {
  createServer,
  type Durability,
  type Server,
  type ServerOptions,
} from './create-server.js'
export {
  type CallbackAnswer,
  CallbackFailure,
  type CallbackRequest,
  type Clock,
  ConnectionDropped,
  type Handler,
  type RequestLogEntry,
  type SendCallback,
  type ServerCredentials,
  type ServerRequest,
  type ServerResponse,
} from './exchange.js'
export { createFaults, type FaultEffect, type FaultRule, type Faults } from './faults.js'
export { createHandler, type HandlerOptions } from './handler.js'
export type { LifecycleRun } from './lifecycle-run.js'
export type { RequestLog } from './request-log.js'
export { DataFolderError, openDiskStorage } from './storage/disk.js'
export { createMemoryStorage } from './storage/memory.js'
export { type Storage, StorageError } from './storage/storage.js'
