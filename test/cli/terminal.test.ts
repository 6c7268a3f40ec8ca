/** What a person at a terminal sees: moving lines in place, other lines above them, also while the terminal changes its size. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createManyDisplay } from '../../src/cli/many-display.js'
import { manyLines } from '../../src/cli/many-lines.js'
import { createManyState } from '../../src/cli/many-state.js'
import { createScreen, type OutputStream } from '../../src/cli/screen.js'
import { textColumns } from '../../src/cli/text-width.js'
import { createTerminal, type Terminal } from '../support/terminal.js'

const MiB = 1024 * 1024

function onTerminal(columns: number): {
  readonly terminal: Terminal
  readonly stream: OutputStream
  resize(columns: number): void
} {
  const terminal = createTerminal({ columns })
  const size = { columns }
  return {
    terminal,
    stream: {
      isTTY: true,
      get columns() {
        return size.columns
      },
      rows: 24,
      write(content, done) {
        terminal.write(String(content))
        done?.()
        return true
      },
      on() {},
    },
    resize(next) {
      size.columns = next
      terminal.resize(next)
    },
  }
}

test('lines that move stay in their place, fewer or more of them, and others stand above', () => {
  const { terminal, stream } = onTerminal(40)
  const screen = createScreen(stream, stream, {})
  terminal.write('$ longhaul put\r\n')
  screen.status(['one', 'two', 'all'])
  screen.status(['one', 'all'])
  screen.err('a notice')
  screen.status(['a longer one', 'two', 'three', 'all'])
  assert.deepEqual(terminal.lines(), ['$ longhaul put', 'a notice', 'a longer one', 'two', 'three', 'all'])
  screen.clearStatus()
  screen.out('done')
  assert.deepEqual(terminal.lines(), ['$ longhaul put', 'a notice', 'done'])
})

test('a terminal that becomes narrower, or wider, keeps nothing of the lines that were drawn before', () => {
  for (const [before, after] of [
    [60, 40],
    [60, 20],
    [40, 60],
    [60, 7],
  ] as const) {
    const { terminal, stream, resize } = onTerminal(before)
    const screen = createScreen(stream, stream, {})
    terminal.write('$ put\r\n')
    screen.status(['x'.repeat(before - 1), '备'.repeat(Math.floor((before - 1) / 2)), 'all'])
    resize(after)
    screen.status(['new', 'all'])
    screen.err('note')
    assert.deepEqual(terminal.lines(), ['$ put', 'note', 'new', 'all'], `${before} to ${after} columns`)
  }
})

test('a name wider than we take it for does not wrap', () => {
  const { terminal, stream } = onTerminal(10)
  const screen = createScreen(stream, stream, {})
  screen.status(['x'.repeat(14), 'all'])
  screen.status(['short', 'all'])
  assert.deepEqual(terminal.lines(), ['short', 'all'])
})

test('many files are a few lines and a sum, which is right at any width', () => {
  const now = { nowMs: 20_000, wallClock: 0, rows: 24 }
  const state = createManyState(0)
  state.found(345, false)
  for (const [index, name] of ['photos/2026/summer/img_0001.raw', '备份/数据库.tar', '😀.bin'].entries()) {
    state.begin(index, { name, size: 100 * MiB }, 0)
    const counts = { consumedBytes: (index + 1) * 20 * MiB, totalBytes: 100 * MiB, keptBytes: 0 }
    state.event(
      index,
      { type: 'progress', ...counts, provedBytes: counts.consumedBytes, sendingBytes: 0 },
      15_000,
    )
  }
  state.begin(9, { name: 'just-begun', size: 1 }, 19_900)
  state.end(20, 'done', { size: 880 * MiB, nowMs: 16_000 })
  state.end(21, 'unchanged', { size: 0, nowMs: 16_000 })
  state.end(22, 'failed', { size: 0, nowMs: 16_000 })
  const picture = { totals: state.totals(), underWay: state.underWay(), rate: 10 * MiB }
  assert.deepEqual(manyLines(picture, { ...now, columns: 100 }), [
    'photos/2026/summer/img_0001.raw   20%  proved 20.0 MiB, 0 B/s, nothing has moved for 5.0 s',
    '备份/数据库.tar                   40%  proved 40.0 MiB, 0 B/s, nothing has moved for 5.0 s',
    '😀.bin                            60%  proved 60.0 MiB, 0 B/s, nothing has moved for 5.0 s',
    '      and 1 more under way',
    '  1%  3 of 345 files, 1 unchanged, 1 failed, 1000.0 MiB, 10.0 MiB/s',
  ])
  assert.deepEqual(manyLines(picture, { ...now, columns: 39 }), [
    ' 20%  photos/2026/summer/img_0001.raw',
    ' 40%  备份/数据库.tar',
    ' 60%  😀.bin',
    '      and 1 more under way',
    '  1%  3/345, 1 failed, 10.0 MiB/s',
  ])
  assert.deepEqual(manyLines(picture, { ...now, columns: 12, rows: 2 }), ['  1%  3/345'])
  assert.deepEqual(manyLines(picture, { ...now, columns: 20, rows: 3 }), [
    ' 20%  pho...0001.raw',
    '      and 3 more under way'.slice(0, 20),
    '  1%  3/345',
  ])
})

test('whatever the names and the width, no line is too wide and there are not too many', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 24 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 1, max: 30 }),
      fc.boolean(),
      (names, columns, rows, looking) => {
        const state = createManyState(0)
        state.found(names.length, looking)
        for (const [index, name] of names.entries()) {
          state.begin(index, { name, size: 100 }, 0)
          if (index % 3 === 0) state.end(index, 'failed', { nowMs: 5 })
        }
        const picture = { totals: state.totals(), underWay: state.underWay(), rate: state.rate(5000) }
        const lines = manyLines(picture, { nowMs: 5000, wallClock: 0, columns, rows })
        assert.ok(lines.length <= Math.max(1, rows))
        for (const line of lines) {
          assert.ok(textColumns(line) <= columns, `${line} is wider than ${columns}`)
          assert.doesNotMatch(line, /\p{Cc}/u)
        }
      },
    ),
  )
})

test('files that end leave the sum behind, and the screen is clear in the end', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const { terminal, stream } = onTerminal(80)
  let nowMs = 0
  const clocks = { monotonic: () => nowMs, wallClock: () => nowMs }
  const display = createManyDisplay(createScreen(stream, stream, {}), 'to/', clocks)
  const file = { index: 0, filename: '/home/me/photos/a.bin', key: 'to/photos/a.bin' }
  const counts = {
    files: 2,
    uploaded: 0,
    skipped: 0,
    failed: 0,
    totalBytes: 0,
    consumedBytes: 0,
    keptBytes: 0,
  }
  display.event({ type: 'file-started', ...file, size: 100 })
  nowMs = 500
  context.mock.timers.tick(500)
  assert.deepEqual(terminal.lines(), ['   .  0 of at least 1 file, 0 B, 0 B/s'], 'never fewer than are known')
  display.event({ type: 'run-progress', ...counts, allKnown: false })
  nowMs = 2000
  context.mock.timers.tick(100)
  assert.deepEqual(terminal.lines(), [
    'photos/a.bin    0%  proved 0 B, of 100 B, 0 B/s over 10 s',
    '   .  0 of at least 2 files, 0 B, 0 B/s',
  ])
  display.event({ type: 'file-stopped', ...file })
  display.event({ type: 'file-skipped', index: 1, filename: 'b', key: 'b', reason: 'same', size: 100 })
  display.event({ type: 'run-progress', ...counts, allKnown: true })
  context.mock.timers.tick(100)
  assert.deepEqual(terminal.lines(), ['100%  2 of 2 files, 1 unchanged, 1 failed, 100 B, 0 B/s'])
  display.close()
  assert.deepEqual(terminal.lines(), [])
})
