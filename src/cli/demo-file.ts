/** A file of bytes that compress and repeat as little as real ones: the same for the same size, made fast. */
import { open, statfs } from 'node:fs/promises'
import { CommandError } from './failure.js'
import { formatSize } from './sizes.js'

const blockSize = 1024 * 1024

export async function makeFile(path: string, size: number, signal: AbortSignal): Promise<void> {
  const file = await open(path, 'wx')
  try {
    const block = new Uint32Array(blockSize / 4)
    const bytes = new Uint8Array(block.buffer)
    let seed = 0x9e3779b9
    for (let written = 0; written < size; written += blockSize) {
      signal.throwIfAborted()
      seed = fillRandomly(block, seed)
      await file.writeFile(bytes.subarray(0, Math.min(blockSize, size - written)))
    }
  } finally {
    await file.close()
  }
}

/** Marsaglia's xorshift, 32 bits. Returns where it stopped. */
function fillRandomly(block: Uint32Array, seed: number): number {
  let word = seed
  for (let index = 0; index < block.length; index += 1) {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    block[index] = word
  }
  return word
}

/** @throws CommandError when the disk of the folder has less than `bytes` left */
export async function requireSpace(
  folder: string,
  { bytes, given }: { readonly bytes: number; readonly given: string | undefined },
): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free < bytes) {
    throw new CommandError(
      'invalid-argument',
      `The demo needs ${formatSize(bytes)} in ${folder}, and ${formatSize(free)} are free. Give ${given === undefined ? 'a smaller --size' : 'a smaller file'}, or another folder with TMPDIR.`,
    )
  }
}
