/** What a person reads when the server is up: where it is, and lines to paste. The secret itself is never shown. Pure. */
import { shellQuote } from './invocation.js'

/** Does `--local` lead here? Another server may have been first, or there is nowhere to say so. */
export type Announcement = 'announced' | 'other' | 'not-possible'

export interface StartFacts {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly buckets: readonly string[]
  /** Absent: in memory. */
  readonly dataDir: string | undefined
  readonly durability: string
  readonly announcement: Announcement
  /** Where the secret can be read; absent when only whoever gave it knows it. */
  readonly secretFile: string | undefined
  /** What is served unsigned beside OSS. */
  readonly metrics?: boolean
  readonly control?: boolean
}

export function startText(facts: StartFacts, program: string): readonly string[] {
  const { endpoint, region, accessKeyId, buckets, dataDir, durability, announcement, secretFile } = facts
  const bucket = buckets[0] ?? 'examplebucket'
  return [
    `Longhaul's OSS server listens on ${endpoint}`,
    `  region   ${region}`,
    `  buckets  ${buckets.join(', ')}`,
    `  data     ${dataDir === undefined ? 'in memory, gone when it stops' : `${dataDir} (${durability})`}`,
    `  key      ${accessKeyId}${secretFile === undefined ? '' : `, its secret is in ${secretFile}`}`,
    ...(facts.metrics === true ? [`  metrics  ${endpoint}/_longhaul/metrics`] : []),
    ...(facts.control === true
      ? [`  control  ${endpoint}/_longhaul/faults, ${endpoint}/_longhaul/requests`]
      : []),
    '',
    ...(announcement === 'announced'
      ? ['From another terminal:', `  ${program} put --local FILE oss://${bucket}/`]
      : [
          announcement === 'other'
            ? `Another server of this machine was first: --local leads there, and --endpoint ${endpoint} here.`
            : `--local does not lead here, but --endpoint ${endpoint} does.`,
        ]),
    '',
    'From programs, after these settings:',
    `  export OSS_ENDPOINT=${endpoint} OSS_REGION=${region} OSS_ACCESS_KEY_ID=${accessKeyId}`,
    `  export OSS_ACCESS_KEY_SECRET=${secretFile === undefined ? '...' : `"$(${secretCommand(secretFile)})"`}`,
    `  TypeScript  await resumableUpload('${bucket}', 'key', 'file')`,
    `  Python      oss2.resumable_upload(oss2.Bucket(oss2.Auth(environ['OSS_ACCESS_KEY_ID'], environ['OSS_ACCESS_KEY_SECRET']), '${endpoint}', '${bucket}'), 'key', 'file')`,
    `  ali-oss     await new OSS({ endpoint: '${endpoint}', bucket: '${bucket}', accessKeyId: process.env.OSS_ACCESS_KEY_ID, accessKeySecret: process.env.OSS_ACCESS_KEY_SECRET }).multipartUpload('key', 'file')`,
    '',
    'Ctrl-C stops it.',
  ]
}

function secretCommand(secretFile: string): string {
  return `node -p ${shellQuote(`require(${JSON.stringify(secretFile)}).accessKeySecret`)}`
}
