/** What a run of many files appends to `--log`: a line for the end of each file, and whatever a person should read meanwhile. */
import type { ManyEvent } from '../index.js'
import { failureOf } from './failure.js'
import { noticeOf } from './notices.js'
import { objectUrl } from './object-url.js'
import type { PutPlan } from './put-many.js'
import { openRunLog, type RunLog } from './run-log.js'
import type { Screen } from './screen.js'
import { formatSize } from './sizes.js'

export interface ManyLog extends Pick<RunLog, 'line' | 'close'> {
  event(event: ManyEvent): void
}

export function openManyLog(flags: { readonly log?: string }, plan: PutPlan, screen: Screen): ManyLog {
  const { bucket, prefix, roots } = plan
  const more = roots.length > 1 ? ` and ${roots.length - 1} more` : ''
  const subject = `${roots[0]?.path ?? ''}${more} to ${objectUrl({ bucket, key: prefix })}`
  const { line, close } = openRunLog(flags, subject, screen)
  return {
    line,
    close,
    event(event) {
      const text = endOf(event) ?? manyNoticeOf(event)
      if (text !== undefined) line(text)
    },
  }
}

function endOf(event: ManyEvent): string | undefined {
  switch (event.type) {
    case 'file-uploaded':
      return `uploaded ${event.filename} as ${event.key}, ${formatSize(event.result.size)}`
    case 'file-skipped':
      return `skipped ${event.filename}, ${event.key} is there already: ${event.reason}`
    case 'file-failed': {
      const { code, message } = failureOf(event.error)
      return `failed ${event.filename}, ${code}: ${message}`
    }
    case 'file-stopped':
      return `stopped ${event.filename}`
    default:
      return undefined
  }
}

/** The events of a run that a person should read, as sentences, but for the ends of its files. */
export function manyNoticeOf(event: ManyEvent): string | undefined {
  switch (event.type) {
    case 'file-event': {
      const text = noticeOf(event.event)
      return text === undefined ? undefined : `${event.key}: ${text}`
    }
    case 'run-resumed':
      return `Going on with the run of ${new Date(event.begunAt).toISOString()}: ${event.done} done, ${event.failed} failed. What is done and unchanged is passed over.`
    case 'manifest-warning':
      return event.message
    default:
      return undefined
  }
}
