/**
 * What the bare loops share: files read block by block beside sending, CRC-64 compared with what is answered. No signature,
 * no checkpoint, no second try, no deadline: what is left is what Node itself takes for the work.
 */
import { closeSync, fstatSync, openSync, read, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
// Not from dist/: blocks whose CRC-64 can be taken in place are no public thing, and a copy more would be no floor.
import { Crc64, crc64ToDecimal } from '../../../build/src/checksum/crc64.js'
import { allocateInPlace } from '../../../build/src/checksum/kernels.js'
import { doJob } from './told.mjs'

const BLOCK_BYTES = 1024 * 1024
/** One is read into while the other is sent. */
const BLOCKS_EACH = 2
/** Of a file with no part beside it, so much is copied sooner on this thread than another one is woken. */
const MOST_READ_HERE = 256 * 1024

/**
 * @param connect makes a connection of `new URL(endpoint)`: `put(path, size)` resolves with the CRC-64 that is answered,
 *   `write(block, isLast)` once the block may be used again, and `close()` ends it
 */
export async function bareLoop(connect) {
  await doJob(async (job) => {
    const room = allocateInPlace(job.parallel * BLOCKS_EACH * BLOCK_BYTES)
    const lines = Array.from({ length: job.parallel }, (_, index) => ({
      connection: connect(new URL(job.endpoint)),
      blocks: Array.from({ length: BLOCKS_EACH }, (_, which) => {
        const at = (index * BLOCKS_EACH + which) * BLOCK_BYTES
        return room.subarray(at, at + BLOCK_BYTES)
      }),
    }))
    const work = job.kind === 'one' ? partsOf(job) : filesOf(job)
    await Promise.all(lines.map((line) => work(line)))
    for (const { connection } of lines) connection.close()
  })
}

/** Returns what each line does: the next part, until there is none. */
function partsOf({ bucket, key, file, partSize }) {
  const fd = openSync(file, 'r')
  const { size } = fstatSync(fd)
  let begun = 0
  return async (line) => {
    while (begun * partSize < size) {
      const start = begun * partSize
      begun += 1
      const path = `/${bucket}/${key}?partNumber=${begun}&uploadId=bare`
      await send(line, { path, fd, start, end: Math.min(start + partSize, size) })
    }
  }
}

/** The same with the next file. */
function filesOf({ bucket, folder }) {
  const names = readdirSync(folder)
  return async (line) => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const fd = openSync(join(folder, name), 'r')
      const { size } = fstatSync(fd)
      await send(line, {
        path: `/${bucket}/${name}`,
        fd,
        start: 0,
        end: size,
        isSmall: size <= MOST_READ_HERE,
      })
      closeSync(fd)
    }
  }
}

async function send({ connection, blocks }, { path, fd, start, end, isSmall = false }) {
  const crc = new Crc64()
  const filled = (which, offset) => {
    const block = blocks[which].subarray(0, Math.min(BLOCK_BYTES, end - offset))
    return isSmall ? fillHere(fd, block, offset) : fill(fd, block, offset)
  }
  let which = 0
  let offset = start
  let block = await filled(which, offset)
  const answered = connection.put(path, end - start)
  for (;;) {
    offset += block.length
    const isLast = offset === end
    which = (which + 1) % BLOCKS_EACH
    // Before the block at hand is used, so that it is read meanwhile.
    const next = isLast ? undefined : filled(which, offset)
    crc.update(block)
    const written = connection.write(block, isLast)
    if (isLast) break
    block = (await Promise.all([next, written]))[0]
  }
  const [ours, theirs] = [crc64ToDecimal(crc.value()), await answered]
  if (ours !== theirs)
    throw new Error(`${path}: the CRC-64 of what was read is ${ours}, that of the answer ${theirs}`)
}

function fill(fd, block, offset) {
  return new Promise((resolve, reject) => {
    read(fd, block, 0, block.length, offset, (error, count) => {
      if (error === null && count === block.length) resolve(block)
      else reject(error ?? new Error(`The file ends before ${offset + block.length}`))
    })
  })
}

function fillHere(fd, block, offset) {
  if (readSync(fd, block, 0, block.length, offset) < block.length) throw new Error('The file became shorter')
  return block
}
