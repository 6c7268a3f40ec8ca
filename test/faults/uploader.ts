/**
 * A process that uploads one file by the documented call, for tests that kill it. Takes its job as JSON in its one
 * argument, its keys from the environment, and tells what happens over the channel to its parent.
 */
import {
  Bucket,
  resumableUpload,
  UploadError,
  type UploadOptions,
  type UploadResult,
} from '../../src/index.js'

export interface UploadJob {
  readonly endpoint: string
  readonly bucket: string
  readonly region?: string
  readonly signatureVersion?: 'v1' | 'v4'
  readonly key: string
  readonly filename: string
  /** Those that JSON can say. */
  readonly options: Pick<
    UploadOptions,
    'multipartThreshold' | 'partSize' | 'numThreads' | 'headers' | 'verify' | 'limitRate'
  > & { readonly store?: string }
}

export type UploaderMessage =
  /** All is loaded, and the call is made now. */
  | { readonly type: 'calling' }
  /** A part is acknowledged, proved, and written down. */
  | { readonly type: 'part-stored'; readonly partNumber: number }
  /** Complete is sent now. */
  | { readonly type: 'completing' }
  | { readonly type: 'orphans-suspected'; readonly uploadIds: readonly string[] }
  | { readonly type: 'result'; readonly result: UploadResult }
  | { readonly type: 'error'; readonly code: string }

const tell = (message: UploaderMessage): void => void process.send?.(message)

async function upload({
  endpoint,
  bucket: name,
  region,
  signatureVersion,
  ...job
}: UploadJob): Promise<void> {
  const { OSS_ACCESS_KEY_ID = '', OSS_ACCESS_KEY_SECRET = '', OSS_SESSION_TOKEN } = process.env
  const bucket = new Bucket({
    endpoint,
    name,
    region,
    signatureVersion,
    credentials: {
      accessKeyId: OSS_ACCESS_KEY_ID,
      accessKeySecret: OSS_ACCESS_KEY_SECRET,
      ...(OSS_SESSION_TOKEN ? { securityToken: OSS_SESSION_TOKEN } : {}),
    },
  })
  tell({ type: 'calling' })
  try {
    const result = await resumableUpload(bucket, job.key, job.filename, {
      ...job.options,
      onEvent(event) {
        if (event.type === 'part-stored') tell({ type: 'part-stored', partNumber: event.partNumber })
        if (event.type === 'completing') tell({ type: 'completing' })
        if (event.type === 'orphans-suspected') tell({ type: event.type, uploadIds: event.uploadIds })
      },
    })
    tell({ type: 'result', result })
  } catch (error) {
    tell({ type: 'error', code: error instanceof UploadError ? error.code : String(error) })
  }
  process.disconnect()
}

const [, , text] = process.argv
if (text === undefined) throw new Error('The job is missing.')
await upload(JSON.parse(text) as UploadJob)
