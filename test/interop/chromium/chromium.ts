/** A browser: pages of another origin under CORS rules, forms, ali-oss as it is built for pages, images and players. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Part } from '../part.js'
import { runScripted, type ScriptedTest } from '../scripted.js'
import { startServe } from '../serving.js'
import { aliOss } from './ali-oss.js'
import { launchBrowser } from './browser.js'
import { fetches } from './fetches.js'
import { forms } from './forms.js'
import { media } from './media.js'
import { multipart } from './multipart.js'
import { rules } from './rules.js'
import { openSite } from './site.js'
import { createWorld, type World } from './world.js'

const tests: readonly ScriptedTest<World>[] = [
  ...fetches,
  ...rules,
  ...forms,
  ...multipart,
  ...aliOss,
  ...media,
]

export const chromium: Part = {
  name: 'chromium',
  async run(context) {
    const browser = await launchBrowser(context.folder)
    // Whatever waits for the browser then fails at once.
    const quit = (): void => void browser.close().catch(() => undefined)
    context.signal.addEventListener('abort', quit)
    const site = await openSite()
    try {
      for (const signature of ['v1', 'v4'] as const) {
        const folder = join(context.folder, `serve-${signature}-${randomBytes(4).toString('hex')}`)
        const server = await startServe({ folder, durability: 'durable' })
        let count = 0
        try {
          await runScripted(context, tests.map(closing), {
            way: signature.toUpperCase(),
            createWorld() {
              count += 1
              return createWorld({ browser, site, server, signature, bucket: `chromium-${count}` })
            },
          })
        } finally {
          await server.stop()
        }
      }
      return `Chromium ${browser.version()}`
    } finally {
      context.signal.removeEventListener('abort', quit)
      await site.close()
      await browser.close()
    }
  },
}

/** The test, which leaves no page open. */
function closing({ name, run }: ScriptedTest<World>): ScriptedTest<World> {
  return { name, run: (world) => run(world).finally(() => world.close()) }
}
