/** `discard` of runs of many files: they are only forgotten here, so it takes no key, but it is asked for and can be stopped. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pendingRuns } from '../../src/index.js'
import { runInProcess } from './in-process.js'
import { assertJsonLines } from './json-lines.js'

/** Two runs in a store, each of files that were not there; nobody was asked anything. */
async function twoRuns(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-discard-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const nobody = { LONGHAUL_HOME: folder, LONGHAUL_STORE: join(folder, 'store'), HOME: folder }
  const service = { OSS_ENDPOINT: 'http://127.0.0.1:1', OSS_REGION: 'cn-hangzhou' }
  const keys = { OSS_ACCESS_KEY_ID: 'id', OSS_ACCESS_KEY_SECRET: 'secret' }
  const gone = [join(folder, 'a'), join(folder, 'b')]
  for (const prefix of ['one', 'two']) {
    await runInProcess(['put', ...gone, `oss://examplebucket/${prefix}/`], { ...nobody, ...service, ...keys })
  }
  const left = async (): Promise<number> => (await pendingRuns(nobody.LONGHAUL_STORE)).length
  assert.equal(await left(), 2)
  return { nobody, left }
}

test('uploads tells of each run what failed last, to people and to programs', async (context) => {
  const { nobody } = await twoRuns(context)
  const { out } = await runInProcess(['uploads'], nobody)
  assert.equal(out.filter((line) => /^ {2}last error, .* ago: source-missing: .*[ab]/.test(line)).length, 2)
  const { out: lines } = await runInProcess(['uploads', '--json'], nobody)
  assertJsonLines(lines.join('\n'), 0)
  assert.equal(lines.filter((line) => line.includes('"lastError":{"code":"source-missing"')).length, 2)
})

test('runs are forgotten without a key and without an endpoint', async (context) => {
  const { nobody, left } = await twoRuns(context)
  const { exitCode, out } = await runInProcess(['discard', '--all'], nobody)
  assert.equal(exitCode, 0)
  assert.equal(out.length, 2)
  assert.equal(await left(), 0)
})

test('a stop ends the forgetting after the run at hand', async (context) => {
  const { nobody, left } = await twoRuns(context)
  const stop = new AbortController()
  await runInProcess(['discard', '--all'], nobody, { signal: stop.signal, onLine: () => stop.abort() })
  assert.equal(await left(), 1)
})

test('on a terminal, --all of runs alone needs --yes too, and says what would go', async (context) => {
  const { nobody, left } = await twoRuns(context)
  const place = 'oss://examplebucket/(one|two)/'
  const message = new RegExp(
    `^This forgets 2 runs of many files \\(${place}, ${place}\\): add --yes if that is meant\\.$`,
  )
  await assert.rejects(runInProcess(['discard', '--all'], nobody, { moving: true }), {
    name: 'UsageError',
    message,
  })
  assert.equal(await left(), 2)
  await runInProcess(['discard', '--all', '--yes'], nobody, { moving: true })
  assert.equal(await left(), 0)
})
