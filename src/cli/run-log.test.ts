/** What a log of runs holds, and what happens when it can't be written. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openRunLog } from './run-log.js'
import { createScreen, type OutputStream } from './screen.js'

function screenOf(lines: string[]) {
  const stream: OutputStream = { write: (text) => lines.push(String(text)) > 0, on() {} }
  return createScreen(stream, stream, {})
}

test('every event is a line with its time; progress is one now and then; runs follow one another', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-log-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const log = join(folder, 'run.log')
  const told: string[] = []
  for (const run of [1, 2]) {
    let ms = 0
    const clocks = { monotonic: () => ms, wallClock: () => Date.UTC(2026, 0, run) + ms }
    const opened = openRunLog({ log }, 'a.bin to oss://b/\na', screenOf(told), clocks)
    opened.event({ type: 'opened', uploadId: 'U', partSize: 10, partCount: 3 })
    for (ms = 0; ms <= 41_000; ms += 1000) {
      const counts = { consumedBytes: 1, totalBytes: 30, keptBytes: 0, provedBytes: 0, sendingBytes: 1 }
      opened.event({ type: 'progress', ...counts })
    }
    opened.event({ type: 'settled', message: 'The object was found.' })
    opened.close()
    opened.line('after the end')
  }
  const day = readFileSync(log, 'utf8').trim().split('\n').slice(0, 4)
  const head = (time: string): string => `2026-01-01T00:00:${time}Z ${process.pid} a.bin to oss://b/ a: `
  assert.deepEqual(day.slice(0, 1), [`${head('00.000')}opened uploadId=U partSize=10 partCount=3`])
  assert.match(day[1] ?? '', /T00:00:10\.000Z .*: 3% proved 0 B, sending 1 B, of 30 B/)
  assert.match(day[2] ?? '', /T00:00:40\.000Z .*: 3% /)
  assert.deepEqual(day.slice(3), [`${head('42.000')}The object was found.`])
  assert.equal(readFileSync(log, 'utf8').split('\n').length, 9, 'the second run is appended')
  assert.equal(statSync(log).mode & 0o777, 0o600)
  assert.deepEqual(told, [])
})

test('a log that can not be written is one notice, and nothing fails', () => {
  const told: string[] = []
  const log = openRunLog({ log: '/proc/nowhere/run.log' }, 'a', screenOf(told))
  log.event({ type: 'completing', uploadId: 'U' })
  log.line('more')
  log.close()
  assert.equal(told.length, 1)
  assert.match(
    told[0] ?? '',
    /^The log \/proc\/nowhere\/run\.log can not be written, and the run goes on without it: /,
  )
})
