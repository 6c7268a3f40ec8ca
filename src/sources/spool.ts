/**
 * Keeps pieces of an input that comes once until they are sent: small ones in memory, large ones in a file, which where the
 * system can has no name any more once it is open, so that nothing of it outlives this process.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UploadError } from '../engine/errors.js'
import type { CancelSignal } from '../engine/ports.js'
import { createFileReader } from './file-reader.js'
import { type BlockPool, DEFAULT_BLOCK_SIZE } from './pool.js'
import type { Loan } from './pump.js'

/** Kept bytes, which are written once and then read any number of times. */
export interface Kept {
  append(bytes: Uint8Array): Promise<void>
  /** Some bytes from `offset` on, at least one and none from `end` on. */
  borrow(offset: number, end: number, signal?: CancelSignal): Promise<Loan>
  /** Nobody asks for it any more, though loans may still be out. */
  free(): Promise<void>
}

export interface BlockStock {
  take(): Block
  giveBack(block: Block): void
}

export interface Block {
  readonly bytes: Uint8Array
  loans: number
  /** Its piece is gone; the last loan brings it home. */
  leaving: boolean
}

const blockSize = DEFAULT_BLOCK_SIZE

/** Blocks of memory that go from piece to piece, so that a long input leaves nothing to collect. */
export function createBlockStock(): BlockStock {
  const home: Block[] = []
  return {
    take: () => home.pop() ?? { bytes: Buffer.allocUnsafeSlow(blockSize), loans: 0, leaving: false },
    giveBack(block) {
      block.leaving = false
      home.push(block)
    },
  }
}

export function keepInMemory(stock: BlockStock): Kept {
  const blocks: Block[] = []
  let size = 0
  return {
    async append(bytes) {
      for (let taken = 0; taken < bytes.length; ) {
        const offset = size % blockSize
        if (offset === 0) blocks.push(stock.take())
        const block = blocks.at(-1) as Block
        const piece = bytes.subarray(taken, taken + blockSize - offset)
        block.bytes.set(piece, offset)
        taken += piece.length
        size += piece.length
      }
    },
    async borrow(offset, end) {
      const block = blocks[Math.floor(offset / blockSize)] as Block
      const from = offset % blockSize
      block.loans += 1
      return {
        bytes: block.bytes.subarray(from, Math.min(blockSize, from + end - offset)),
        giveBack() {
          block.loans -= 1
          if (block.loans === 0 && block.leaving) stock.giveBack(block)
        },
      }
    },
    async free() {
      for (const block of blocks.splice(0)) {
        if (block.loans > 0) block.leaving = true
        else stock.giveBack(block)
      }
    },
  }
}

/** @throws UploadError `store-unusable` when the folder has no room, or is none */
export async function keepInFile(folder: string, pool: BlockPool): Promise<Kept> {
  const name = join(folder, `spool-${process.pid}-${randomBytes(8).toString('hex')}`)
  const handle = await inFolder(folder, () => openUnseen(name))
  const reader = createFileReader(handle)
  let size = 0
  return {
    append: (bytes) =>
      inFolder(folder, async () => {
        for (let written = 0; written < bytes.length; ) {
          const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, size)
          written += bytesWritten
          size += bytesWritten
        }
      }),
    async borrow(offset, end, signal) {
      const block = await pool.lease(signal)
      try {
        const bytes = block.subarray(0, Math.min(block.length, end - offset))
        await inFolder(folder, async () => {
          if ((await reader.fill(bytes, offset)) < bytes.length)
            throw Object.assign(new Error('the spool file ends too soon'), { code: 'EIO' })
        })
        return { bytes, giveBack: () => pool.give(block) }
      } catch (error) {
        pool.give(block)
        throw error
      }
    },
    async free() {
      await reader.close()
      // Where an open file can't be unnamed.
      await rm(name, { force: true })
    },
  }
}

/** For this user alone, new, and where the system can, without its name from now on. */
async function openUnseen(name: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
  const handle = await open(name, flags, 0o600)
  if (process.platform !== 'win32') await rm(name)
  return handle
}

const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: "this user's disk quota is used up",
  EACCES: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is no folder',
}

async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    throw new UploadError(
      'store-unusable',
      `Parts of the input can't be kept in ${folder} until they are sent: ${advice[code] ?? message}. Name another folder as spool, or memory.`,
      { cause },
    )
  }
}
