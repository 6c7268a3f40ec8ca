/** The files that are uploaded, and what the discarding server has to know of them. */
import { randomFillSync } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { combineCrc64, crc64 } from '../../src/checksum/index.js'
import type { Knowledge } from './answers.js'

const MiB = 1024 * 1024

export interface Material {
  readonly file: string
  readonly size: number
  /** As an object of this name, in parts of this size. */
  knowledge(key: string, partSize: number): Knowledge
}

/** A file of random bytes, in the page cache afterwards and on the disk, so that nothing is written while it is read. */
export function randomFile(file: string, size: number): Material {
  // Sums of this many bytes make up those of all parts that are whole multiples of it.
  const grain = Math.min(MiB, size)
  const sums: bigint[] = []
  const block = Buffer.allocUnsafe(grain)
  const fd = openSync(file, 'w')
  for (let done = 0; done < size; done += grain) {
    const bytes = randomFillSync(block.subarray(0, Math.min(grain, size - done)))
    writeSync(fd, bytes)
    sums.push(crc64(bytes))
  }
  fsyncSync(fd)
  closeSync(fd)
  return {
    file,
    size,
    knowledge: (key, partSize) => {
      const partCrc64s: string[] = []
      for (let start = 0; start < size; start += partSize) {
        const end = Math.min(start + partSize, size)
        partCrc64s.push(sumOf(start, end).toString())
      }
      return { key, crc64: sumOf(0, size).toString(), partSize, partCrc64s }
    },
  }

  function sumOf(start: number, end: number): bigint {
    let sum = 0n
    for (let at = start; at < end; at += grain) {
      sum = combineCrc64(sum, sums[at / grain] ?? 0n, Math.min(grain, end - at))
    }
    return sum
  }
}

/** A file of nothing but a hole. */
export function sparseFile(file: string, size: number): Material {
  const fd = openSync(file, 'w')
  ftruncateSync(fd, size)
  closeSync(fd)
  return {
    file,
    size,
    knowledge: (key, partSize) => {
      const whole = zeros(partSize)
      const partCrc64s = Array.from({ length: Math.floor(size / partSize) }, () => whole.toString())
      if (size % partSize > 0) partCrc64s.push(zeros(size % partSize).toString())
      return { key, crc64: zeros(size).toString(), partSize, partCrc64s }
    },
  }
}

/** The CRC-64 of so many zero bytes. */
function zeros(count: number): bigint {
  if (count <= MiB) return crc64(new Uint8Array(count))
  const half = Math.floor(count / 2)
  const one = zeros(half)
  return combineCrc64(one, count % 2 === 0 ? one : zeros(half + 1), count - half)
}

/** Files of 4 KiB to 1 MiB, as many small as large by the logarithm, the same sizes in every run. */
export function manyFiles(folder: string, count: number): { bytes: number; knowledge: Knowledge[] } {
  if (existsSync(folder)) rmSync(folder, { recursive: true })
  mkdirSync(folder)
  const block = randomFillSync(Buffer.allocUnsafe(MiB))
  let bytes = 0
  const knowledge: Knowledge[] = []
  for (let index = 0; index < count; index += 1) {
    // Steps of the golden section spread evenly, in an order that is neither rising nor falling.
    const size = Math.round(4096 * 256 ** ((index * 0.618033988749895) % 1))
    block.writeUInt32LE(index)
    const content = block.subarray(0, size)
    const key = `${String(index).padStart(6, '0')}.bin`
    const fd = openSync(join(folder, key), 'w')
    writeSync(fd, content)
    fsyncSync(fd)
    closeSync(fd)
    bytes += size
    knowledge.push({ key, crc64: crc64(content).toString() })
  }
  return { bytes, knowledge }
}
