/** Thawing objects that the service keeps frozen, freezing them again, and sealing those that can be appended to. */

import { emptyAnswer } from '../protocol/operations/answers.js'
import { readObjectInput } from '../protocol/operations/objects.js'
import { malformedXml, wholeNumber } from '../protocol/operations/requests.js'
import {
  getBucketArchiveDirectRead,
  putBucketArchiveDirectRead,
  type RestoreObjectInput,
  restoreObject,
} from '../protocol/operations/restore-object.js'
import { requireBucket } from './bucket-operations.js'
import { type Operate, Refusal } from './context.js'
import { changeObject, requireObject } from './found-objects.js'
import { refrozen, THAWING, type Thaw, thawOf } from './frozen.js'
import { invalidArgument } from './invalid-argument.js'
import { receiveDocument } from './receive.js'
import { storageClassOf } from './storage-class.js'

const DAY_MS = 86_400_000
/** Of being readable, and the EC of a wrong number, by class. */
const MOST_DAYS = { Archive: 7, others: 365 }
const WRONG_TIER = '0016-00000703'
const WRONG_DAYS = { Archive: '0016-00000708', others: '0016-00000704' }

export const restoreOperations = {
  RestoreObject: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = restoreObject.decodeRequest({ ...exchange.request, body })
    const bucket = await requireBucket(exchange, input.bucket)
    const storageClass = storageClassOf((await requireObject(exchange, input)).headers, bucket)
    const tiers = THAWING.get(storageClass)
    if (tiers === undefined) throw new Refusal({ code: 'OperationNotSupported', ec: '0016-00000702' })
    const asked = askedOf(input, storageClass, tiers)
    const now = exchange.clock.now()
    let accepted = false
    await changeObject(exchange, input, (object) => {
      const thaw = thawOf(object, now)
      accepted = thaw === undefined || now < thaw.from
      return { ...object, thaw: thawed(thaw, { ...asked, now }) }
    })
    const tier = storageClass === 'Archive' ? {} : { tier: asked.tier }
    return restoreObject.encodeAnswer({ accepted, ...tier }, input)
  },

  CleanRestoredObject: async (exchange) => {
    const input = readObjectInput(exchange.request)
    const bucket = await requireBucket(exchange, input.bucket)
    const found = await requireObject(exchange, input)
    if (!THAWING.has(storageClassOf(found.headers, bucket))) {
      throw new Refusal({ code: 'OperationNotSupported', ec: '0016-00000702' })
    }
    const now = exchange.clock.now()
    await changeObject(exchange, input, (object) => {
      const thaw = thawOf(object, now)
      if (thaw === undefined) throw new Refusal({ code: 'ArchiveRestoreFileStale' })
      if (now < thaw.from) throw new Refusal({ code: 'ArchiveRestoreNotFinished' })
      return refrozen(object)
    })
    return emptyAnswer(200)
  },

  SealAppendObject: async (exchange) => {
    await requireObject(exchange, readObjectInput(exchange.request))
    throw new Refusal({
      code: 'OperationNotSupported',
      message: 'SealAppendable is not supported.',
      ec: '0016-00000513',
    })
  },

  PutBucketArchiveDirectRead: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = putBucketArchiveDirectRead.decodeRequest({ ...exchange.request, body })
    await exchange.storage.updateBucket(input.bucket, (bucket) => ({
      ...bucket,
      archiveDirectRead: input.enabled,
    }))
    return putBucketArchiveDirectRead.encodeAnswer({}, input)
  },

  GetBucketArchiveDirectRead: async (exchange) => {
    const input = getBucketArchiveDirectRead.decodeRequest(exchange.request)
    const { archiveDirectRead: enabled = false } = await requireBucket(exchange, input.bucket)
    return getBucketArchiveDirectRead.encodeAnswer({ enabled }, input)
  },
} satisfies Record<string, Operate>

interface Asked {
  readonly days: number
  readonly tier: string
  /** Milliseconds that it takes. */
  readonly takes: number
}

function askedOf(
  { days, tier }: RestoreObjectInput,
  storageClass: string,
  tiers: Readonly<Record<string, number>>,
): Asked {
  const kind = storageClass === 'Archive' ? 'Archive' : 'others'
  // That class has no tiers, and its document no place for one.
  if (kind === 'Archive' && tier !== undefined) throw malformedXml()
  const named = tier ?? 'Standard'
  const takes = Object.hasOwn(tiers, named) ? tiers[named] : undefined
  if (takes === undefined) throw invalidArgument('Tier', named, 'The tier is not supported.', WRONG_TIER)
  const number = days === undefined ? 1 : wholeNumber(days)
  if (number === undefined || number < 1 || number > MOST_DAYS[kind]) {
    const message = `Days must be an integer between 1 and ${MOST_DAYS[kind]}.`
    throw invalidArgument('Days', days ?? '', message, WRONG_DAYS[kind])
  }
  return { days: number, tier: named, takes }
}

/** Begun, hastened or prolonged. @throws Refusal RestoreAlreadyInProgress */
function thawed(thaw: Thaw | undefined, { days, takes, now }: Asked & { readonly now: number }): Thaw {
  if (thaw !== undefined && thaw.from <= now) {
    return { ...thaw, until: Math.max(thaw.until, now + days * DAY_MS) }
  }
  // A tier may be raised while it is being done, and nothing else.
  if (thaw !== undefined && takes >= thaw.takes) {
    // The number of a lower tier. For the same one there is a number as well; no public page tells which, and this is the nearest.
    throw new Refusal({ code: 'RestoreAlreadyInProgress', ec: '0016-00000715' })
  }
  const from = Math.min(now + takes, thaw?.from ?? Number.POSITIVE_INFINITY)
  return { from, until: from + days * DAY_MS, takes }
}
