/** The `--json` lines of a run of many files: one `result` or `error` for each source, and `progress` for all of them. */
import type { ManyEvent } from '../index.js'
import { failureOf } from './failure.js'
import { writeFailure, writeJson } from './json.js'
import type { Screen } from './screen.js'
import { resultFields } from './upload-job.js'

export function jsonOfMany(screen: Screen, bucket: string): (event: ManyEvent) => void {
  return (event) => {
    if (event.type === 'run-progress') {
      const { type: _, ...progress } = event
      writeJson(screen, 'progress', progress)
      return
    }
    if (!('key' in event)) {
      const { type, ...fields } = event
      writeJson(screen, type, fields)
      return
    }
    const place = { source: event.filename, bucket, key: event.key }
    switch (event.type) {
      case 'file-uploaded':
        writeJson(screen, 'result', { ...place, ...resultFields(event.result) })
        break
      case 'file-skipped':
        writeJson(screen, 'result', { ...place, size: event.size, skipped: event.reason })
        break
      case 'file-failed':
        writeFailure(screen, failureOf(event.error), place)
        break
      case 'file-event': {
        const { type, ...fields } = event.event
        // Of one file among many, where it is says little; the run's own progress says it for all.
        if (type !== 'progress' && type !== 'callback-error') writeJson(screen, type, { ...place, ...fields })
        break
      }
      case 'file-started':
        writeJson(screen, event.type, { ...place, size: event.size })
        break
      default:
        writeJson(screen, event.type, place)
    }
  }
}
