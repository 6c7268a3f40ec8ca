/** In how many ways an answer to Complete can be lost, cut, or say one thing while another was done. */
import { bytesFrom } from '../library/world.js'
import { headLength, type Way } from './complete-proxy.js'

const nothing = (): Buffer => Buffer.alloc(0)
const real = (bytes: Buffer): Buffer => bytes

function http(status: string, body: string, headers: readonly string[] = []): () => Buffer {
  const length = status.startsWith('204') ? [] : [`content-length: ${Buffer.byteLength(body)}`]
  const head = [`HTTP/1.1 ${status}`, ...headers, ...length, '', ''].join('\r\n')
  return () => Buffer.from(head + body)
}

const page = '<html><head><title>Sign in</title></head><body>Welcome to this network.</body></html>'
const html = ['content-type: text/html']
const document = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>Said by a test.</Message>` +
  '<RequestId>65A0000000000000000000AA</RequestId><HostId>127.0.0.1</HostId></Error>'
const xml = ['content-type: application/xml', 'x-oss-request-id: 65A0000000000000000000AA']
const halfDocument = '<?xml version="1.0" encoding="UTF-8"?><CompleteMultipartUploadResult><Loca'

/** An answer, whoever gives it and whatever was done. */
const answers: readonly Pick<Way, 'name' | 'answer' | 'ending'>[] = [
  { name: 'no byte, connection ended', answer: nothing, ending: 'end' },
  { name: 'no byte, connection reset', answer: nothing, ending: 'reset' },
  { name: 'no byte, silence until the deadline', answer: nothing, ending: 'hang' },
  { name: 'garbage instead of HTTP', answer: () => bytesFrom(3, 700), ending: 'end' },
  { name: 'a page with 200, as of a sign-in', answer: http('200 OK', page, html), ending: 'stay' },
  { name: '200 with half a document', answer: http('200 OK', halfDocument, xml), ending: 'stay' },
  { name: '200 with an empty body', answer: http('200 OK', '', xml), ending: 'stay' },
  {
    name: '200 with an error in its body',
    answer: http('200 OK', document('InternalError'), xml),
    ending: 'stay',
  },
  { name: '204', answer: http('204 No Content', ''), ending: 'stay' },
  {
    name: '302 to another place',
    answer: http('302 Found', '', ['location: http://127.0.0.1:1/']),
    ending: 'stay',
  },
  { name: '403 of a proxy', answer: http('403 Forbidden', page, html), ending: 'stay' },
  { name: '429', answer: http('429 Too Many Requests', '', []), ending: 'stay' },
  {
    name: '500 with a document',
    answer: http('500 Internal Server Error', document('InternalError'), xml),
    ending: 'stay',
  },
  { name: '502 of a proxy', answer: http('502 Bad Gateway', page, html), ending: 'stay' },
  { name: '503 with a document', answer: http('503 Slow Down', document('SlowDown'), xml), ending: 'end' },
  { name: '504 of a proxy', answer: http('504 Gateway Timeout', page, html), ending: 'end' },
]

const part = (share: (bytes: Buffer) => number): Way['answer'] => {
  return (bytes) => bytes.subarray(0, Math.floor(share(bytes)))
}

/** What only the true answer can suffer. */
const cuts: readonly Pick<Way, 'name' | 'answer' | 'ending'>[] = [
  { name: 'cut in the status line', answer: part(() => 9), ending: 'end' },
  { name: 'cut in the headers', answer: part((bytes) => headLength(bytes) / 2), ending: 'end' },
  { name: 'cut after the headers', answer: part(headLength), ending: 'end' },
  { name: 'reset in the headers', answer: part((bytes) => headLength(bytes) - 3), ending: 'reset' },
  {
    name: 'cut in the body',
    answer: part((bytes) => (headLength(bytes) + bytes.length) / 2),
    ending: 'end',
  },
  { name: 'cut before the last byte', answer: part((bytes) => bytes.length - 1), ending: 'end' },
  {
    name: 'silence within the body',
    answer: part((bytes) => (headLength(bytes) + bytes.length) / 2),
    ending: 'hang',
  },
  { name: 'silence within the headers', answer: part((bytes) => headLength(bytes) / 2), ending: 'hang' },
  {
    name: 'NoSuchUpload',
    answer: http('404 Not Found', document('NoSuchUpload'), xml),
    ending: 'stay',
  },
]

/** The true answer in the end: nobody may come in between, since then it would be true no more. */
const whole: readonly Pick<Way, 'name' | 'answer' | 'ending'>[] = [
  { name: 'given twice', answer: (bytes) => Buffer.concat([bytes, bytes]), ending: 'stay' },
  { name: 'given byte by byte', answer: real, ending: 'trickle' },
]

export const done: readonly Way[] = [...answers, ...cuts].map((each) => ({ ...each, reaches: 'all' }))
export const undone: readonly Way[] = answers.map((each) => ({ ...each, reaches: 'nothing' }))
export const unhurt: readonly Way[] = whole.map((each) => ({ ...each, reaches: 'all' }))
export const halfAsked: Way = {
  name: 'no byte, the request itself was cut',
  reaches: 'head',
  answer: nothing,
  ending: 'end',
}
/** For processes that are killed and hear nothing at all. */
export const unheard: readonly Way[] = (['all', 'nothing', 'head'] as const).map((reaches) => ({
  name: 'none, the process is killed at that moment',
  reaches,
  answer: nothing,
  ending: 'end',
}))
