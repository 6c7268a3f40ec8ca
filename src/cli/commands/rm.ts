/** `longhaul rm`: removes objects, those that are named or all below a prefix. There is no way back, so many are asked about. */
import { type Bucket, type Listed, listObjects, removeObjects } from '../../index.js'
import { UsageError } from '../failure.js'
import { shownName } from '../invocation.js'
import { writeJson } from '../json.js'
import { type ObjectUrl, objectUrl, parseObjectUrl } from '../object-url.js'
import {
  type Connection,
  type ConnectionFlags,
  openBucket,
  type RetryFlags,
  resolveConnection,
  retryOf,
} from '../settings.js'
import { countOf, formatSize } from '../sizes.js'
import type { World } from '../world.js'

export interface RmFlags extends ConnectionFlags, RetryFlags {
  readonly recursive?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
}

export async function rm(urls: readonly string[], flags: RmFlags, world: World): Promise<number> {
  const targets = urls.map((url) => parseObjectUrl(url))
  if (flags.recursive !== true) {
    const whole = targets.find(({ key }) => key === '')
    if (whole !== undefined) {
      throw new UsageError(
        `oss://${whole.bucket} names no object: the key is missing. -r removes everything in it.`,
      )
    }
  } else if (targets.length > 1) {
    throw new UsageError(`-r takes one prefix at a time, and ${targets.length} were given.`)
  }
  const connection = await resolveConnection(flags, world)
  const [first] = targets
  const removed =
    flags.recursive === true && first !== undefined
      ? await removeBelow(first, openBucket(connection, first.bucket), flags, world)
      : await removeNamed(targets, connection, flags, world)
  const { count, bytes } = removed
  if (flags.json === true) {
    const dryRun = flags.dryRun === true
    writeJson(world.screen, 'summary', {
      exitCode: 0,
      count,
      ...(bytes === undefined ? {} : { bytes }),
      dryRun,
    })
  }
  return 0
}

interface Removed {
  readonly count: number
  /** What listing them told; of objects that were named nobody knows. */
  readonly bytes?: number
}

async function removeNamed(
  targets: readonly ObjectUrl[],
  connection: Connection,
  flags: RmFlags,
  world: World,
): Promise<Removed> {
  const names = [...new Set(targets.map(({ bucket }) => bucket))]
  // All are looked at before the first is removed.
  const buckets = names.map((name) => openBucket(connection, name))
  let count = 0
  for (const bucket of buckets) {
    const keys = targets.filter((target) => target.bucket === bucket.name).map(({ key }) => key)
    count += await removeKeys(bucket, keys, flags, world)
  }
  if (flags.json !== true && flags.quiet !== true && flags.dryRun !== true) {
    world.screen.out('OSS does not tell whether an object was there.')
  }
  return { count }
}

async function removeBelow(
  { bucket: name, key: prefix }: ObjectUrl,
  bucket: Bucket,
  flags: RmFlags,
  world: World,
): Promise<Removed> {
  const { screen, signal } = world
  const where = shownName(objectUrl({ bucket: name, key: prefix }))
  let count = 0
  let bytes = 0
  let isAgreed = flags.yes === true || flags.dryRun === true
  for await (const page of listObjects(bucket, { prefix, signal, ...retryOf(flags) })) {
    const objects = objectsOf(page)
    if (objects.length === 0) break
    if (!isAgreed) {
      const sum = objects.reduce((total, { size }) => total + size, 0)
      const isAll = objects.length < pageSize
      const what = `${isAll ? '' : 'more than '}${countOf(objects.length, 'object')} of ${formatSize(sum)}`
      if (!(await consent(what, where, flags, world))) {
        screen.out('Nothing was removed.')
        return { count: 0, bytes: 0 }
      }
      isAgreed = true
    }
    count += await removeKeys(
      bucket,
      objects.map(({ key }) => key),
      flags,
      world,
    )
    bytes += objects.reduce((total, { size }) => total + size, 0)
  }
  if (flags.json !== true && flags.quiet !== true) {
    const verb = flags.dryRun === true ? 'would be removed' : count === 1 ? 'was removed' : 'were removed'
    screen.out(
      count === 0
        ? `There is no object whose key begins so: ${where}`
        : `${countOf(count, 'object')} of ${formatSize(bytes)} ${verb}`,
    )
  }
  return { count, bytes }
}

const pageSize = 1000

function objectsOf(page: readonly Listed[]): readonly { readonly key: string; readonly size: number }[] {
  return page.flatMap((entry) => (entry.kind === 'object' ? [entry.object] : []))
}

async function consent(
  what: string,
  where: string,
  { json }: RmFlags,
  { ask }: Pick<World, 'ask'>,
): Promise<boolean> {
  if (ask === undefined || json === true) {
    throw new UsageError(
      `This removes ${what}, all whose keys begin with ${where}: add --yes if that is meant, or --dry-run.`,
    )
  }
  const answer = await ask(`Remove ${what}, all whose keys begin with ${where}? There is no way back. [y/N] `)
  return /^y(es)?$/i.test(answer.trim())
}

/** Says each key once it is gone; how many. */
async function removeKeys(
  bucket: Bucket,
  keys: readonly string[],
  flags: RmFlags,
  { screen, signal }: World,
): Promise<number> {
  const { dryRun, json, quiet } = flags
  const outcome = dryRun === true ? 'would-remove' : 'removed'
  const told = (gone: readonly string[]): void => {
    for (const key of gone) {
      const target = { bucket: bucket.name, key }
      if (json === true) writeJson(screen, 'result', { ...target, outcome })
      else if (quiet !== true) {
        screen.out(`${dryRun === true ? 'Would remove' : 'Removed'} ${shownName(objectUrl(target))}`)
      }
    }
  }
  if (dryRun === true) told(keys)
  else await removeObjects(bucket, keys, { signal, ...retryOf(flags), onRemoved: told })
  return keys.length
}
