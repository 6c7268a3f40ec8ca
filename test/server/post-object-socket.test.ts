/** PostObject through a socket, from a client that makes its own forms, into a folder that outlives the server. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createServer, type Server } from '../../src/server/index.js'
import { FILENAME, type Signing, signedV4 } from './forms.js'
import { bytesFrom, CREDENTIALS, wireOf } from './world.js'

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-post-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const open = (dataDir: string): Promise<Server> =>
  createServer({ dataDir, credentials: CREDENTIALS, buckets: ['examplebucket'] })

/** As of now: this server's clock is the machine's. */
const signing = (conditions: readonly unknown[]): Signing => ({
  conditions,
  time: Date.now(),
  expiration: new Date(Date.now() + 3_600_000).toISOString(),
})

function formOf(content: Uint8Array<ArrayBuffer>, conditions: readonly unknown[]): FormData {
  const form = new FormData()
  form.append('key', `uploads/${FILENAME}`)
  form.append('success_action_status', '201')
  form.append('x-oss-meta-von', 'grün')
  for (const [name, value] of signedV4(signing(conditions))) form.append(name, value)
  form.append('file', new Blob([content], { type: 'image/png' }), 'bild "1".png')
  return form
}

/** Read by a presigned URL. */
function read(server: Server, key: string): Promise<Response> {
  const ask = { method: 'GET', bucket: 'examplebucket', key, signed: 'v4-url' as const }
  return fetch(server.endpoint + wireOf(ask, Date.now()).target)
}

test('what a form stored is there after a restart', () =>
  inFolder(async (folder) => {
    const content = new Uint8Array(bytesFrom(1, 3_000_000))
    const first = await open(folder)
    try {
      const body = formOf(content, [['starts-with', '$key', 'uploads/']])
      const response = await fetch(`${first.endpoint}/examplebucket/`, { method: 'POST', body })
      assert.equal(response.status, 201, await response.text())
    } finally {
      await first.close()
    }
    const second = await open(folder)
    try {
      const response = await read(second, 'uploads/bild "1".png')
      assert.equal(response.headers.get('content-type'), 'image/png')
      assert.equal(response.headers.get('x-oss-meta-von'), Buffer.from('grün').toString('latin1'))
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.from(content))
    } finally {
      await second.close()
    }
  }))

test('a form that is refused while its file still comes is answered, and leaves nothing', () =>
  inFolder(async (folder) => {
    const server = await open(folder)
    try {
      const content = new Uint8Array(bytesFrom(2, 3_000_000))
      for (const [conditions, status] of [
        [[['content-length-range', 0, 1_000_000]], 400],
        [[['eq', '$key', 'other']], 403],
      ] as const) {
        const body = formOf(content, conditions)
        const response = await fetch(`${server.endpoint}/examplebucket`, { method: 'POST', body })
        assert.equal(response.status, status, await response.text())
      }
      assert.equal((await read(server, 'uploads/bild "1".png')).status, 404)
    } finally {
      await server.close()
    }
    assert.deepEqual((await readdir(join(folder, 'contents'), { recursive: true })).filter(isFile), [])
  }))

/** Folders have names of two letters. */
const isFile = (name: string): boolean => name.length > 2
