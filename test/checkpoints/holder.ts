/**
 * A process of its own that takes hold of a checkpoint, for tests that kill it. Told over the channel to the parent:
 * `held`, `refused <code>: <message>`, `done`, `violated`; it obeys `release`.
 */
import { readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { journalStore } from '../../src/checkpoints/journal.js'
import { UploadError } from '../../src/engine/errors.js'
import type { CheckpointLog } from '../../src/engine/ports.js'

export const target = { service: 'cn-hangzhou', bucket: 'b', key: 'dir/object.dat' }

const tell = (message: string): void => void process.send?.(message)

async function hold(folder: string): Promise<void> {
  const log = await journalStore(folder).acquire(target)
  await log.append({ pid: process.pid })
  process.once('message', async () => {
    await log.release()
    tell('done')
    process.disconnect()
  })
  tell('held')
}

/** Adds to a counter by reading and writing it, which only goes well for one process at a time. */
async function countAlone(folder: string, rounds: number): Promise<void> {
  const store = journalStore(join(folder, 'store'))
  const marker = join(folder, 'inside')
  const counter = join(folder, 'counter')
  for (let round = 1; round <= rounds; round += 1) {
    const log = await patiently(() => store.acquire(target))
    await writeFile(marker, '', { flag: 'wx' })
    const count = Number(await readFile(counter, 'utf8'))
    await sleep(2)
    await writeFile(counter, String(count + 1))
    await unlink(marker)
    await log.release()
  }
  tell('done')
  process.disconnect()
}

async function patiently(acquire: () => Promise<CheckpointLog>): Promise<CheckpointLog> {
  for (let attempt = 1; attempt <= 200; attempt += 1) {
    try {
      return await acquire()
    } catch (error) {
      if (!(error instanceof UploadError) || error.code !== 'locked') throw error
    }
  }
  throw new Error('never got the lock')
}

/** Takes hold and says and does nothing more: the process must end by itself. */
async function forget(folder: string): Promise<void> {
  await journalStore(folder).acquire(target)
}

const [mode, folder = '', rounds = '1'] = process.argv.slice(2)
const work = { hold, count: (at: string) => countAlone(at, Number(rounds)), forget }[mode ?? '']
work?.(folder).catch((error: unknown) => {
  tell(error instanceof UploadError ? `refused ${error.code}: ${error.message}` : `violated ${error}`)
  process.exit(1)
})
