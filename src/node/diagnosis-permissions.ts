/**
 * Tries each thing that an upload does, under a key of its own. What an upload can not do without has failed when it is refused;
 * what it only does worse without is a warning. An object is made only where it can be removed again.
 */
import { randomBytes } from 'node:crypto'
import { type ServiceError, UploadError } from '../engine/errors.js'
import type { UploadRef } from '../engine/ports.js'
import { asUploadError } from '../engine/retry.js'
import type { Transport } from '../protocol/message.js'
import { bytesSource } from '../sources/bytes.js'
import type { Bucket } from './bucket.js'
import { rateFinding } from './diagnosis-rate.js'
import { Trial } from './diagnosis-trial.js'
import { type Finding, failed, fine, skipped, warned } from './findings.js'

interface Need {
  readonly permission: string
  /** What is worse without it. Absent: uploads do not work without it. */
  readonly without?: string
}

const needs = {
  'begin an upload': { permission: 'oss:PutObject' },
  'send a part': { permission: 'oss:PutObject' },
  'list parts': { permission: 'oss:ListParts', without: 'a resumed upload trusts its checkpoint alone' },
  'list uploads': {
    permission: 'oss:ListMultipartUploads',
    without: 'an upload whose beginning got no answer is not found again',
  },
  'abort an upload': {
    permission: 'oss:AbortMultipartUpload',
    without: 'the parts of uploads that are given up stay, and cost',
  },
  'put an object': { permission: 'oss:PutObject' },
  'complete an upload': { permission: 'oss:PutObject' },
  'look at an object': {
    permission: 'oss:GetObject',
    without: 'a lost answer at the end of an upload can not be settled, and verify does not work',
  },
  'remove an object': { permission: 'oss:DeleteObject', without: 'rm does not work' },
} as const satisfies Readonly<Record<string, Need>>

type Check = keyof typeof needs

/** As small as a part may be that others follow. */
const partBytes = 100 * 1024

/** Refusals of the key or the signature itself, whatever was asked. */
const aboutTheKey: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidSecurityToken',
  'SecurityTokenExpired',
  'RequestTimeTooSkewed',
  'UserDisable',
])

export interface PermissionTrial {
  readonly bucket: Bucket
  readonly transport: Transport
  readonly signal: AbortSignal
  readonly prefix: string
  readonly measure: boolean
}

/** Rejects with an `UploadError` `cancelled`, naming what was left, when it is stopped. */
export async function* diagnosePermissions(given: PermissionTrial): AsyncGenerator<Finding, void, undefined> {
  const trial = new Trial(given.bucket, given)
  let left: readonly string[] = []
  try {
    try {
      yield* findings(trial, given.measure)
    } finally {
      left = await trial.tidy()
    }
  } catch (error) {
    if (!given.signal.aborted || left.length === 0) throw error
    const message = `Stopped. Left at the service: ${left.join(' and ')}.`
    throw new UploadError('cancelled', message, { cause: given.signal.reason })
  }
  if (left.length > 0) {
    yield warned(
      'tidying up',
      `left at the service: ${left.join(' and ')}`,
      'Take it away with a key that may.',
    )
  }
}

async function* findings(trial: Trial, measure: boolean): AsyncGenerator<Finding, void, undefined> {
  const known = yield* aboutTheBucket(trial)
  if (known === undefined) return
  yield* uploadFindings(trial, measure)
  yield* objectFindings(trial, known)
}

type KeepsVersions = 'yes' | 'no' | 'unknown'

/** `undefined`: there is no use in going on. */
async function* aboutTheBucket(
  trial: Trial,
): AsyncGenerator<Finding, { readonly keepsVersions: KeepsVersions } | undefined, undefined> {
  const asked = await trial.attempt(() => trial.client.bucketInfo({ signal: trial.signal }))
  if (!('error' in asked)) {
    const { name, versioning, acl, storageClass } = asked.value
    const versions = versioning === undefined ? '' : `, versioning ${versioning}`
    yield fine('signature', 'the service knows the key')
    yield fine('bucket', `${name} is there: ${acl}, ${storageClass}${versions}`)
    return { keepsVersions: versioning === undefined ? 'no' : 'yes' }
  }
  const { error } = asked
  if (aboutTheKey.has(error.serviceCode ?? '')) {
    yield failureOf('signature', error)
    return undefined
  }
  const isElsewhere = /use that as the endpoint/.test(error.message)
  if (error.serviceCode === 'AccessDenied' && !isElsewhere) {
    yield fine('signature', 'the service knows the key')
    yield skipped('bucket', 'it may not look at the bucket (oss:GetBucketInfo), which uploads do not need')
    return { keepsVersions: 'unknown' }
  }
  if (['unsupported', 'refused'].includes(error.meaning) && !/region/.test(error.message)) {
    yield skipped('bucket', error.message)
    return { keepsVersions: 'unknown' }
  }
  yield failureOf('bucket', error)
  return undefined
}

