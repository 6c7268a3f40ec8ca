/**
 * ossutil, the service's own command line, built from its Go module. Version 1.7, the last whose source can be had; ossutil 2
 * is a program without source, over the SDK that the part `go` tests.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { copyModule, findGo, type GoTools } from '../go/module.js'
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
    const { program, version, go } = await buildOssutil(context.folder)
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
    return `ossutil ${version}, ${go.version}`
  },
}

/** Downloads and compiles it into this folder. @throws Missing when there is no Go */
export async function buildOssutil(
  folder: string,
): Promise<{ readonly program: string; readonly version: string; readonly go: GoTools }> {
  const go = await findGo(folder)
  const source = await copyModule(go, { module: MODULE, version: VERSION, folder: join(folder, 'module') })
  const program = join(folder, 'ossutil')
  await mustRun(go.program, ['build', '-o', program, '.'], { cwd: source, env: go.env, limitMs: BUILD_MS })
  return { program, version: VERSION.slice(1), go }
}
