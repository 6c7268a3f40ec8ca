/** Commits until LevelDB needs a new log while this process has no file handle left, gives some back, and tells what came of it. */
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDiskLedger } from '../../src/server/storage/disk-ledger.js'
import { nodeDisk } from '../../src/server/storage/disk-port.js'
import { openLevel } from '../../src/server/storage/level.js'

/** LevelDB goes on in a new log after some four of them. */
const LARGE = 'x'.repeat(1024 * 1024)
const BEFORE = 4
const AFTER = 4

const [, , folder = ''] = process.argv
const open = () => openDiskLedger({ disk: nodeDisk(), folder, durable: true, openLevel })
const put = (key: string) => ({ type: 'put', key, value: LARGE }) as const

const ledger = await open()
for (let number = 1; number <= BEFORE; number += 1) await ledger.commit([put(`before ${number}`)])
const handles = takeAll()
const taken = handles.length
let settled = 0
const commits = Array.from({ length: AFTER }, (_, index) =>
  ledger.commit([put(`after ${index + 1}`)]).finally(() => {
    settled += 1
  }),
)
await sleep(200)
const early = settled
for (const handle of handles) closeSync(handle)
const ended = await Promise.allSettled(commits)
await ledger.commit([{ type: 'del', key: 'before 1' }])
await ledger.close()

const again = await open()
const keys: string[] = []
const cursor = again.scan('', '~')
for (let found = await cursor.next(); found !== undefined; found = await cursor.next()) keys.push(found.key)
await cursor.close()
await again.close()
process.stdout.write(JSON.stringify({ taken, early, ended: ended.map(({ status }) => status), keys }))

function takeAll(): number[] {
  const taken: number[] = []
  for (;;) {
    try {
      taken.push(openSync('/dev/null', 'r'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error
      return taken
    }
  }
}
