/** Node alone: the bare loop through `node:http`, or `node:https`. */
import http from 'node:http'
import https from 'node:https'
import { bareLoop } from './bare.mjs'

await bareLoop(({ protocol, hostname, port }) => {
  const { Agent, request } = protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true, maxSockets: 1, noDelay: true })
  let current
  return {
    put(path, size) {
      const headers = { 'content-length': size }
      current = request({ agent, hostname, port, path, method: 'PUT', headers })
      return new Promise((resolve, reject) => {
        current.once('error', reject)
        current.once('response', (answer) => {
          answer.resume()
          answer.once('end', () => resolve(answer.headers['x-oss-hash-crc64ecma']))
        })
      })
    },
    write: (block, isLast) =>
      new Promise((resolve) => {
        if (isLast) current.end(block, resolve)
        else current.write(block, resolve)
      }),
    close: () => agent.destroy(),
  }
})
