/** The events of an upload that a person should read, as sentences. The rest is progress. Pure. */
import type { UploadEvent } from '../index.js'
import { oneLine } from './failure.js'
import { countOf, formatSize } from './sizes.js'

/** `undefined` for events that only move the progress line. */
export function noticeOf(event: UploadEvent): string | undefined {
  const text = sentenceOf(event)
  return text === undefined ? undefined : oneLine(text)
}

function sentenceOf(event: UploadEvent): string | undefined {
  switch (event.type) {
    case 'resumed': {
      const there = event.toKeep + event.toCheck
      const checked = event.toCheck > 0 ? `, ${event.toCheck} of them to be compared with the file` : ''
      return `Going on: ${there} of ${countOf(event.partCount, 'part')} are at the service already${checked}.`
    }
    case 'recovered':
      return 'Going on with an upload whose beginning was never answered.'
    case 'adopted':
      return `Adopting the upload ${event.uploadId}, begun ${new Date(event.initiated).toISOString()}: ${countOf(event.partCount, 'part')} of it ${event.partCount === 1 ? 'is' : 'are'} at the service, to be compared with the file.`
    case 'taken-over':
      return `Taking over the upload ${event.uploadId}, whose parts have ${formatSize(event.partSize)}: ${countOf(event.partCount, 'part')} of it ${event.partCount === 1 ? 'is' : 'are'} at the service, to be compared with the file.`
    case 'plan-kept':
      return `The upload keeps the part size it began with, ${formatSize(event.partSize)}, not ${formatSize(event.asked)}; --restart begins anew.`
    case 'source-moved':
      return `The file changed while it was read; ${countOf(event.parts, 'part')} will be sent again.`
    case 'restarted':
    case 'parts-not-listed':
    case 'orphans-suspected':
    case 'settled':
    case 'adopt-none':
    case 'adopted-left':
    case 'headers-differ':
    case 'headers-not-compared':
    case 'checkpoint-warning':
      return event.message
    case 'abort-pending':
      return `The multipart upload ${event.uploadId} could not be aborted; that is remembered and done later. ${event.message}`
    case 'checkpoint-set-aside':
      return `A damaged checkpoint was put aside as ${event.name}.`
    default:
      return undefined
  }
}
