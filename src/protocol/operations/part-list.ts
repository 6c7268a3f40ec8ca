/**
 * Reads the list of parts of a Complete in the form that nearly every client writes, in a fraction of the time that the
 * XML of it takes: of ten thousand parts a fifth. Whatever is written in another way, or wrong, is for the XML reader.
 */
import { MAX_PART_NUMBER } from './requests.js'

export interface CompletedPart {
  readonly partNumber: number
  /** Without quotes, any case. */
  readonly etag: string
}

const HEAD =
  /^(?:<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"UTF-8"|"utf-8"|'UTF-8'|'utf-8'))? ?\?>)?[ \t\r\n]*<CompleteMultipartUpload(?: xmlns="[!#-%'-;=?-~]{0,200}")?>[ \t\r\n]*/
const PART =
  /<Part>[ \t\r\n]*<PartNumber>([1-9][0-9]{0,4})<\/PartNumber>[ \t\r\n]*<ETag>("|&quot;|&#34;|)([0-9A-Fa-f]{1,64})\2<\/ETag>[ \t\r\n]*<\/Part>[ \t\r\n]*/y
const TAIL = /<\/CompleteMultipartUpload>[ \t\r\n]*$/y

/** The parts, ascending; `undefined` says nothing about the document, but that it has to be read in full. */
export function plainPartList(document: Uint8Array): readonly CompletedPart[] | undefined {
  const text = textOf(document)
  const head = text === undefined ? null : HEAD.exec(text)
  if (text === undefined || head === null) return undefined
  const parts: CompletedPart[] = []
  let at = head[0].length
  let last = 0
  for (;;) {
    PART.lastIndex = at
    const found = PART.exec(text)
    if (found === null) break
    at = PART.lastIndex
    const partNumber = Number(found[1])
    if (partNumber <= last || partNumber > MAX_PART_NUMBER) return undefined
    last = partNumber
    parts.push({ partNumber, etag: found[3] ?? '' })
  }
  TAIL.lastIndex = at
  return TAIL.test(text) ? parts : undefined
}

/** `undefined` for what is no UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
