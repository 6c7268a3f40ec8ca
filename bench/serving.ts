/** The durable server in a process of its own, with as many threads for digests as it is told, to be measured. */
import { createDigestThreads } from '../src/server/digest-threads.js'
import { createHandler } from '../src/server/handler.js'
import { listen } from '../src/server/listen.js'
import { systemLuck } from '../src/server/luck.js'
import { openDiskStorage } from '../src/server/storage/disk.js'

const [, , folder = '', threads = '', secret = ''] = process.argv

const clock = {
  now: () => Date.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
}
const storage = await openDiskStorage({ folder, durability: 'durable' })
await storage.putBucket({ name: 'bench', created: clock.now(), acl: 'private', storageClass: 'Standard' })
const { begin } = createDigestThreads(Number(threads))
const handler = createHandler({
  storage,
  credentials: [{ accessKeyId: 'bench', accessKeySecret: secret }],
  clock,
  random: systemLuck(),
  beginDigest: begin,
  onInternalError: (error) => process.stderr.write(`${error}\n`),
})
const { port } = await listen({ handler, host: '127.0.0.1', port: 0 })
process.send?.(port)
process.once('disconnect', () => process.exit())
