/**
 * Looks at everything an upload needs, one thing after another, and tells each as it is found: the store, the way to the
 * service, its clock, the keys, every permission, the speed of the line. What it makes at the service has a name of its own and is
 * removed again, also when it is stopped.
 */
import { UploadError } from '../engine/errors.js'
import { parseEndpoint } from '../services/oss/endpoint.js'
import { createNodeTransport } from '../transport/node.js'
import { Bucket, type ServiceOptions } from './bucket.js'
import { diagnoseKeys, diagnoseListing } from './diagnosis-keys.js'
import { diagnosePermissions } from './diagnosis-permissions.js'
import { diagnoseService } from './diagnosis-service.js'
import { diagnoseStore } from './diagnosis-store.js'
import type { Finding } from './findings.js'
import { networkOf } from './network.js'

export interface DiagnosisOptions {
  /** Below which key the trial uploads are made. Default: none, so at the top of the bucket. */
  readonly prefix?: string | undefined
  /** The folder of checkpoints to look at. Default: none is looked at. */
  readonly store?: string | undefined
  /** Measure latency and rate, which sends up to 64 MiB for up to five seconds. Default true. */
  readonly measure?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** More than for parts: the line is measured with four at once. */
const maxSockets = 6
const connectMs = 10_000

/**
 * Finds out whether uploads to this bucket would work from here, and tells what is in the way. With the options of a service
 * instead of a bucket, permissions are not tried.
 *
 * ```ts
 * for await (const { check, state, message } of diagnose(bucket)) console.log(state, check, message)
 * ```
 *
 * What fails is a finding, not an exception: it rejects with an `UploadError` `cancelled` alone, after the signal.
 */
export async function* diagnose(
  where: Bucket | ServiceOptions,
  options: DiagnosisOptions = {},
): AsyncGenerator<Finding, void, undefined> {
  const { signal = new AbortController().signal, store, prefix = '', measure = true } = options
  if (store !== undefined) yield* diagnoseStore(store)
  const bucket = where instanceof Bucket ? where : undefined
  const network = where instanceof Bucket ? where.network : networkOf(where)
  const origin = where instanceof Bucket ? where.origin : parseEndpoint(where.endpoint, where).origin
  const { transport, close } = createNodeTransport({ maxSockets, stallLimits: { connectMs }, ...network })
  try {
    if (!(yield* diagnoseService({ origin, network, transport, signal, measure }))) return
    if (!(yield* diagnoseKeys(where, signal))) return
    if (bucket === undefined) yield* diagnoseListing(where as ServiceOptions, transport, signal)
    else yield* diagnosePermissions({ bucket, transport, signal, prefix, measure })
  } catch (error) {
    if (error instanceof UploadError) throw error
    if (signal.aborted) throw new UploadError('cancelled', 'Stopped.', { cause: signal.reason })
    throw error
  } finally {
    await close()
  }
}
