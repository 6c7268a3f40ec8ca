/**
 * `npm run bench:checksum`: CRC-64 against that of hash-wasm, from a Buffer and in place, which is as the transport has it:
 * in blocks of at most 512 KiB that take turns.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { createCRC64 } from 'hash-wasm'
import { Crc64, crc64 } from '../src/checksum/index.js'
import { allocateInPlace } from '../src/checksum/kernels.js'
import { DEFAULT_BLOCK_SIZE } from '../src/sources/pool.js'
import { readCommand, wholeNumber } from '../test/support/command.js'
import { fixture } from '../test/support/paths.js'
import { type Contender, circumstances, inRounds } from './rounds.js'

const KIB = 1024
const MIB = 1024 * KIB
/** Name, bytes, and the least ratio that was aimed at: from a Buffer, and in place. */
const SIZES: readonly (readonly [name: string, size: number, goal: number, goalInPlace: number])[] = [
  ['1 KiB', KIB, 1, 1],
  ['16 KiB', 16 * KIB, 1, 1],
  ['64 KiB', 64 * KIB, 2, 2],
  ['512 KiB', 512 * KIB, 2, 8],
  ['1 MiB', MIB, 4, 8],
  ['256 MiB', 256 * MIB, 4, 8],
]
/** Taken by each contender in each round: enough for the clock, and soon over, so that all see the same disturbances. */
const BYTES_A_TURN = MIB
/** A round of the largest takes as long as hundreds of the others. */
const FEWER_FROM = 16 * MIB
const FEWER = 10
/** Two for each of two parts. */
const BLOCKS = 4
const PAGE = 'docs/checksums.md'
const MARK = '<!-- bench:checksum -->'

const usage = `npm run bench:checksum [-- OPTION...]
  --rounds N       interleaved rounds, after one that does not count; default 150
  --write          puts the table into docs/checksums.md`

const { values } = readCommand(usage, {
  options: { rounds: { type: 'string', default: '150' }, write: { type: 'boolean', default: false } },
})
const asked = wholeNumber('rounds', values.rounds, { least: 1 })
const theirs = await createCRC64('c96c5795d7870f42')

/** GB a second. */
function rate(size: number, work: () => unknown): () => number {
  const times = Math.ceil(BYTES_A_TURN / size)
  return () => {
    const startedMs = performance.now()
    for (let turn = 0; turn < times; turn += 1) work()
    return (size * times) / 1e6 / (performance.now() - startedMs)
  }
}

function contenders(size: number): readonly Contender[] {
  const bytes = Buffer.alloc(size)
  for (let index = 0; index < size; index += 1) bytes[index] = index * 131 + (index >> 8) * 17
  const blockSize = Math.min(size, DEFAULT_BLOCK_SIZE)
  const memory = allocateInPlace(blockSize * BLOCKS)
  if (memory === undefined) throw new Error('no WebAssembly memory to be had')
  const blocks = Array.from({ length: BLOCKS }, (_, index) =>
    memory.subarray(index * blockSize, (index + 1) * blockSize),
  )
  for (const block of blocks) {
    block.set(bytes.subarray(0, blockSize))
    if (crc64(block) !== crc64(bytes.subarray(0, blockSize))) throw new Error('a block has another CRC')
  }
  const said = Buffer.from(theirs.init().update(bytes).digest('binary')).readBigUInt64BE()
  if (said !== crc64(bytes)) throw new Error(`the CRCs of ${size} bytes differ`)
  const inBlocks = (): bigint => {
    const stream = new Crc64()
    for (let taken = 0; taken < size; taken += blockSize) {
      stream.update(blocks[(taken / blockSize) % BLOCKS] as Uint8Array)
    }
    return stream.value()
  }
  return [
    // As bytes, which is the fastest of its answers.
    { name: 'hash-wasm', run: rate(size, () => theirs.init().update(bytes).digest('binary')) },
    { name: 'from a Buffer', run: rate(size, () => crc64(bytes)) },
    { name: 'in place', run: rate(size, inBlocks) },
  ]
}

const lines = [
  `GB a second, and the ratio to hash-wasm 4.13, medians of ${asked} interleaved rounds (256 MiB: a tenth); ${circumstances(cpus()[0]?.model ?? 'unknown', cpus().length)}.`,
  '',
  '| bytes | hash-wasm | from a Buffer | ratio (goal) | in place | ratio (goal) |',
  '| --- | --- | --- | --- | --- | --- |',
]
const tell = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
lines.forEach(tell)
for (const [name, size, goal, goalInPlace] of SIZES) {
  const rounds = Math.ceil(asked / (size < FEWER_FROM ? 1 : FEWER))
  const [they, copied, placed] = await inRounds(rounds, contenders(size))
  if (they === undefined || copied === undefined || placed === undefined) throw new Error('no standings')
  const line = `| ${name} | ${they.rate.toFixed(2)} | ${copied.rate.toFixed(2)} | ${copied.ratio.toFixed(2)} (${goal}) | ${placed.rate.toFixed(2)} | ${placed.ratio.toFixed(2)} (${goalInPlace}) |`
  lines.push(line)
  tell(line)
}
if (values.write) {
  const [before, , after] = readFileSync(fixture(PAGE), 'utf8').split(MARK)
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has no two marks ${MARK}`)
  writeFileSync(fixture(PAGE), `${before}${MARK}\n${lines.join('\n')}\n${MARK}${after}`)
}
