/** The embedded server, put together: storage, handler, socket. */
import { availableParallelism } from 'node:os'
import { createCallbackSender, withPublicKey } from './callback-sender.js'
import { createStoppableClock } from './clock.js'
import { withControl } from './control.js'
import { createDigestThreads } from './digest-threads.js'
import { eachOnce } from './each-once.js'
import type { Clock, RequestLogEntry, ServerCredentials } from './exchange.js'
import { createFaults, type FaultRule, type Faults } from './faults.js'
import { counter, createHandler } from './handler.js'
import { randomHex } from './hex.js'
import type { HttpLimits } from './http-limits.js'
import { keepLifecycle } from './lifecycle-keeper.js'
import type { LifecycleRun } from './lifecycle-run.js'
import { listen } from './listen.js'
import { systemLuck } from './luck.js'
import { createMetrics, type Metrics, withMetrics } from './metrics.js'
import { checkBucketName } from './names.js'
import { createRequestLog, type RequestLog } from './request-log.js'
import { openDiskStorage } from './storage/disk.js'
import { createMemoryStorage } from './storage/memory.js'
import type { Storage } from './storage/storage.js'

/** `durable`: acknowledged means on disk. `fast`: written, not synced. `memory`: gone when the server closes. */
export type Durability = 'durable' | 'fast' | 'memory'

export interface ServerOptions {
  /** Where the data is kept; made if it is not there. Absent: in memory. One server at a time. */
  readonly dataDir?: string
  /** Default `durable` with a `dataDir`, else `memory`. */
  readonly durability?: Durability
  /** Default `127.0.0.1`: this machine alone. */
  readonly host?: string
  /** Default 0: any that is free. */
  readonly port?: number
  /** Default `cn-hangzhou`. */
  readonly region?: string
  /** Names of this server besides IP addresses and localhost, for Hosts like `bucket.oss.test`. */
  readonly baseNames?: readonly string[]
  /** Custom domains, `{ 'img.example.test': 'examplebucket' }`: requests to this Host mean this bucket, their path the key alone. */
  readonly domains?: Readonly<Record<string, string>>
  /** Refuse also what only the service refuses, such as the bucket in the path: see docs/compatibility.md. Default false. */
  readonly strict?: boolean
  /** Who may sign; the first is the one told. Default: one pair, made anew at each start. */
  readonly credentials?: ServerCredentials | readonly ServerCredentials[]
  /** To be there from the start. */
  readonly buckets?: readonly string[]
  /** Times and sizes at which a connection is given up; docs/compatibility.md has the defaults. */
  readonly limits?: Partial<HttpLimits>
  readonly faults?: readonly FaultRule[]
  /** Serve `/_longhaul/faults` and `/_longhaul/requests`, unsigned, to programs of this machine. Default false. */
  readonly control?: boolean
  /** Serve `/_longhaul/metrics`, unsigned, for Prometheus. Default false. */
  readonly metrics?: boolean
  /**
   * Hosts that callbacks may be sent to, as they stand in `callbackUrl`, without port; `*` is all. Default: this machine
   * alone (`localhost`, `127.0.0.1`, `::1`).
   */
  readonly allowCallbacksTo?: readonly string[]
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Told of every request. Must not throw. */
  readonly onRequest?: (entry: RequestLogEntry) => void
  /** Told of failures that are the server's own, such as a disk that can't be relied on, of each message once. Default: a line on stderr. */
  readonly onFailure?: (error: unknown) => void
}

export interface Server {
  /** Such as `http://127.0.0.1:49152`. */
  readonly endpoint: string
  readonly host: string
  readonly port: number
  readonly region: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly faults: Faults
  readonly requests: RequestLog
  /**
   * Does what the buckets' lifecycle rules say is due by the server's clock, and tells how much that was. The server does
   * so itself when it starts, and then once an hour unless it was given a clock.
   */
  runLifecycle(): Promise<LifecycleRun>
  /** Ends requests under way, within two seconds, then closes the storage. Again: the same promise. */
  close(): Promise<void>
}

/** With a single core there is nothing to gain. `npm run bench:server` holds none, one and two against one another. */
const DIGEST_THREADS = availableParallelism() === 1 ? 0 : Math.min(4, availableParallelism())
const LOG_LIMIT = 50_000
const CLOSE_GRACE_MS = 2_000
const random = systemLuck()

/**
 * Starts an OSS-compatible server.
 *
 * ```ts
 * const server = await createServer({ dataDir: '/var/lib/oss', buckets: ['examplebucket'] })
 * console.log(server.endpoint, server.accessKeyId)
 * await server.close()
 * ```
 *
 * @throws DataFolderError when another server has the folder open, or it can't be read
 * @throws RangeError for options that contradict one another or can't be; whatever listening fails with
 */
