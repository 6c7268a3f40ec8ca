/** `longhaul stat`: everything the service tells of one object, or of one bucket. */
import {
  type Bucket,
  type BucketFacts,
  type DeskOptions,
  type ObjectFacts,
  type ReadOptions,
  statBucket,
  statObject,
} from '../../index.js'
import { type CustomerKeyFlags, readCustomerKey } from '../customer-key.js'
import { UsageError } from '../failure.js'
import { shownName } from '../invocation.js'
import { writeJson } from '../json.js'
import { type ObjectUrl, objectUrl, parseObjectUrl } from '../object-url.js'
import type { Screen } from '../screen.js'
import { type ConnectionFlags, openBucket, type RetryFlags, resolveConnection, retryOf } from '../settings.js'
import { formatSize } from '../sizes.js'
import type { World } from '../world.js'

export interface StatFlags extends ConnectionFlags, RetryFlags, CustomerKeyFlags {
  readonly json?: boolean
}

export async function stat(url: string, flags: StatFlags, world: World): Promise<number> {
  const { screen, signal } = world
  const target = parseObjectUrl(url)
  const bucket = openBucket(await resolveConnection(flags, world), target.bucket)
  const options = { signal, ...retryOf(flags) }
  const headers = await readCustomerKey(flags, world.environment)
  if (target.key === '' && Object.keys(headers).length > 0) {
    throw new UsageError('A key of the customer belongs to an object: give oss://bucket/key.')
  }
  const { name, facts, fields } =
    target.key === ''
      ? await ofBucket(bucket, options)
      : await ofObject(bucket, target, { ...options, headers })
  if (flags.json === true) {
    writeJson(screen, 'result', fields)
    writeJson(screen, 'summary', { exitCode: 0, ...fields })
  } else print(name, facts, screen)
  return 0
}

/** What was told, for people and for programs. */
interface Told {
  readonly name: string
  readonly facts: Facts
  readonly fields: object
}

/** Without a value: not told. */
type Facts = readonly (readonly [name: string, value: string | undefined])[]

async function ofObject(
  bucket: Bucket,
  target: ObjectUrl,
  options: DeskOptions & Pick<ReadOptions, 'headers'>,
): Promise<Told> {
  const facts = await statObject(bucket, target.key, options)
  const lastModified = new Date(facts.lastModified).toISOString()
  return {
    name: objectUrl(target),
    facts: objectFacts(facts),
    fields: { ...target, ...facts, lastModified },
  }
}

async function ofBucket(bucket: Bucket, options: DeskOptions): Promise<Told> {
  const info = await statBucket(bucket, options)
  return { name: `oss://${bucket.name}`, facts: bucketFacts(info), fields: bucketFields(info) }
}

function print(url: string, facts: Facts, screen: Screen): void {
  const told = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [{ name: shownName(name), value }],
  )
  const width = Math.max(...told.map(({ name }) => name.length))
  screen.out(shownName(url))
  for (const { name, value } of told) screen.out(`  ${name.padEnd(width)}  ${shownName(value)}`.trimEnd())
}

function objectFacts(facts: ObjectFacts): Facts {
  const { size } = facts
  return [
    ['size', size < 1024 ? `${size} bytes` : `${size} bytes (${formatSize(size)})`],
    ['modified', new Date(facts.lastModified).toISOString()],
    ['CRC-64', facts.crc64],
    ['ETag', facts.etag],
    ['content MD5', facts.contentMd5],
    ['object type', facts.objectType],
    ['storage class', facts.storageClass],
    ['version', facts.versionId],
    ...Object.entries(facts.headers).sort(byName),
    ...Object.entries(facts.metadata)
      .sort(byName)
      .map(([name, value]) => [`meta ${name}`, value] as const),
  ]
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : 1
}

function bucketFacts(info: BucketFacts): Facts {
  const { usage } = info
  return [
    ['created', new Date(info.creationDate).toISOString()],
    ['objects', usage && `${usage.objects} of ${formatSize(usage.bytes)}`],
    ['unfinished uploads', usage && String(usage.uploads)],
    ['counted', usage && new Date(usage.counted).toISOString()],
    ['region', info.region ?? info.location.replace(/^oss-/, '')],
    ['ACL', info.acl],
    ['storage class', info.storageClass],
    ['redundancy', info.dataRedundancyType],
    ['versioning', info.versioning],
    ['owner', info.owner.id],
    ['endpoint', info.extranetEndpoint],
    ['inside the cloud', info.intranetEndpoint],
  ]
}

function bucketFields({ name, creationDate, owner, usage, ...rest }: BucketFacts): object {
  const counted = usage && { usage: { ...usage, counted: new Date(usage.counted).toISOString() } }
  return { bucket: name, created: new Date(creationDate).toISOString(), owner: owner.id, ...rest, ...counted }
}
