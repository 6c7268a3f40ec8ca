/**
 * Brings every part of a plan to the service, proved. Missing parts are sent at once by `numThreads` senders, or by as
 * many as have a place now; parts of earlier runs are read again beside them; one that is refuted joins the queue of those
 * to send. While the line about a part is synced, the next part is on its way already.
 */
import { type Ahead, createAheads, type PartInTurn } from './ahead.js'
import { type CancelScope, createScope, throwIfCancelled } from './cancel.js'
import { type PartProof, sameIdentity } from './checkpoint.js'
import { type Life, persist, recordOrStop, type UploadRequest } from './life.js'
import { type PartRange, type Plan, partRange } from './plan.js'
import type { CancelSignal, SourceIdentity, UploadRef } from './ports.js'
import { assertSameBytes } from './receipts.js'
import { type Claim, needsMd5, type PartFate, provedBy } from './reconcile.js'

/** Ranges read again at once: enough to keep a disk busy, few enough to leave it to the senders. */
const numCheckers = 2

/**
 * Lines of one sender or checker that may be on their way to the disk. A part sent in vain costs bytes, should we die; a part
 * read in vain does not, and is read in less time than a sync takes: lines that wait together share one.
 */
const linesBehind = { sending: 1, checking: 32 }

export interface Transfer {
  readonly ref: UploadRef
  readonly plan: Plan
  readonly fates: readonly PartFate[]
  /** The upload is one that somebody else may have begun. */
  readonly adopted: boolean
}

/**
 * Resolves with a proof for every part of the plan. On failure everything in flight is stopped first. An upload that is
 * gone comes out as the `ServiceError` it is.
 */
export async function transfer(life: Life, work: Transfer): Promise<Map<number, PartProof>> {
  const proofs = new Map<number, PartProof>()
  const toSend: number[] = []
  const toCheck: Claim[] = []
  for (const fate of work.fates) {
    if (fate.kind === 'send') toSend.push(fate.partNumber)
    else if (fate.kind === 'check') toCheck.push(fate.claim)
    else {
      proofs.set(fate.partNumber, fate.proof)
      if (!life.sent.has(fate.partNumber)) life.progress.kept(fate.partNumber, fate.proof.size)
    }
  }

  const scope = createScope(life.signal)
  let openChecks = toCheck.length
  const idle: (() => void)[] = []
  const wakeSenders = (): void => {
    for (const wake of idle.splice(0)) wake()
  }

  const { threads } = life
  const nextAhead = createAheads({ source: life.ports.source, plan: work.plan, toSend })
  const sendAll = async (ahead: Ahead, record: Record): Promise<void> => {
    for (;;) {
      throwIfCancelled(scope.signal)
      // With a fixed number nobody waits here, not even for a tick.
      if (threads !== undefined) await threads.enter(scope.signal)
      try {
        const turn = ahead.take()
        if (turn !== undefined) {
          const part = { ...turn, ...partRange(work.plan, turn.partNumber) }
          const proof = await sendPart(life, work, part, { signal: scope.signal, ahead })
          proofs.set(turn.partNumber, proof)
          await record('stored', proof)
          continue
        }
      } finally {
        threads?.leave()
      }
      if (openChecks === 0) return
      await new Promise<void>((resolve) => idle.push(resolve))
    }
  }
  const sender = (): Promise<void> =>
    recording(life, work, { scope, behind: linesBehind.sending }, async (record) => {
      const ahead = nextAhead()
      try {
        await sendAll(ahead, record)
      } finally {
        ahead.drop()
      }
    })
  const checker = (): Promise<void> =>
    recording(life, work, { scope, behind: linesBehind.checking }, async (record) => {
      for (let claim = toCheck.shift(); claim !== undefined; claim = toCheck.shift()) {
        throwIfCancelled(scope.signal)
        const proof = await checkPart(life, work, claim, scope.signal)
        if (proof === undefined) {
          toSend.push(claim.partNumber)
        } else {
          proofs.set(claim.partNumber, proof)
          await record('verified', proof)
        }
        openChecks -= 1
        wakeSenders()
      }
    })

  threads?.begin()
  const tasks = [
    ...Array.from({ length: mostSenders(life.request) }, sender),
    ...Array.from({ length: Math.min(numCheckers, toCheck.length) }, checker),
  ]
  try {
    await allEnded(tasks, (failure) => {
      scope.cancel(failure)
      wakeSenders()
    })
  } finally {
    scope.close()
  }
  return proofs
}

type Record = (kind: 'stored' | 'verified', proof: PartProof) => Promise<void>

/**
 * Writes down what `work` proves, up to `behind` lines behind: `record` waits while so many are not durable yet. So a sync
 * costs no time unless it takes longer than what is done meanwhile. Ends when all is durable; a lost hold stops the scope.
 */
