/** Node alone: the bare loop with HTTP by hand on `node:net`, or `node:tls`. What is answered is an empty body. */
import net from 'node:net'
import tls from 'node:tls'
import { bareLoop } from './bare.mjs'

await bareLoop(({ protocol, hostname, port }) => {
  const { connect } = protocol === 'https:' ? tls : net
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  let head = ''
  let text = ''
  let answered
  let failed
  socket.on('error', (error) => failed?.(error))
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
    if (!text.endsWith('\r\n\r\n')) return
    const crc64 = /\r\nx-oss-hash-crc64ecma: (\d+)/.exec(text)?.[1]
    text = ''
    answered(crc64)
  })
  return {
    put(path, size) {
      head = `PUT ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-length: ${size}\r\n\r\n`
      return new Promise((resolve, reject) => {
        answered = resolve
        failed = reject
      })
    },
    write: (block) =>
      new Promise((resolve) => {
        if (head === '') {
          socket.write(block, resolve)
          return
        }
        socket.cork()
        socket.write(head, 'latin1')
        socket.write(block, resolve)
        socket.uncork()
        head = ''
      }),
    close: () => socket.destroy(),
  }
})
