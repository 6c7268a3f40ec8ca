/**
 * Unfinished uploads of other tools, made by running the tools against the embedded server and killing them at a certain
 * moment, and finished by `longhaul takeover`. ossutil 2 is not among them: there is no source or package of it to run.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Part, PartContext } from '../part.js'
import { runScripted } from '../scripted.js'
import { startServe } from '../serving.js'
import { tests } from './tests.js'
import { installTools, type Tool } from './tools.js'
import { createWorld } from './world.js'

export const takeover: Part = {
  name: 'takeover',
  async run(context) {
    const tools = await installTools(context)
    for (const signature of ['v1', 'v4'] as const) await runWay(context, tools, signature)
    return tools.map(({ title }) => title).join(', ')
  },
}

async function runWay(context: PartContext, tools: readonly Tool[], signature: 'v1' | 'v4'): Promise<void> {
  const folder = join(context.folder, `serve-${signature}-${randomBytes(4).toString('hex')}`)
  const server = await startServe({ folder, durability: 'durable', args: ['--control'] })
  let count = 0
  try {
    for (const tool of tools) {
      const fitting = tests.filter(({ fits }) => fits?.(tool) ?? true)
      const named = fitting.map((test) => ({ ...test, name: `${tool.name}: ${test.name}` }))
      await runScripted(context, named, {
        way: signature.toUpperCase(),
        createWorld() {
          count += 1
          const bucket = `takeover-${count}`
          return createWorld({ tool, server, signature, folder: join(folder, bucket), bucket })
        },
      })
    }
  } finally {
    await server.stop()
  }
}
