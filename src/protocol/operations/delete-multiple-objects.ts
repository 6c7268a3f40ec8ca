/** DeleteMultipleObjects: up to a thousand at once. */
import { md5, toBase64 } from '../../checksum/digest.js'
import {
  child,
  children,
  element,
  optionalElement,
  parseXml,
  text,
  trimStart,
  type XmlElement,
} from '../xml.js'
import {
  documentOf,
  emptyAnswer,
  encodingElement,
  nameElement,
  nameReader,
  requiredText,
  xmlAnswer,
} from './answers.js'
import type { Operation, WireRequest } from './operation.js'
import { bucketOf, encodingTypeOf, given, MAX_PAGE, malformedXml, missingArgument } from './requests.js'

export interface ObjectVersion {
  readonly key: string
  readonly versionId?: string
}

export interface DeleteMultipleObjectsInput {
  readonly bucket: string
  readonly objects: readonly ObjectVersion[]
  /** Say nothing of what was deleted. */
  readonly quiet: boolean
  /** How names stand in the answer. */
  readonly encodingType?: 'url'
}

export interface DeleteMultipleObjectsOutput {
  /** Those that are gone, whether they had been there or not; none with `quiet`. */
  readonly deleted: readonly ObjectVersion[]
}

/** POST of a bucket with `delete`. */
export const deleteMultipleObjects: Operation<DeleteMultipleObjectsInput, DeleteMultipleObjectsOutput> = {
  name: 'DeleteMultipleObjects',
  encodeRequest: ({ bucket, objects, quiet, encodingType }) => {
    const named = objects.map(({ key, versionId }) =>
      element('Object', [element('Key', key), optionalElement('VersionId', versionId)]),
    )
    const { body } = xmlAnswer(element('Delete', [element('Quiet', quiet), ...named]))
    return {
      method: 'POST',
      bucket,
      query: { delete: '', ...given({ 'encoding-type': encodingType }) },
      headers: { 'content-md5': toBase64(md5(body)) },
      body,
    }
  },
  decodeRequest: (request) => {
    if (!request.headers['content-md5']) throw missingArgument('0016-00000606')
    const root = readRoot(request)
    const objects = children(root, 'Object').map(readObject)
    if (objects.length === 0) throw malformedXml('0016-00000615')
    if (objects.length > MAX_PAGE) throw malformedXml('0016-00000609')
    return {
      bucket: bucketOf(request),
      objects,
      quiet: readQuiet(root),
      ...encodingTypeOf(request.query),
    }
  },
  encodeAnswer: ({ deleted }, { quiet, encodingType }) => {
    if (quiet) return emptyAnswer(200)
    const entries = deleted.map(({ key, versionId }) =>
      element('Deleted', [nameElement('Key', key, encodingType), optionalElement('VersionId', versionId)]),
    )
    return xmlAnswer(element('DeleteResult', [encodingElement(encodingType), ...entries]))
  },
  decodeAnswer: (answer) => {
    if (answer.body.length === 0) return { deleted: [] }
    const root = documentOf(answer, 'DeleteResult')
    const readName = nameReader(root)
    const deleted = children(root, 'Deleted').map((entry) => {
      const versionId = text(entry, 'VersionId')
      return { key: readName(requiredText(entry, 'Key')), ...(versionId ? { versionId } : {}) }
    })
    return { deleted }
  },
}

function readRoot(request: WireRequest): XmlElement {
  let root: XmlElement
  try {
    root = parseXml(trimStart(request.body ?? new Uint8Array()), { controlCharacters: true })
  } catch (cause) {
    throw malformedXml('0016-00000607', cause)
  }
  if (root.name === 'Delete') return root
  throw malformedXml('0016-00000608', undefined, 'the root node is not named Delete.')
}

function readObject(object: XmlElement): ObjectVersion {
  const key = text(object, 'Key')
  if (!key) throw malformedXml(key === undefined ? '0016-00000613' : '0016-00000611')
  const versionId = text(object, 'VersionId')
  return { key, ...(versionId ? { versionId } : {}) }
}

function readQuiet(root: XmlElement): boolean {
  const said = child(root, 'Quiet')?.text.trim().toLowerCase() ?? 'false'
  if (said === 'true') return true
  if (said === 'false' || said === '') return false
  throw malformedXml()
}
