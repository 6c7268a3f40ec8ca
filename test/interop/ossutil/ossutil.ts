/**
 * ossutil, the service's own command line, built from its Go module. Version 1.7, the last whose source can be had; ossutil 2
 * is a program without source, over the SDK that the part `go` tests.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { copyModule, findGo } from '../go/module.js'
import type { Part } from '../part.js'
import { mustRun } from '../programs.js'
import { runScripted } from '../scripted.js'
import { startServe } from '../serving.js'
import { tests } from './tests.js'
import { createWorld } from './world.js'

const MODULE = 'github.com/aliyun/ossutil'
const VERSION = 'v1.7.19'
const BUILD_MS = 600_000

export const ossutil: Part = {
  name: 'ossutil',
  async run(context) {
    const go = await findGo(context.folder)
    const folder = join(context.folder, 'module')
    const source = await copyModule(go, { module: MODULE, version: VERSION, folder })
    const program = join(context.folder, 'ossutil')
    await mustRun(go.program, ['build', '-o', program, '.'], { cwd: source, env: go.env, limitMs: BUILD_MS })
    for (const signature of ['v1', 'v4'] as const) {
      const data = join(context.folder, `serve-${signature}-${randomBytes(4).toString('hex')}`)
      const server = await startServe({ folder: data, durability: 'durable' })
      let count = 0
      try {
        await runScripted(context, tests, {
          way: signature.toUpperCase(),
          createWorld() {
            count += 1
            const bucket = `ossutil-${count}`
            return createWorld({ program, server, signature, folder: join(data, bucket), bucket })
          },
        })
      } finally {
        await server.stop()
      }
    }
    return `ossutil ${VERSION.slice(1)}, ${go.version}`
  },
}
