/** `longhaul`: resumable upload for Node. What stands here is what is promised to stay. */
export { type ForeignTool, foreignToolNames } from './checkpoints/foreign/checkpoint.js'
export type { ForeignCheckpoint } from './checkpoints/foreign/read.js'
export { journalStore } from './checkpoints/journal.js'
export { manifestStore } from './checkpoints/manifests.js'
export { memoryStore } from './checkpoints/memory.js'
export { memoryManifests } from './checkpoints/memory-manifests.js'
export type { Discarded } from './engine/discard.js'
export { UploadError, type UploadErrorCode } from './engine/errors.js'
export type { OnEvent, UploadEvent } from './engine/events.js'
export type { Upload } from './engine/handle.js'
export type { NamedUpload } from './engine/life.js'
export type {
  CheckpointContents,
  CheckpointLine,
  CheckpointLog,
  CheckpointStore,
  CheckpointSummary,
  Target,
} from './engine/ports.js'
export type { ProgressCallback } from './engine/progress.js'
export type { Verify } from './engine/reconcile.js'
export type { UploadState, WaitingRequest } from './engine/state.js'
export type { UploadResult } from './engine/upload.js'
export type { SkipRule } from './many/compare.js'
export {
  type FileRef,
  type ManyEvent,
  type ManyFailure,
  type ManyProgress,
  type ManySummary,
  type SkipReason,
  UploadManyError,
} from './many/events.js'
export type { RunError } from './many/last-failures.js'
export type {
  ManifestLog,
  ManifestStore,
  ManifestSummary,
  ManifestTarget,
  ManySource,
} from './many/ports.js'
export { Bucket, type BucketOptions, endpointOfService, type ServiceOptions } from './node/bucket.js'
export { type CloudCredentialsOptions, cloudCredentials, hasCloudLibrary } from './node/credential-chain.js'
export { fileCredentials } from './node/credential-file.js'
export { type ProcessCredentialsOptions, processCredentials } from './node/credential-process.js'
export type { DeskOptions } from './node/desk.js'
export { type DiagnosisOptions, diagnose } from './node/diagnosis.js'
export {
  type BucketFacts,
  type BucketUsage,
  type CreateBucketOptions,
  createBucket,
  type ObjectFacts,
  statBucket,
  statObject,
} from './node/facts.js'
export type { Finding, FindingState } from './node/findings.js'
export type { LastError } from './node/last-error.js'
export {
  type BucketEntry,
  type Listed,
  type ListingOptions,
  listBuckets,
  listObjects,
  type ObjectEntry,
} from './node/listing.js'
export type { Whose } from './node/local-logs.js'
export { assertDistinctKeys, resumableUploadMany, type UploadManyOptions } from './node/many.js'
export type { NetworkOptions } from './node/network.js'
export {
  type ByteSink,
  type Downloaded,
  downloadObject,
  type ReadOptions,
  readObject,
  useBucket,
  type Verification,
  verifyObject,
} from './node/objects.js'
export type { UploadOptions } from './node/options.js'
export { type PendingUpload, pendingUploads } from './node/pending.js'
export { type PlannedResume, planUpload, type UploadPlan } from './node/plan-upload.js'
export { createRateLimit, type RateLimit } from './node/rate-limit.js'
export {
  abortIfOlder,
  lastTouched,
  type RemoteOptions,
  type RemoteUpload,
  type RemoteUploads,
  remoteUploads,
} from './node/remote.js'
export { type RemovalOptions, removeObjects } from './node/removal.js'
export type { PlannedRequest } from './node/request-sketch.js'
export { forgetRun, type PendingRun, pendingRuns } from './node/runs.js'
export { defaultStore } from './node/store.js'
export {
  type ByteStream,
  type StreamOptions,
  type StreamProgressCallback,
  uploadStream,
} from './node/stream-upload.js'
export {
  type ForeignState,
  type FoundCheckpoint,
  findForeignCheckpoints,
  readForeignCheckpoint,
  statForeignUpload,
  type TakenOver,
  type TakeOverOptions,
  takeOver,
  takeoverTarget,
} from './node/takeover.js'
export { type DiscardOptions, discardUpload, resumableUpload, startUpload } from './node/upload.js'
export { version } from './node/version.js'
export type { BucketClient } from './services/bucket-client.js'
export type { CredentialsSource, GivenCredentials } from './services/credentials.js'
export { type Found, filesUnder, type PassedOver, type Symlinks, type WalkOptions } from './sources/walk.js'
