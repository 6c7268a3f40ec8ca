/** Sends the parts of one upload to an OSS server from one buffer: as little work as a client can have. */
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { signV4 } from '../src/protocol/signing.js'
import { answerTasks, inParallel } from './server-tasks.js'

const [, , endpoint = '', region = '', accessKeyId = '', accessKeySecret = ''] = process.argv
const bucket = 'bench'
const key = 'object'

interface Call {
  readonly method: string
  readonly query: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

async function call(agent: Agent, { method, query, body = new Uint8Array() }: Call): Promise<string> {
  const { authorization, headers } = signV4({
    method,
    bucket,
    key,
    query,
    headers: {},
    region,
    credentials: { accessKeyId, accessKeySecret },
    date: new Date(),
  })
  const url = new URL(`/${bucket}/${key}`, endpoint)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method, agent, headers: { ...headers, authorization, 'content-length': body.length } },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk) => {
          text += chunk
        })
        answer.on('end', () => {
          if ((answer.statusCode ?? 0) < 300) resolve(text)
          else reject(new Error(`${answer.statusCode} ${text}`))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

answerTasks(async ({ partSize, parts, parallel }) => {
  const agent = new Agent({ keepAlive: true, maxSockets: parallel })
  const part = randomBytes(partSize)
  const begun = await call(agent, { method: 'POST', query: { uploads: '' } })
  const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(begun)?.[1] ?? ''
  await inParallel(parts, parallel, async (partNumber) => {
    await call(agent, { method: 'PUT', query: { partNumber: String(partNumber), uploadId }, body: part })
  })
  await call(agent, { method: 'DELETE', query: { uploadId } })
  agent.destroy()
})
