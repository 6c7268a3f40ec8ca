/** The OSS SDK for JavaScript, by scripts of ours, under both signatures. */
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fixture } from '../../support/paths.js'
import type { Part } from '../part.js'
import { startServe } from '../serving.js'
import { runTold } from '../told.js'

export const aliOss: Part = {
  name: 'ali-oss',
  async run(context) {
    for (const signature of ['v1', 'v4'] as const) {
      const folder = join(context.folder, `serve-${signature}-${randomBytes(4).toString('hex')}`)
      const server = await startServe({ folder, durability: 'durable' })
      const script = fixture('test/interop/ali-oss/tests.mjs')
      try {
        await runTold(context, { program: process.execPath, script, signature, server })
      } finally {
        await server.stop()
      }
    }
    const { version } = createRequire(import.meta.url)('ali-oss/package.json') as { version: string }
    return `ali-oss ${version}, Node ${process.versions.node}`
  },
}
