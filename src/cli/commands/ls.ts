/** `longhaul ls`: what is in a service or in a bucket, printed while it is listed, so that a million keys need no memory. */
import { type BucketEntry, type Listed, listBuckets, listObjects } from '../../index.js'
import { shownName } from '../invocation.js'
import { jsonLine, writeJson } from '../json.js'
import { objectUrl, parseObjectUrl } from '../object-url.js'
import {
  type ConnectionFlags,
  openBucket,
  openService,
  type RetryFlags,
  resolveConnection,
  retryOf,
} from '../settings.js'
import { countOf, formatSize } from '../sizes.js'
import type { World } from '../world.js'

export interface LsFlags extends ConnectionFlags, RetryFlags {
  readonly recursive?: boolean
  readonly limit?: number
  readonly bytes?: boolean
  readonly json?: boolean
}

/** What was printed so far. */
interface Sum {
  count: number
  prefixes: number
  bytes: number
  /** There is more than was asked for. */
  truncated: boolean
}

export async function ls(url: string | undefined, flags: LsFlags, world: World): Promise<number> {
  const { screen, signal } = world
  const connection = await resolveConnection(flags, world)
  const sum: Sum = { count: 0, prefixes: 0, bytes: 0, truncated: false }
  if (url === undefined) {
    const service = openService(connection)
    const isRead = await printPages(
      listBuckets(service, { signal, ...retryOf(flags) }),
      bucketLine,
      sum,
      flags,
      world,
    )
    if (isRead && flags.json !== true) screen.out(`${countOf(sum.count, 'bucket')} at ${service.endpoint}`)
  } else {
    const { bucket: name, key: prefix } = parseObjectUrl(url)
    const bucket = openBucket(connection, name)
    const listing = listObjects(bucket, {
      prefix,
      signal,
      ...retryOf(flags),
      ...(flags.recursive === true ? {} : { delimiter: '/' }),
      // One more than wanted tells whether there is more.
      ...(flags.limit === undefined ? {} : { pageSize: Math.min(flags.limit + 1, 1000) }),
    })
    const line = (entry: Listed): Line => listedLine(entry, name, flags)
    const isRead = await printPages(listing, line, sum, flags, world)
    if (isRead && flags.json !== true) screen.out(totalText(sum, { bucket: name, key: prefix }))
  }
  if (flags.json === true) {
    const { count, prefixes, bytes, truncated } = sum
    const ofBucket = url === undefined ? {} : { prefixes, bytes }
    writeJson(screen, 'summary', { exitCode: 0, count, ...ofBucket, truncated })
  }
  return 0
}

/** One entry, for people and for programs. */
interface Line {
  readonly text: string
  readonly json: string
  /** Bytes of an object; absent for a prefix or a bucket. */
  readonly size?: number
  readonly isPrefix?: boolean
}

/** Prints until the end, the limit, or until nobody reads any more: then false. */
async function printPages<Entry>(
  pages: AsyncIterable<readonly Entry[]>,
  lineOf: (entry: Entry) => Line,
  sum: Sum,
  { limit = Number.POSITIVE_INFINITY, json }: LsFlags,
  { screen }: World,
): Promise<boolean> {
  for await (const page of pages) {
    const lines: string[] = []
    for (const entry of page) {
      if (sum.count + sum.prefixes >= limit) {
        sum.truncated = true
        break
      }
      const line = lineOf(entry)
      if (line.isPrefix === true) sum.prefixes += 1
      else sum.count += 1
      sum.bytes += line.size ?? 0
      lines.push(json === true ? line.json : line.text)
    }
    // A slow reader is waited for: else what it has not read yet would pile up here.
    const text = lines.map((line) => `${line}\n`).join('')
    if (!(await screen.outBytes(new TextEncoder().encode(text)))) return false
    if (sum.truncated) break
  }
  return true
}

function bucketLine({ name, region, location, creationDate, storageClass }: BucketEntry): Line {
  const created = new Date(creationDate).toISOString()
  const place = region ?? location.replace(/^oss-/, '')
  return {
    text: `${secondsText(creationDate)}  ${shownName(place).padEnd(14)}  ${shownName(storageClass).padEnd(8)}  oss://${shownName(name)}`,
    json: jsonLine('bucket', { bucket: name, region: place, created, storageClass }),
  }
}

function listedLine(entry: Listed, bucket: string, { bytes }: LsFlags): Line {
  if (entry.kind === 'prefix') {
    const { prefix } = entry
    const name = shownName(objectUrl({ bucket, key: prefix }))
    return {
      text: `${'-'.padEnd(20)}  ${'-'.padStart(sizeColumns)}  ${name}`,
      json: jsonLine('prefix', { bucket, prefix }),
      isPrefix: true,
    }
  }
  const { key, size, etag, lastModified, type, storageClass } = entry.object
  const sizeText = bytes === true ? String(size) : formatSize(size)
  const modified = new Date(lastModified).toISOString()
  return {
    text: `${secondsText(lastModified)}  ${sizeText.padStart(sizeColumns)}  ${shownName(objectUrl({ bucket, key }))}`,
    json: jsonLine('object', {
      bucket,
      key,
      size,
      etag,
      lastModified: modified,
      objectType: type,
      storageClass,
    }),
    size,
  }
}

/** As wide as a terabyte in bytes. */
const sizeColumns = 13

function totalText(
  { count, prefixes, bytes, truncated }: Sum,
  where: { bucket: string; key: string },
): string {
  const url = shownName(objectUrl(where))
  if (count + prefixes === 0) return `Nothing in ${url}`
  const groups = prefixes === 0 ? '' : ` and ${countOf(prefixes, 'prefix', 'prefixes')}`
  const more = truncated ? '; there is more, --limit was reached' : ''
  return `${countOf(count, 'object')} of ${formatSize(bytes)}${groups} in ${url}${more}`
}

function secondsText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
