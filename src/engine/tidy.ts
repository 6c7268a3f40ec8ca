/** What a run leaves behind: nothing that it can help. What is given up is aborted or remembered, and the checkpoint goes last. */
import { abortOwn, leaveAlone } from './abort.js'
import { assertHeld, type Life } from './life.js'
import type { Past } from './past.js'
import { reportOrphans } from './recovery.js'

/**
 * Aborts what is ours; what fails is remembered and tried again when this upload is over. What was adopted is only
 * forgotten, unless its abort is owed: then a discard had named it.
 */
export async function abandon(life: Life, past: Past, uploadId: string): Promise<void> {
  past.leftovers.delete(uploadId)
  if (past.adopted.has(uploadId) && !past.pendingAborts.has(uploadId)) return leaveAlone(life, uploadId)
  if (await abortOwn(life, uploadId)) past.pendingAborts.delete(uploadId)
  else past.pendingAborts.add(uploadId)
}

/** The object exists: what is left is housekeeping, and no failure of it may turn success into an error. */
export async function tidy(
  life: Life,
  past: Past,
  { remains }: { readonly remains: boolean },
): Promise<void> {
  try {
    for (const uploadId of [...past.leftovers, ...past.pendingAborts]) await abandon(life, past, uploadId)
    if (life.doubtfulSince !== undefined) {
      await reportOrphans(life, { since: life.doubtfulSince, knownIds: past.knownIds })
    }
    if (remains || past.pendingAborts.size > 0) return
    await assertHeld(life)
    await life.log.remove()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    life.emit({
      type: 'checkpoint-warning',
      message: `The object is complete, but tidying up failed: ${why}`,
    })
  }
}
