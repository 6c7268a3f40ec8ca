/** Which pages of other origins may use a bucket, and a browser's question whether they may. */
import { errorDefaults } from '../codes.js'
import { ProtocolError } from '../errors.js'
import { children, element, optionalElement, text, type XmlElement } from '../xml.js'
import { documentOf as answerDocument, emptyAnswer, nothingBeyondSuccess, xmlAnswer } from './answers.js'
import type { BucketInput, Done } from './buckets.js'
import type { Operation } from './operation.js'
import { bucketOf, documentOf, invalidArgument, malformedXml, wholeNumber } from './requests.js'

export interface CorsRule {
  /** At most one `*` in each, which stands for anything. */
  readonly allowedOrigins: readonly string[]
  readonly allowedMethods: readonly string[]
  /** As origins, in any case. */
  readonly allowedHeaders: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly maxAgeSeconds?: number
}

export interface CorsConfiguration {
  readonly rules: readonly CorsRule[]
  /** Say `Vary: Origin` in every answer, also to who names no origin. */
  readonly responseVary?: boolean
}

export interface PutBucketCorsInput extends BucketInput {
  readonly cors: CorsConfiguration
}

/** The most rules that a bucket may have. */
const MOST_RULES = 20
const LONGEST_MAX_AGE = 999_999_999
const METHODS: ReadonlySet<string> = new Set(['GET', 'PUT', 'DELETE', 'POST', 'HEAD'])

/** PUT of a bucket with `cors`: in the place of all rules it had. */
export const putBucketCors: Operation<PutBucketCorsInput, Done> = {
  name: 'PutBucketCors',
  encodeRequest: ({ bucket, cors }) => ({
    method: 'PUT',
    bucket,
    query: { cors: '' },
    headers: {},
    body: xmlAnswer(corsElement(cors)).body,
  }),
  decodeRequest: (request) => {
    const cors = readCors(documentOf(request, 'CORSConfiguration'))
    if (cors.rules.length === 0) throw malformedXml('0034-00000002')
    if (cors.rules.length > MOST_RULES) {
      const { message } = errorDefaults('CORSRuleBeyondLimit')
      throw new ProtocolError('bad-request', 'CORSRuleBeyondLimit', message)
    }
    for (const rule of cors.rules) checkRule(rule)
    return { bucket: bucketOf(request), cors }
  },
  encodeAnswer: () => emptyAnswer(200),
  decodeAnswer: nothingBeyondSuccess,
}

/** GET of a bucket with `cors`. */
export const getBucketCors: Operation<BucketInput, CorsConfiguration> = {
  name: 'GetBucketCors',
  encodeRequest: ({ bucket }) => ({ method: 'GET', bucket, query: { cors: '' }, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: (cors) => xmlAnswer(corsElement(cors)),
  decodeAnswer: (answer) => readCors(answerDocument(answer, 'CORSConfiguration')),
}

/** DELETE of a bucket with `cors`. */
export const deleteBucketCors: Operation<BucketInput, Done> = {
  name: 'DeleteBucketCors',
  encodeRequest: ({ bucket }) => ({ method: 'DELETE', bucket, query: { cors: '' }, headers: {} }),
  decodeRequest: (request) => ({ bucket: bucketOf(request) }),
  encodeAnswer: () => emptyAnswer(204),
  decodeAnswer: nothingBeyondSuccess,
}

function corsElement({ rules, responseVary }: CorsConfiguration): XmlElement {
  return element('CORSConfiguration', [
    ...rules.map((rule) =>
      element('CORSRule', [
        ...rule.allowedOrigins.map((each) => element('AllowedOrigin', each)),
        ...rule.allowedMethods.map((each) => element('AllowedMethod', each)),
        ...rule.allowedHeaders.map((each) => element('AllowedHeader', each)),
        ...rule.exposeHeaders.map((each) => element('ExposeHeader', each)),
        optionalElement('MaxAgeSeconds', rule.maxAgeSeconds?.toString()),
      ]),
    ),
    element('ResponseVary', responseVary ?? false),
  ])
}

function readCors(root: XmlElement): CorsConfiguration {
  const vary = text(root, 'ResponseVary')?.trim() || 'false'
  if (vary !== 'true' && vary !== 'false')
    throw invalidArgument('ResponseVary', vary, 'true or false is expected.')
  return {
    rules: children(root, 'CORSRule').map(readRule),
    ...(vary === 'true' ? { responseVary: true } : {}),
  }
}

function readRule(rule: XmlElement): CorsRule {
  const all = (name: string): string[] => children(rule, name).map((each) => each.text.trim())
  return {
    allowedOrigins: all('AllowedOrigin'),
    allowedMethods: all('AllowedMethod'),
    allowedHeaders: all('AllowedHeader'),
    exposeHeaders: all('ExposeHeader'),
    ...maxAgeOf(text(rule, 'MaxAgeSeconds')?.trim()),
  }
}

function maxAgeOf(said: string | undefined): { maxAgeSeconds?: number } {
  if (!said) return {}
  const seconds = wholeNumber(said)
  if (seconds === undefined || seconds > LONGEST_MAX_AGE) {
    throw invalidArgument('MaxAgeSeconds', said, `A whole number from 0 to ${LONGEST_MAX_AGE} is expected.`)
  }
  return { maxAgeSeconds: seconds }
}

function checkRule({ allowedOrigins, allowedMethods, allowedHeaders, exposeHeaders }: CorsRule): void {
  if (allowedOrigins.length === 0 || allowedMethods.length === 0) throw malformedXml()
  for (const method of allowedMethods) {
    if (!METHODS.has(method)) {
      throw invalidArgument('AllowedMethod', method, 'The method is not supported.', '0034-00000011')
    }
  }
  checkPatterns('AllowedOrigin', allowedOrigins)
  checkPatterns('AllowedHeader', allowedHeaders)
  for (const header of exposeHeaders) {
    if (!/^[!#$%&'+.^_`|~0-9A-Za-z-]+$/.test(header)) {
      throw invalidArgument('ExposeHeader', header, 'The name of a header is expected, without a wildcard.')
    }
  }
}

function checkPatterns(name: string, patterns: readonly string[]): void {
  for (const pattern of patterns) {
    if (pattern === '' || pattern.split('*').length > 2) {
      throw invalidArgument(name, pattern, 'At most one wildcard is allowed, and not an empty text.')
    }
  }
}
