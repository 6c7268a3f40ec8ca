/** What NODE_EXTRA_CA_CERTS adds is believed also where certificates are named besides; each Node reads it at its start. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../library/world.js'
import { testCertificate } from './certificate.js'
import { serve } from './servers.js'

const transportFile = fileURLToPath(new URL('../../src/transport/node.js', import.meta.url))

const program = `
const { createNodeTransport } = await import(process.argv[1])
const { transport, close } = createNodeTransport({ ca: process.argv[3] })
const origin = process.argv[2]
try {
  const { status } = await transport({ method: 'GET', origin, target: '/', headers: { host: new URL(origin).host } })
  console.log(status)
} catch (error) {
  console.log(error.message)
}
await close()
process.exit(0)
`

test('certificates of the environment are believed beside those that are named', async (t) => {
  const origin = await serve(t, (_, response) => response.end('ok'), { secure: true })
  const extra = join(await temporaryFolder(t), 'extra.pem')
  await writeFile(extra, testCertificate)
  const ask = async (environment: Record<string, string>): Promise<string> => {
    const args = ['--input-type=module', '-e', program, transportFile, origin, rootCertificates[0] ?? '']
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let told = ''
    child.stdout.on('data', (bytes) => {
      told += String(bytes)
    })
    await once(child, 'close')
    return told.trim()
  }
  assert.equal(await ask({ NODE_EXTRA_CA_CERTS: extra }), '200')
  assert.match(await ask({ NODE_EXTRA_CA_CERTS: '' }), /self-signed/)
})
