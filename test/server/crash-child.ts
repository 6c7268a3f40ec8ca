/** Writes objects and parts, several at once, and tells its parent of each one that was acknowledged, until it is killed. */
import { openDiskStorage } from '../../src/server/index.js'
import { addBucket, objectOf } from './storage-contract.js'
import { bytesFrom } from './world.js'

export type CrashMessage =
  | { kind: 'object'; key: string; seed: number }
  | { kind: 'part'; uploadId: string; partNumber: number; seed: number }

/** An end, should nobody kill it. */
const MOST_STEPS = 5_000

const [folder = '', life = '0'] = process.argv.slice(2)

async function run(): Promise<void> {
  const storage = await openDiskStorage({ folder, durability: 'durable' })
  await addBucket(storage, 'one')
  const uploadId = `U${life}`
  await storage.createUpload('one', { key: uploadId, uploadId, initiated: 1, headers: {} })
  let seed = Number(life) * 1_000_000

  const tell = (message: CrashMessage): void => void process.send?.(message)

  async function worker(): Promise<void> {
    for (let step = 1; step <= MOST_STEPS; step += 1) {
      seed += 7919
      const own = seed
      const bytes = bytesFrom(own, own % 50_000)
      const incoming = storage.receive()
      await incoming.write(bytes)
      if (step % 2 === 0) {
        const key = `k${own}`
        await storage.putObject('one', objectOf(key, bytes.length), incoming, { ifAbsent: false })
        tell({ kind: 'object', key, seed: own })
      } else {
        const partNumber = (own % 10_000) + 1
        const part = { partNumber, size: bytes.length, etag: String(own), crc64: '1', modified: 1 }
        await storage.putPart({ bucket: 'one', key: uploadId, uploadId }, part, incoming)
        tell({ kind: 'part', uploadId, partNumber, seed: own })
      }
    }
  }

  await Promise.all([worker(), worker(), worker()])
}

await run()
