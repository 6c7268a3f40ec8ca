/** The rate in a file: it holds at once, changes with the file, and stays when the file says something else. */
import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { UsageError } from './failure.js'
import { openRateControl, type RateControl, type RateFlags } from './rate-control.js'
import type { Screen } from './screen.js'

const pollMs = 20

async function control(
  t: TestContext,
  content: string | undefined,
  flags: RateFlags = {},
): Promise<{ rate: RateControl; file: string; lines: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-rate-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'rate')
  if (content !== undefined) await writeFile(file, content)
  const lines: string[] = []
  const screen = {
    out: (line: string) => void lines.push(line),
    err: (line: string) => void lines.push(line.replace(file, 'rate')),
  } as unknown as Screen
  const rate = openRateControl({ ...flags, limitRateFile: file }, screen, pollMs)
  t.after(() => rate.close())
  return { rate, file, lines }
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  assert.ok(condition())
}

test('without a file of its own the rate is that of --limit-rate, or none', () => {
  const screen = {} as Screen
  assert.equal(openRateControl({}, screen).limit, undefined)
  assert.equal(openRateControl({ limitRate: 5 }, screen).limit?.bytesPerSecond, 5)
})

test('the rate follows the file, whether that is written or replaced', async (t) => {
  const { rate, file, lines } = await control(t, '1MiB/s\n')
  assert.equal(rate.limit?.bytesPerSecond, 1024 * 1024)
  await writeFile(file, '2MiB/s')
  await until(() => rate.limit?.bytesPerSecond === 2 * 1024 * 1024)
  await writeFile(`${file}.new`, 'unlimited\n')
  await rename(`${file}.new`, file)
  await until(() => rate.limit?.bytesPerSecond === Number.POSITIVE_INFINITY)
  assert.deepEqual(lines, ['rate: The rate is now 2.0 MiB/s.', 'rate: The rate is now unlimited.'])
})

test('what is no rate is told once and changes nothing; neither does a file that goes away', async (t) => {
  const { rate, file, lines } = await control(t, '1MiB/s')
  await writeFile(file, 'fast please')
  await until(() => lines.length > 0)
  await writeFile(file, 'faster please')
  await rm(file)
  await writeFile(file, '3MiB/s')
  await until(() => rate.limit?.bytesPerSecond === 3 * 1024 * 1024)
  assert.deepEqual(lines, [
    'rate: It holds no rate such as 20MiB/s, and not the word unlimited. The rate stays 1.0 MiB/s.',
    'rate: The rate is now 3.0 MiB/s.',
  ])
})

test('a file that comes later takes over from --limit-rate, for programs in JSON', async (t) => {
  const { rate, file, lines } = await control(t, undefined, { limitRate: 7, json: true })
  assert.equal(rate.limit?.bytesPerSecond, 7)
  await writeFile(file, '100')
  await until(() => rate.limit?.bytesPerSecond === 100)
  assert.deepEqual(lines, ['{"type":"rate-changed","v":1,"bytesPerSecond":100}'])
})

test('a wrong rate at the start is a wrong call', async (t) => {
  await assert.rejects(control(t, 'fast'), UsageError)
})