export async function createServer(options: ServerOptions = {}): Promise<Server> {
  const { host = '127.0.0.1', region = 'cn-hangzhou', buckets = [], domains = {} } = options
  for (const bucket of [...buckets, ...Object.values(domains)]) checkName(bucket)
  for (const domain of Object.keys(domains)) checkDomain(domain)
  const credentials = credentialsOf(options.credentials)
  const first = credentials[0]
  if (first === undefined) throw new RangeError('At least one pair of credentials is needed.')
  const clock = createStoppableClock(options.clock)
  const faults = createFaults(options.faults)
  const requests = createRequestLog(LOG_LIMIT)
  const onFailure = eachOnce(options.onFailure ?? tellOnStderr)

  const metrics =
    options.metrics === true
      ? createMetrics({ started: clock.now(), connections: () => connections() })
      : undefined
  let connections = async (): Promise<number> => 0

  const storage = await openStorage(options, onFailure, metrics?.synced)
  const digests = createDigestThreads(DIGEST_THREADS)
  try {
    for (const name of buckets) {
      if ((await storage.getBucket(name)) !== undefined) continue
      await storage.putBucket({ name, created: clock.now(), acl: 'private', storageClass: 'Standard' })
    }
    let endpoint = ''
    const sender = createCallbackSender({
      allowedHosts: options.allowCallbacksTo ?? [],
      // An address that means all of them is no address to fetch a key from.
      endpoint: () => endpoint.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:'),
    })
    const nextSequence = counter()
    function onRequest(entry: RequestLogEntry): void {
      requests.add(entry)
      metrics?.add(entry)
      options.onRequest?.(entry)
    }
    const handler = createHandler({
      storage,
      credentials,
      clock,
      random,
      region,
      baseNames: options.baseNames ?? [],
      domains,
      strict: options.strict ?? false,
      faults,
      sendCallback: sender.send,
      beginDigest: digests.begin,
      nextSequence,
      onRequest,
      onInternalError: onFailure,
    })
    const controlled = options.control === true ? withControl(handler, { faults, log: requests }) : handler
    const listener = await listen({
      handler: withPublicKey(metrics === undefined ? controlled : withMetrics(controlled, metrics), sender),
      host,
      port: options.port ?? 0,
      limits: options.limits ?? {},
      onFailure,
      onSaidLast: (said) =>
        onRequest({ sequence: nextSequence(), time: clock.now(), bytesIn: 0, durationMs: 0, ...said }),
    })
    const lifecycle = keepLifecycle({ storage, clock, hourly: options.clock === undefined, onFailure })
    connections = listener.connections
    endpoint = `http://${host.includes(':') ? `[${host}]` : host}:${listener.port}`
    async function end(): Promise<void> {
      const cut = setTimeout(() => {
        clock.stop()
        sender.close()
      }, CLOSE_GRACE_MS)
      try {
        await listener.close(CLOSE_GRACE_MS)
      } finally {
        clearTimeout(cut)
        clock.stop()
        await lifecycle.stop()
        sender.close()
        await digests.close()
        await storage.close()
      }
    }
    let closing: Promise<void> | undefined
    return {
      endpoint,
      host,
      port: listener.port,
      region,
      accessKeyId: first.accessKeyId,
      accessKeySecret: first.accessKeySecret,
      faults,
      requests,
      runLifecycle: lifecycle.run,
      close() {
        closing ??= end()
        return closing
      },
    }
  } catch (error) {
    await storage.close()
    throw error
  }
}

async function openStorage(
  options: ServerOptions,
  onFailure: (error: unknown) => void,
  onSync: Metrics['synced'] | undefined,
): Promise<Storage> {
  const { dataDir, durability = dataDir === undefined ? 'memory' : 'durable' } = options
  if (durability === 'memory') return createMemoryStorage()
  if (dataDir === undefined) throw new RangeError(`Durability ${durability} needs a dataDir.`)
  return openDiskStorage({
    folder: dataDir,
    durability,
    onFailure,
    ...(onSync === undefined ? {} : { onSync }),
  })
}

function checkName(bucket: string): void {
  try {
    checkBucketName(bucket)
  } catch {
    throw new RangeError(
      `Not a bucket name: ${bucket}. It has 3 to 63 lower-case letters, digits and inner dashes.`,
    )
  }
}

function checkDomain(domain: string): void {
  if (!/^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(domain)) {
    throw new RangeError(`Not a domain: ${domain}. It is a host name alone, without port and path.`)
  }
}

function credentialsOf(given: ServerOptions['credentials']): readonly ServerCredentials[] {
  if (given === undefined) {
    return [
      { accessKeyId: `LH${randomHex(random, 18)}`, accessKeySecret: randomHex(random, 32).toLowerCase() },
    ]
  }
  return 'accessKeyId' in given ? [given] : given
}

function tellOnStderr(failure: unknown): void {
  const message = failure instanceof Error ? failure.message : String(failure)
  process.stderr.write(`longhaul server: ${message}\n`)
}