async function* uploadFindings(trial: Trial, measure: boolean): AsyncGenerator<Finding, void, undefined> {
  const begun = await trial.begin()
  yield 'error' in begun ? refusal('begin an upload', begun.error) : fine('begin an upload', 'allowed')
  if ('error' in begun) {
    yield skipped('send a part', 'nothing to send it to')
    return
  }
  const upload = begun.value
  const isSent = yield* partFinding(trial, upload)
  const parts = await trial.attempt(() => trial.service.listParts(upload, 0, trial.asked))
  yield 'error' in parts ? refusal('list parts', parts.error) : fine('list parts', 'allowed')
  const uploads = await trial.attempt(() =>
    trial.client.listMultipartUploads({ signal: trial.signal, prefix: trial.key }),
  )
  yield 'error' in uploads ? refusal('list uploads', uploads.error) : fine('list uploads', 'allowed')
  if (measure && isSent) yield await rateFinding(trial, upload)
  const aborted = await trial.abort(upload)
  yield 'error' in aborted ? refusal('abort an upload', aborted.error) : fine('abort an upload', 'allowed')
}

async function* partFinding(trial: Trial, upload: UploadRef): AsyncGenerator<Finding, boolean, undefined> {
  const sent = await sendPart(trial, upload)
  if ('error' in sent) {
    yield refusal('send a part', sent.error)
    return false
  }
  const { receipt, computed } = sent.value
  const isRight = receipt.crc64 === undefined || receipt.crc64 === computed.crc64
  yield isRight
    ? fine(
        'send a part',
        receipt.crc64 === undefined ? 'allowed' : 'allowed, and its CRC-64 is the one that was sent',
      )
    : failed('send a part', {
        code: 'integrity',
        message: 'what the service got has another CRC-64 than what was sent',
        advice: 'Something on the way changes bytes: a proxy, or the memory of this machine.',
      })
  return isRight
}

function sendPart(trial: Trial, upload: UploadRef) {
  return trial.attempt(() => trial.service.uploadPart(upload, 1, trialBytes(), sending(trial)))
}

function trialBytes() {
  return bytesSource(randomBytes(partBytes)).slice(0, partBytes)
}

function sending(trial: Trial) {
  return { ...trial.asked, onSent: () => {}, patience: 1 }
}

async function* objectFindings(
  trial: Trial,
  { keepsVersions }: { readonly keepsVersions: KeepsVersions },
): AsyncGenerator<Finding, void, undefined> {
  if (keepsVersions !== 'no') {
    const why = {
      yes: 'the bucket keeps versions, so a trial object would stay',
      unknown: 'the bucket may keep versions, and then a trial object would stay',
    }[keepsVersions]
    yield skipped('put an object', `${why}; it needs what sending a part needs`)
    yield await lookFinding(trial)
    return
  }
  // Of a key that nobody has, so it removes nothing.
  const removable = await trial.remove()
  if ('error' in removable) {
    yield refusal('remove an object', removable.error)
    yield skipped('put an object', 'a trial object would stay; it needs what sending a part needs')
    yield await lookFinding(trial)
    return
  }
  trial.putting()
  const put = await trial.attempt(() => trial.service.putObject(trial.key, trialBytes(), sending(trial)))
  yield 'error' in put ? refusal('put an object', put.error) : fine('put an object', 'allowed')
  yield await completeFinding(trial)
  yield await lookFinding(trial)
  const removed = await trial.remove()
  yield 'error' in removed
    ? refusal('remove an object', removed.error)
    : fine('remove an object', 'allowed; nothing was left')
}

async function completeFinding(trial: Trial): Promise<Finding> {
  const begun = await trial.begin()
  if ('error' in begun) return refusal('complete an upload', begun.error)
  const upload = begun.value
  const sent = await sendPart(trial, upload)
  if ('error' in sent) return refusal('complete an upload', sent.error)
  const completed = await trial.attempt(() =>
    trial.service.completeMultipartUpload(upload, [sent.value.receipt], trial.asked),
  )
  if ('error' in completed) {
    await trial.abort(upload)
    return refusal('complete an upload', completed.error)
  }
  trial.completed(upload)
  return fine('complete an upload', 'allowed')
}

async function lookFinding(trial: Trial): Promise<Finding> {
  const looked = await trial.attempt(() => trial.service.headObject(trial.key, trial.asked))
  if (!('error' in looked) || looked.error.meaning === 'object-missing')
    return fine('look at an object', 'allowed')
  return refusal('look at an object', looked.error)
}

function refusal(check: Check, error: ServiceError): Finding {
  const { permission, without }: Need = needs[check]
  if (error.meaning !== 'denied') return failureOf(check, error)
  const advice = `Allow ${permission} on the bucket's objects${without === undefined ? '' : `; without it ${without}`}.`
  const message = withoutDot(error.message)
  return without === undefined
    ? failed(check, { code: 'denied', message, advice })
    : warned(check, message, advice)
}

function failureOf(check: string, error: ServiceError): Finding {
  return failed(check, { code: asUploadError(error).code, message: withoutDot(error.message) })
}

function withoutDot(text: string): string {
  return text.replace(/\.$/, '')
}
