/** Asking for objects that the service keeps frozen to be readable for a while. */
import { child, element, text } from '../xml.js'
import {
  documentOf as answerDocument,
  emptyAnswer,
  nothingBeyondSuccess,
  requiredFlag,
  xmlAnswer,
} from './answers.js'
import type { BucketInput, Done } from './buckets.js'
import { type ObjectInput, readObjectInput } from './objects.js'
import type { Operation } from './operation.js'
import { bucketOf, documentOf, neededFlagIn, present } from './requests.js'

export interface RestoreObjectInput extends ObjectInput {
  /** Of being readable, as they were written. Absent: 1. */
  readonly days?: string
  /** `Expedited`, `Standard` or `Bulk`. */
  readonly tier?: string
}

export interface RestoreObjectOutput {
  /** Begun now, rather than prolonged. */
  readonly accepted: boolean
  /** The tier that it is done by, where there are tiers. */
  readonly tier?: string
}

export interface ArchiveDirectRead {
  readonly enabled: boolean
}

const PRIORITY = 'x-oss-object-restore-priority'
const directRead = { bucketArchiveDirectRead: '' }

/** POST of an object with `restore`. */
export const restoreObject: Operation<RestoreObjectInput, RestoreObjectOutput> = {
  name: 'RestoreObject',
  encodeRequest: ({ bucket, key, versionId, days, tier }) => ({
    method: 'POST',
    bucket,
    key,
    query: { restore: '', ...present({ versionId }) },
    headers: {},
    ...(days === undefined && tier === undefined ? {} : { body: restoreBody(days, tier) }),
  }),
  decodeRequest: (request) => {
    const input = readObjectInput(request)
    if (request.body === undefined || request.body.length === 0) return input
    const root = documentOf(request, 'RestoreRequest')
    const parameters = child(root, 'JobParameters')
    const tier = parameters && (text(parameters, 'Tier')?.trim() ?? '')
    return {
      ...input,
      ...present({ days: text(root, 'Days')?.trim() }),
      ...(tier === undefined ? {} : { tier }),
    }
  },
  encodeAnswer: ({ accepted, tier }) =>
    emptyAnswer(accepted ? 202 : 200, tier === undefined ? {} : { [PRIORITY]: tier }),
  decodeAnswer: (answer) => ({
    accepted: answer.status === 202,
    ...present({ tier: answer.headers[PRIORITY] }),
  }),
}

/** PUT of a bucket with `bucketArchiveDirectRead`. */
export const putBucketArchiveDirectRead: Operation<BucketInput & ArchiveDirectRead, Done> = {
  name: 'PutBucketArchiveDirectRead',
  encodeRequest: ({ bucket, enabled }) => ({
    method: 'PUT',
    bucket,
    query: directRead,
    headers: {},
    body: xmlAnswer(element('ArchiveDirectReadConfiguration', [element('Enabled', enabled)])).body,
  }),
  decodeRequest: (request) => ({
    bucket: bucketOf(request),
    enabled: neededFlagIn(documentOf(request, 'ArchiveDirectReadConfiguration'), 'Enabled'),
  }),
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `bucketArchiveDirectRead`. */
export const getBucketArchiveDirectRead: Operation<BucketInput, ArchiveDirectRead> = {
  name: 'GetBucketArchiveDirectRead',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: directRead, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: ({ enabled }) =>
    xmlAnswer(element('ArchiveDirectReadConfiguration', [element('Enabled', enabled)])),
  decodeAnswer: (answer) => ({
    enabled: requiredFlag(answerDocument(answer, 'ArchiveDirectReadConfiguration'), 'Enabled'),
  }),
}

function restoreBody(days: string | undefined, tier: string | undefined): Uint8Array {
  return xmlAnswer(
    element('RestoreRequest', [
      days === undefined ? undefined : element('Days', days),
      tier === undefined ? undefined : element('JobParameters', [element('Tier', tier)]),
    ]),
  ).body
}
