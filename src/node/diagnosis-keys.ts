/** The keys: whether there are some, when they end, and, where no bucket is named, whether the service knows them. */
import { ServiceError } from '../engine/errors.js'
import { asUploadError, isCured } from '../engine/retry.js'
import type { Transport } from '../protocol/message.js'
import type { GivenCredentials } from '../services/credentials.js'
import { Bucket, type ServiceOptions, serviceClientOver } from './bucket.js'
import { type Finding, failed, fine, warned } from './findings.js'

const soonMs = 15 * 60_000

/** Returns whether there are keys to go on with. */
export async function* diagnoseKeys(
  where: Bucket | ServiceOptions,
  signal: AbortSignal,
): AsyncGenerator<Finding, boolean, undefined> {
  const source = where instanceof Bucket ? where.credentialsSource : where.credentials
  let keys: GivenCredentials
  try {
    keys = await stoppable(typeof source === 'function' ? source() : source, signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const message =
      error instanceof Error ? error.message.replace(/\.$/, '') : 'the function that gives them failed'
    yield failed('access key', {
      code: 'denied',
      message: `there is none: ${message}`,
      advice: 'See longhaul config show.',
    })
    return false
  }
  const finding = endFinding(keys, typeof source === 'function')
  yield finding
  return finding.state !== 'failed'
}

function endFinding(
  { accessKeyId, securityToken, expiration }: GivenCredentials,
  isRenewed: boolean,
): Finding {
  const name = `the key is ${accessKeyId}`
  if (expiration === undefined) {
    return fine(
      'access key',
      securityToken ? `${name}, temporary; its end is not told` : `${name}, it does not end`,
    )
  }
  const leftMs = new Date(expiration).getTime() - Date.now()
  const left = `${Math.round(Math.abs(leftMs) / 60_000)} min`
  if (leftMs <= 0) {
    return failed('access key', {
      code: 'denied',
      message: `${name}, and it ended ${left} ago`,
      advice: 'Get new temporary keys.',
    })
  }
  if (isRenewed || leftMs > soonMs)
    return fine('access key', `${name}, it ends in ${left}${isRenewed ? ' and is renewed' : ''}`)
  return warned(
    'access key',
    `${name}, it ends in ${left} and is not renewed`,
    'Give --credential-process or --credentials-file.',
  )
}

function stoppable<T>(answer: T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop))
  })
}

/** For a service alone. Not to be allowed to list is as good: the key was known and its signature right. */
export async function* diagnoseListing(
  service: ServiceOptions,
  transport: Transport,
  signal: AbortSignal,
): AsyncGenerator<Finding, void, undefined> {
  const client = serviceClientOver(service, transport)
  try {
    const { buckets } = await cured(() => client.listBuckets({ signal }))
    yield fine(
      'signature',
      `the service knows the key; it may list buckets, and has ${buckets.length}${buckets.length >= 100 ? ' or more' : ''}`,
    )
  } catch (error) {
    if (!(error instanceof ServiceError) || signal.aborted) throw error
    yield error.meaning === 'denied' && error.serviceCode === 'AccessDenied'
      ? fine('signature', 'the service knows the key; it may not list buckets, which uploads do not need')
      : failed('signature', { code: asUploadError(error).code, message: error.message.replace(/\.$/, '') })
  }
  yield {
    check: 'permissions',
    state: 'skipped',
    message: 'name a bucket to try them: longhaul doctor oss://bucket/prefix',
  }
}

/** The clock and the key may both be put right by a first refusal. */
export async function cured<T>(call: () => Promise<T>): Promise<T> {
  for (let cures = 0; ; cures += 1) {
    try {
      return await call()
    } catch (error) {
      if (!isCured(error) || cures === 2) throw error
    }
  }
}
