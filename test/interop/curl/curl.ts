/** curl, with URLs that `longhaul/signing` signs, in both versions. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Part } from '../part.js'
import { findProgram, mustRun } from '../programs.js'
import { runScripted } from '../scripted.js'
import { startServe } from '../serving.js'
import { reads } from './reads.js'
import { createWorld } from './world.js'
import { writes } from './writes.js'

export const curl: Part = {
  name: 'curl',
  async run(context) {
    const program = await findProgram(['curl'], ['--version'], 'curl is needed: https://curl.se')
    const [told = ''] = (await mustRun(program, ['--version'])).split('\n')
    for (const signature of ['v1', 'v4'] as const) {
      const data = join(context.folder, `serve-${signature}-${randomBytes(4).toString('hex')}`)
      const server = await startServe({ folder: data, durability: 'durable' })
      let count = 0
      try {
        await runScripted(context, [...reads, ...writes], {
          way: signature.toUpperCase(),
          createWorld() {
            count += 1
            const bucket = `curl-${count}`
            return createWorld({ program, server, signature, folder: join(data, bucket), bucket })
          },
        })
      } finally {
        await server.stop()
      }
    }
    return /^curl \S+/.exec(told)?.[0] ?? 'curl'
  },
}