async function recording(
  life: Life,
  { ref, adopted }: Transfer,
  { scope, behind }: { readonly scope: CancelScope; readonly behind: number },
  work: (record: Record) => Promise<void>,
): Promise<void> {
  const lines: Promise<void>[] = []
  const working = work(async (kind, proof) => {
    if (lines.length === behind) await lines.shift()
    const line = recordOrStop(life, { kind, uploadId: ref.uploadId, ...mark(adopted), ...proof })
    // It may fail while nobody waits for it.
    line.catch(scope.cancel)
    lines.push(line)
  })
  // The others stop at once, not when the lines are durable.
  working.catch(scope.cancel)
  await Promise.allSettled([working])
  await Promise.allSettled(lines)
  await Promise.all([working, ...lines])
}

function mostSenders({ numThreads }: UploadRequest): number {
  return typeof numThreads === 'number' ? numThreads : numThreads.most
}

/** Waits for all to end, even after one failed: then throws the first failure. Nothing is left running behind. */
async function allEnded(
  tasks: readonly Promise<void>[],
  onFailure: (failure: unknown) => void,
): Promise<void> {
  let first: { readonly failure: unknown } | undefined
  await Promise.all(
    tasks.map((task) =>
      task.catch((failure: unknown) => {
        first ??= { failure }
        onFailure(failure)
      }),
    ),
  )
  if (first !== undefined) throw first.failure
}

/** Sends one part until it is stored and proved; whoever calls writes that down. An upload that is gone comes out as a `ServiceError`. */
export async function sendPart(
  life: Life,
  { ref }: Pick<Transfer, 'ref'>,
  { partNumber, start, end, early }: PartRange & PartInTurn,
  { signal, ahead }: { readonly signal: CancelSignal; readonly ahead?: Ahead },
): Promise<PartProof> {
  const { threads } = life
  const { service, source } = life.ports
  let furthest = 0
  const look = async (): Promise<SourceIdentity> => {
    const identity = await source.identity()
    ahead?.saw(identity)
    return identity
  }
  return persist(
    life,
    { operation: 'UploadPart', partNumber, signal },
    async ({ patience, number }) => {
      if (threads !== undefined && number > 1) await threads.giveWay(signal)
      // What was read beforehand is for one attempt, as all that is read.
      const begun = number === 1 ? early : undefined
      const before = begun?.before ?? (await look())
      const slice = begun?.slice ?? source.slice(start, end)
      let running = true
      const onSent = (bytes: number): void => {
        if (!running) return
        // Only new ground is progress: a part that fails at its end for ever must not look alive for ever.
        if (bytes > furthest) {
          threads?.sent(bytes - furthest)
          furthest = bytes
          life.liveness.moved()
        }
        life.progress.sending(partNumber, bytes)
      }
      try {
        const { receipt, computed } = await service.uploadPart(
          ref,
          partNumber,
          ahead?.watch(slice) ?? slice,
          {
            headers: life.request.headers,
            signal,
            onSent,
            onHeldBack: life.liveness.excuse,
            patience,
          },
        )
        assertSameBytes(service.integrity, { receipt, computed, size: end - start })
        const after = await look()
        const proof: PartProof = {
          partNumber,
          size: end - start,
          etag: receipt.etag,
          crc64: computed.crc64,
          identity: sameIdentity(before, after) ? before : null,
        }
        life.liveness.moved()
        life.sent.add(partNumber)
        life.progress.stored(partNumber, proof.size)
        life.emit({ type: 'part-stored', partNumber, size: proof.size })
        return proof
      } catch (error) {
        threads?.failed(error)
        ahead?.drop() // sent again, this part may want its block
        throw error
      } finally {
        running = false
        life.progress.stopped(partNumber)
        begun?.slice.drop()
      }
    },
    ['upload-gone'],
  )
}

/** `undefined` when the service's part is not what the file has now. */
async function checkPart(
  life: Life,
  { plan }: Transfer,
  claim: Claim,
  signal: CancelSignal,
): Promise<PartProof | undefined> {
  const { digester, source } = life.ports
  const { partNumber, size } = claim
  const { start, end } = partRange(plan, partNumber)
  const before = await source.identity()
  const digest = await digester.digest(source.slice(start, end), { md5: needsMd5(claim) }, signal)
  const after = await source.identity()
  life.liveness.moved()
  if (!provedBy(claim, digest)) {
    life.progress.refuted(partNumber)
    life.emit({ type: 'part-refuted', partNumber, size })
    return undefined
  }
  const proof: PartProof = {
    partNumber,
    size,
    etag: claim.listed.etag,
    crc64: digest.crc64,
    identity: sameIdentity(before, after) ? before : null,
  }
  if (!life.sent.has(partNumber)) {
    life.progress.kept(partNumber, size)
    life.emit({ type: 'part-kept', partNumber, size })
  }
  return proof
}

function mark(adopted: boolean): { readonly adopted?: true } {
  return adopted ? { adopted } : {}
}
