/** A program that embeds the server ends by itself once it has closed the server, whatever clients left half done. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fixture } from '../support/paths.js'

/** Posts a form that is refused while most of its file is still to come. */
const program = `
  import { createServer } from ${JSON.stringify(fixture('dist/server/index.js'))}
  const server = await createServer({ buckets: ['examplebucket'] })
  const form = new FormData()
  form.append('key', 'k')
  form.append('file', new Blob([new Uint8Array(3_000_000)]))
  const { status } = await fetch(server.endpoint + '/examplebucket/', { method: 'POST', body: form })
  await server.close()
  console.log(status)
`
const limitMs = 60_000

test('a refused upload, left half read, keeps no process alive', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  assert.deepEqual([code, said.trim()], [0, '403'])
})
