/** The same behaviour over memory and over a disk. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createMemoryStorage, openDiskStorage } from '../../src/server/index.js'
import { createWorld, type World } from './world.js'

export function inBoth(title: string, work: (world: World) => Promise<void>): void {
  test(`${title} (memory)`, async () => {
    const storage = createMemoryStorage()
    await work(await createWorld({ storage }))
    await storage.close()
  })
  test(`${title} (disk)`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'longhaul-objects-'))
    const storage = await openDiskStorage({ folder, durability: 'durable' })
    try {
      await work(await createWorld({ storage }))
    } finally {
      await storage.close()
      await rm(folder, { recursive: true, force: true })
    }
  })
}

export const inBucket = { bucket: 'examplebucket' } as const

/** A field of an answer's document, wherever it stands. */
export function field(reply: { readonly text: string }, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(reply.text)?.[1]
}
