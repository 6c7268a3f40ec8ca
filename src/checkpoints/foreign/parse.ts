/** Whose checkpoint a text is, and what it says. Pure and strict: what is not wholly as its tool writes it is refused. */
import { isAliOss, parseAliOss } from './ali-oss.js'
import { ForeignRefusal, type ForeignUpload } from './checkpoint.js'
import { type Fields, fieldsOf } from './fields.js'
import { isOss2, parseOss2 } from './oss2.js'
import { isSdkV1, parseSdkV1 } from './sdk-v1.js'
import { isSdkV2, parseSdkV2 } from './sdk-v2.js'

/** Our own begin so; they are gone on with by other commands. */
const OWN = /^[0-9a-f]{16} \{"format":"longhaul-checkpoint"/

/** @throws ForeignRefusal, which says what is wrong */
export function parseForeignUpload(text: string): ForeignUpload {
  if (OWN.test(text)) throw new ForeignRefusal('is a checkpoint of longhaul: go on with longhaul resume')
  const fields = documentOf(text)
  if (isSdkV2(fields)) return parseSdkV2(fields, text)
  if (isSdkV1(fields)) return parseSdkV1(fields, text)
  if (isOss2(fields)) return parseOss2(fields)
  if (isAliOss(fields)) return parseAliOss(fields)
  throw unknown()
}

function documentOf(text: string): Fields {
  if (text.trim() === '') throw new ForeignRefusal('is empty', { unknown: true })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ForeignRefusal('is no JSON: it is no checkpoint, or was cut off while it was written', {
      unknown: true,
    })
  }
  const fields = fieldsOf(value)
  if (fields === undefined) throw unknown()
  return fields
}

function unknown(): ForeignRefusal {
  return new ForeignRefusal(
    'is no checkpoint of oss2, of an OSS SDK for Go or Python, of ossutil or of ali-oss',
    { unknown: true },
  )
}
