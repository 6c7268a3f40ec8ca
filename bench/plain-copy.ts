/** The measure for the server: parts hashed by MD5, written and synced by plain Node code, with no network in between. */
import { createHash, randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { answerTasks, inParallel } from './server-tasks.js'

const folder = process.argv[2] as string
let run = 0

answerTasks(async ({ partSize, parts, parallel }) => {
  const part = randomBytes(partSize)
  run += 1
  const pathOf = (number: number): string => join(folder, `${run}-${number}`)
  await inParallel(parts, parallel, async (number) => {
    createHash('md5').update(part).digest()
    const file = await open(pathOf(number), 'wx')
    await file.write(part)
    await file.datasync()
    await file.close()
  })
  // The files are tiny work to remove beside what was measured; the other contender drops its own as well.
  await inParallel(parts, parallel, (number) => rm(pathOf(number)))
})
