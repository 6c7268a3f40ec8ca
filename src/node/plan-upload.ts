/**
 * What an upload would do, told without doing it: the adapter makes its real requests over a transport that keeps them
 * instead of sending, and the checkpoint is read without being held. So the answer can't differ from what would be sent.
 */
import { foldCheckpoint, type OpenUpload } from '../engine/checkpoint.js'
import { assertSameHeaders } from '../engine/kept-headers.js'
import { type Plan, planFits, planParts } from '../engine/plan.js'
import type { SourceIdentity } from '../engine/ports.js'
import { reconcile } from '../engine/reconcile.js'
import { createDigester } from '../services/digester.js'
import { openFileSource } from '../sources/file.js'
import { createBlockPool } from '../sources/pool.js'
import type { Bucket } from './bucket.js'
import { type CheckedOptions, checkOptions, type UploadOptions } from './options.js'
import { type PlannedRequest, RequestSketch } from './request-sketch.js'
import { createNodeRuntime } from './runtime.js'
import { storeOf } from './store.js'
import { bucketOf } from './upload.js'

/** What would become of the parts of an earlier run, as far as the checkpoint tells. */
export interface PlannedResume {
  readonly uploadId: string
  /** Recorded and trusted: kept if the service still has them. */
  readonly keep: number
  /** Recorded, to be read again and compared with the file before they are kept. */
  readonly check: number
  readonly send: number
  /** Complete was asked for already: the object is looked at first. */
  readonly completing: boolean
}

export interface UploadPlan {
  readonly bucket: string
  readonly key: string
  /** The absolute path, or the name as it was given. */
  readonly source: string
  /** Bytes. */
  readonly size: number
  readonly method: 'PutObject' | 'multipart'
  /** Absent for one PutObject. */
  readonly partSize?: number
  readonly partCount?: number
  /** Absent where a new upload would begin. */
  readonly resume?: PlannedResume
  /** With `adopt` and nothing in the store: the service would be asked for an upload to go on with, which changes the rest. */
  readonly mayAdopt: boolean
  /** Ids that would be aborted: what `restart` gives up, and what earlier runs owe. */
  readonly aborts: readonly string[]
  /** Who works on it now, in words: until then the upload would be refused as `locked`. */
  readonly heldBy?: string
  /** In this order, if nothing fails. What the service finds missing is sent too, and counts as nothing here. */
  readonly requests: readonly PlannedRequest[]
}

/**
 * What `resumableUpload` with the same arguments would send. Asks nothing of the service, writes nothing, holds nothing.
 *
 * ```ts
 * const { method, partCount, requests } = await planUpload(bucket, 'exampledir/object.dat', '/data/local.dat')
 * for (const { operation, count, bytes } of requests) console.log(`${count} ${operation}, ${bytes} bytes`)
 * ```
 *
 * @throws UploadError as the upload would before it sent anything: `invalid-argument`, `source-missing`, `options-changed`
 */
export async function planUpload(
  bucket: Bucket | string,
  key: string,
  filename: string,
  options: UploadOptions = {},
): Promise<UploadPlan> {
  const opened = bucketOf(bucket)
  const checked = checkOptions(key, options)
  const source = await openFileSource(filename, { pool: createBlockPool({ blocks: 1 }) })
  try {
    const identity = await source.identity()
    const { size } = identity
    const sketch = new RequestSketch(opened, key, checked.headers)
    const { service } = sketch
    const summaries = await storeOf(options.store).list()
    const found = summaries.find(
      ({ target }) => target?.service === service.name && target.bucket === opened.name && target.key === key,
    )
    const state = foldCheckpoint(found?.lines ?? [])
    const past = checked.restart || state.current?.committed ? undefined : state.current
    const fits = past !== undefined && planFits(size, past.opened.partSize, service.limits)
    const current = fits ? past : undefined
    const given = state.current !== undefined && !fits ? [state.current.opened.uploadId] : []
    const aborts = [...new Set([...given, ...state.pendingAborts, ...state.leftovers])].filter(
      (id) => !state.adoptedIds.has(id) || state.pendingAborts.includes(id),
    )
    const isWhole = current === undefined && (size === 0 || size < checked.multipartThreshold)
    const plan = isWhole
      ? undefined
      : planParts({ size, partSize: current?.opened.partSize ?? checked.partSize, limits: service.limits })
    const runtime = createNodeRuntime()
    if (current !== undefined) {
      assertSameHeaders(current.opened.headers, checked.headers, {
        service,
        digester: createDigester(),
        runtime,
      })
    }
    const resume = plan && current && resumeOf({ plan, current, identity, checked })
    const requests = await requestsOf(sketch, { plan, size, resume, aborts, current })
    return {
      bucket: opened.name,
      key,
      source: filename,
      size,
      method: plan === undefined ? 'PutObject' : 'multipart',
      ...(plan === undefined ? {} : { partSize: plan.partSize, partCount: plan.partCount }),
      ...(resume === undefined ? {} : { resume }),
      mayAdopt: checked.adopt !== false && current === undefined && !isWhole,
      aborts,
      ...(found?.heldBy === undefined ? {} : { heldBy: found.heldBy }),
      requests,
    }
  } finally {
    await source.close()
  }
}

function resumeOf({
  plan,
  current,
  identity,
  checked,
}: {
  readonly plan: Plan
  readonly current: OpenUpload
  readonly identity: SourceIdentity
  readonly checked: CheckedOptions
}): PlannedResume {
  const fates = reconcile({
    plan,
    listed: undefined,
    histories: current.parts,
    identity,
    verify: checked.verify,
  })
  const countOf = (kind: string): number => fates.filter((fate) => fate.kind === kind).length
  return {
    uploadId: current.opened.uploadId,
    keep: countOf('keep'),
    check: countOf('check'),
    send: countOf('send'),
    completing: current.completing !== undefined,
  }
}

async function requestsOf(
  sketch: RequestSketch,
  work: {
    readonly plan: Plan | undefined
    readonly size: number
    readonly resume: PlannedResume | undefined
    readonly aborts: readonly string[]
    readonly current: OpenUpload | undefined
  },
): Promise<readonly PlannedRequest[]> {
  const { plan, size, resume, aborts, current } = work
  const abort = await Promise.all(aborts.slice(0, 1).map((id) => sketch.abort(id, aborts.length)))
  // Any answer tells the service's time, which is wanted before what may take effect unheard.
  const clock = (): Promise<PlannedRequest[]> =>
    aborts.length > 0 ? Promise.resolve([]) : sketch.head().then((request) => [request])
  if (plan === undefined) {
    return [...abort, ...(sketch.forbidsOverwrite() ? await clock() : []), await sketch.put(size)]
  }
  const upload = { key: sketch.key, uploadId: resume?.uploadId ?? 'UPLOAD-ID' }
  const partNumbers = Array.from({ length: plan.partCount }, (_, index) => index + 1)
  const missing = partNumbers.filter((partNumber) => !current?.parts.has(partNumber))
  return [
    ...abort,
    ...(resume === undefined ? [...(await clock()), await sketch.initiate()] : []),
    ...(resume === undefined ? [] : [await sketch.list(upload, resume.keep + resume.check)]),
    ...(missing.length === 0 ? [] : [await sketch.parts(upload, plan, missing)]),
    await sketch.complete(upload, plan),
  ]
}
