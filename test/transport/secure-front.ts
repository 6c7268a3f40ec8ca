/** TLS before a server of this machine that speaks plain http, with the certificate of the tests. */
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { createServer, type TLSSocket } from 'node:tls'
import { testCertificate, testKey } from './certificate.js'

/** The origin under which it can be reached. */
export async function secureFront(t: Pick<TestContext, 'after'>, port: number): Promise<string> {
  const sockets = new Set<TLSSocket>()
  const front = createServer({ key: testKey, cert: testCertificate }, (client) => {
    sockets.add(client)
    const far = connect(port, '127.0.0.1')
    for (const socket of [client, far]) socket.on('error', () => {})
    client.pipe(far).pipe(client)
    client.once('close', () => far.destroy())
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    front.close()
  })
  const address = front.address()
  return `https://localhost:${typeof address === 'object' ? address?.port : ''}`
}
