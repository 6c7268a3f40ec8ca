/** What reaches the terminal: a moving line under lines that stay, and nothing once the reader has gone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProgressDisplay } from './progress-display.js'
import { createScreen, type OutputStream } from './screen.js'

interface Fake extends OutputStream {
  text: string
  fail(): void
}

function fake(options: { readonly isTTY?: boolean; readonly columns?: number } = {}): Fake {
  const listeners: ((error: NodeJS.ErrnoException) => void)[] = []
  return {
    ...options,
    text: '',
    write(content, done) {
      this.text += String(content)
      done?.(null)
      return true
    },
    on: (_event, listener) => listeners.push(listener),
    fail() {
      for (const listener of listeners) listener(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    },
  }
}

test('lines stand above the moving line, which is drawn again below them', () => {
  const out = fake()
  const err = fake({ isTTY: true, columns: 100 })
  const screen = createScreen(out, err, {})
  screen.status(['10%'])
  screen.status(['10%'])
  screen.err('a notice')
  screen.status(['20%'])
  screen.clearStatus()
  screen.clearStatus()
  screen.out('done')
  const [off, on] = ['\x1b[?7l', '\x1b[?7h']
  const drawn = (text: string): string => `${off}\r${text}\x1b[K\x1b[J${on}`
  assert.equal(err.text, `${drawn('10%')}\r\x1b[Ja notice\n${drawn('10%')}${drawn('20%')}\r\x1b[J`)
  assert.equal(out.text, 'done\n')
  assert.equal(screen.columns(), 100)
})

test('nothing moves where there is no terminal, or one that can not move', () => {
  for (const [stream, environment] of [
    [fake(), {}],
    [fake({ isTTY: true }), { TERM: 'dumb' }],
  ] as const) {
    const screen = createScreen(fake(), stream, environment)
    screen.status(['10%'])
    assert.equal(screen.moving, false)
    assert.equal(stream.text, '')
    assert.equal(screen.columns(), 80)
    assert.equal(screen.rows(), 24)
  }
})

test('once the reader has gone nothing more is written, and nothing fails', async () => {
  const out = fake()
  const screen = createScreen(out, fake(), {})
  assert.equal(await screen.outBytes(new Uint8Array([104, 105])), true)
  out.fail()
  screen.out('lost')
  assert.equal(await screen.outBytes(new Uint8Array([104])), false)
  await screen.flush()
  assert.equal(out.text, '104,105')
})

test('on a terminal the line is drawn many times a second and taken away at the end', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const err = fake({ isTTY: true, columns: 20 })
  const display = createProgressDisplay(createScreen(fake(), err, {}))
  display.bytes(50, 100)
  context.mock.timers.tick(100)
  display.close()
  context.mock.timers.tick(10_000)
  const first = err.text.replaceAll('\x1b', '<escape>')
  assert.match(first, /^<escape>[^ ]* 50% {2}[^\r\n<]{0,13}<escape>/)
  assert.ok(err.text.endsWith('\r\x1b[J'))
})

test('without a terminal there is a plain line after ten seconds, and one each half minute', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const err = fake()
  let seconds = 0
  const clocks = { monotonic: () => seconds * 1000, wallClock: () => 0 }
  const display = createProgressDisplay(createScreen(fake(), err, {}), clocks)
  const pass = (count: number): void => {
    for (const until = seconds + count; seconds < until; ) {
      seconds += 1
      context.mock.timers.tick(1000)
    }
  }
  display.bytes(50, 100)
  pass(9)
  assert.equal(err.text, '')
  pass(1)
  assert.match(err.text, /^50% {2}[^\r\n]*\n$/)
  pass(29)
  assert.equal(err.text.split('\n').length, 2)
  pass(1)
  assert.equal(err.text.split('\n').length, 3)
  display.close()
  pass(60)
  assert.equal(err.text.split('\n').length, 3)
})
