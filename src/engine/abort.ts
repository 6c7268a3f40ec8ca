/** Gives up uploads that are ours. A failed abort is remembered in the checkpoint and done at the next start. */
import { ServiceError } from './errors.js'
import { assertHeld, type Conversation, recordOrWarn } from './life.js'

/** An abort is not worth a long wait: what fails now is remembered. */
const maxAttempts = 3

/** Parts in flight may land after an abort, so it is repeated until the service knows the upload no more. */
const maxRepeats = 3

/** Whether the upload is gone now. Written down before and after. */
export async function abortOwn(life: Conversation, uploadId: string): Promise<boolean> {
  await recordOrWarn(life, { kind: 'aborting', uploadId })
  if (!(await abortUntilGone(life, uploadId))) return false
  await recordOrWarn(life, { kind: 'closed', uploadId, how: 'aborted' })
  life.emit({ type: 'aborted', uploadId })
  return true
}

/** The same without a word in the checkpoint. */
export async function abortUntilGone(life: Conversation, uploadId: string): Promise<boolean> {
  for (let repeat = 0; repeat < maxRepeats; repeat++) {
    const outcome = await abortOnce(life, uploadId)
    if (outcome.kind === 'gone') return true
    if (outcome.kind === 'failed') {
      life.emit({ type: 'abort-pending', uploadId, message: outcome.message })
      return false
    }
  }
  return true
}

/** An upload that somebody else began is given up without a request: whoever began it may still need it. */
export async function leaveAlone(life: Conversation, uploadId: string): Promise<void> {
  await recordOrWarn(life, { kind: 'closed', uploadId, how: 'left' })
  tellLeft(life, uploadId)
}

export function tellLeft({ emit }: Pick<Conversation, 'emit'>, uploadId: string): void {
  const message =
    `The adopted upload ${uploadId} is not gone on with. Somebody else may have begun it, so it was not aborted: ` +
    'it stays at the service until somebody does.'
  emit({ type: 'adopted-left', uploadId, message })
}

type Outcome = { readonly kind: 'aborted' | 'gone' } | { readonly kind: 'failed'; readonly message: string }

async function abortOnce(life: Conversation, uploadId: string): Promise<Outcome> {
  const { service, runtime } = life.ports
  const { key, headers } = life.request
  let message = ''
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    // Each time: while the last one was under way or waited for, somebody may have taken over.
    await assertHeld(life, uploadId)
    try {
      await service.abortMultipartUpload({ key, uploadId }, { headers, signal: life.signal })
      return { kind: 'aborted' }
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      if (error.meaning === 'upload-gone') return { kind: 'gone' }
      message = error.message
      if (attempt < maxAttempts) await runtime.sleep(runtime.random() * 200 * 2 ** attempt, life.signal)
    }
  }
  return { kind: 'failed', message }
}
