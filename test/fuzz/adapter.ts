/** The real OSS adapter, every request of it, answered with what no service should say. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { ObjectService } from '../../src/engine/ports.js'
import { encodeErrorDocument } from '../../src/protocol/errors.js'
import type { WireAnswer } from '../../src/protocol/operations/operation.js'
import { scriptedService, sliceOf } from '../services/scripted.js'
import {
  assertCount,
  assertCrc64,
  assertPartNumber,
  assertServiceError,
  assertText,
  assertTime,
  assertWord,
  maybe,
} from './laws.js'
import { type Mutation, mutated, mutatedHeaders, mutations, pick } from './mutate.js'
import { documents, heads } from './samples.js'
import { asyncTarget, type Target } from './target.js'

const options = { headers: {}, signal: new AbortController().signal }
const sending = { ...options, onSent: () => {}, patience: 1 }
const upload = { key: 'dir/a b\u4e2d&.dat', uploadId: 'U' }
const slice = sliceOf(Uint8Array.of(1, 2, 3))

type Method = (service: ObjectService) => Promise<void>

/** By the name of the operation whose sample is the answer. */
const methods: Readonly<Record<string, Method>> = {
  async PutObject(service) {
    const { receipt, computed } = await service.putObject(upload.key, slice, sending)
    assertReceipt(receipt)
    assertCrc64(computed.crc64)
  },
  async InitiateMultipartUpload(service) {
    const { uploadId, initiated } = await service.createMultipartUpload(upload.key, options)
    assertWord(uploadId)
    assert.ok(Number.isFinite(initiated))
  },
  async UploadPart(service) {
    const { receipt } = await service.uploadPart(upload, 7, slice, sending)
    assert.equal(receipt.partNumber, 7)
    assertReceipt(receipt)
  },
  async ListParts(service) {
    const { parts, nextMarker } = await service.listParts(upload, 0, options)
    maybe(nextMarker, assertCount)
    for (const part of parts) {
      assertPartNumber(part.partNumber)
      assertCount(part.size)
      assertReceipt(part)
    }
  },
  async CompleteMultipartUpload(service) {
    const parts = [{ partNumber: 1, etag: 'E' }]
    assertReceipt(await service.completeMultipartUpload(upload, parts, options))
  },
  AbortMultipartUpload: (service) => service.abortMultipartUpload(upload, options),
  async HeadObject(service) {
    const info = await service.headObject(upload.key, options)
    assertCount(info.size)
    assertTime(info.lastModified)
    assertReceipt(info)
  },
  async ListMultipartUploads(service) {
    for (const each of (await service.listMultipartUploads?.(upload.key, options)) ?? []) {
      assert.equal(each.key, upload.key)
      assertWord(each.uploadId)
      assertTime(each.initiated)
    }
  },
}

function assertReceipt(receipt: {
  readonly etag: string
  readonly crc64?: string
  readonly requestId?: string
}): void {
  assertWord(receipt.etag)
  maybe(receipt.crc64, assertCrc64)
  maybe(receipt.requestId, assertText)
}

const refusal = encodeErrorDocument(
  { code: 'RequestTimeTooSkewed', fields: { ServerTime: '2026-01-02T03:04:05.000Z' } },
  { requestId: '5C3D9175B6FC201293AD4890', hostId: 'h', head: false },
)

function sampleOf(name: string): WireAnswer {
  const found = [...documents, ...heads].find((sample) => sample.name === name)
  if (found === undefined) throw new Error(`no sample of ${name}`)
  return found.answer
}

interface Scene {
  readonly operation: string
  readonly status: number
  readonly refused: boolean
  readonly headChanges: readonly Mutation[]
  readonly bodyChanges: readonly Mutation[]
}

/** More requests than any method has a reason to make: then it never ends. */
const mostRequests = 2000

async function play({ operation, status, refused, headChanges, bodyChanges }: Scene): Promise<void> {
  const good = refused ? refusal : sampleOf(operation)
  const { service, asked } = scriptedService(() => {
    if (asked.length > mostRequests) throw new Error(`${operation} asked ${asked.length} times`)
    const body = mutated(good.body, bodyChanges)
    // Each answer is another one: a list that never ends must be noticed, not only one that repeats itself.
    const marked = Buffer.from(body)
      .toString('latin1')
      .replace('<NextUploadIdMarker>', `$&${Math.min(asked.length, 3)}`)
    return {
      status,
      headers: mutatedHeaders({ ...good.headers, 'x-oss-request-id': 'R1' }, headChanges),
      body: Buffer.from(marked, 'latin1'),
    }
  })
  try {
    await methods[operation]?.(service)
  } catch (error) {
    assertServiceError(error)
    return
  }
  assert.ok(status < 300 && status !== 203, `status ${status} was taken for success`)
}

const few = fc.oneof(fc.constant([]), mutations)
const scenes = fc
  .tuple(
    fc.nat(),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(200) },
      { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
    ),
    fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    few,
    few,
  )
  .map(
    ([which, status, refused, headChanges, bodyChanges]): Scene => ({
      operation: pick(Object.keys(methods), which),
      status,
      refused,
      headChanges,
      bodyChanges,
    }),
  )

export const adapterTarget: Target = asyncTarget('adapter', scenes, { runs: 500, weight: 2, law: play })
