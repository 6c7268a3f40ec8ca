/**
 * The order of the storage's promises once more, seen from below: the system calls of a real `serve` process, LevelDB's
 * included, from the client's request to the bytes of the 200. Where nothing can trace, `ordering.test.ts` stands alone.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createLuck } from '../simulation/world.js'
import { createContents } from './contents.js'
import { createRegisters } from './registers.js'
import { type ServeOptions, type ServeProcess, startServe } from './serve-process.js'
import { readTrace, type SystemCall, tracer, whyNoTrace } from './system-calls.js'
import { createWireClient, type WireClient } from './wire-client.js'
import { WIRE_ROWS, type WireScene, type WireUpload } from './wire-rows.js'

const noTrace = whyNoTrace()
const options = noTrace === undefined ? {} : { skip: `not run: ${noTrace}` }
const MOST_TRIES = 400

interface Traced {
  readonly folder: string
  readonly trace: string
  start(
    more?: readonly string[],
    asked?: Pick<ServeOptions, 'durability' | 'environment'>,
  ): Promise<ServeProcess>
}

async function traced(context: TestContext): Promise<Traced> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-traced-'))
  const started: ServeProcess[] = []
  context.after(async () => {
    // Of a test that failed one may still run, and would keep this process.
    for (const server of started) {
      server.kill('SIGKILL')
      await server.ended
    }
    await rm(folder, { recursive: true, force: true })
  })
  const trace = join(folder, 'trace')
  return {
    folder,
    trace,
    start: async (more = [], asked = {}) => {
      const server = await startServe({
        dataDir: join(folder, 'data'),
        home: join(folder, 'home'),
        ...asked,
        under: tracer(trace, more),
      })
      started.push(server)
      return server
    },
  }
}

/** Does every row until it was acknowledged, one request at a time. Gives how many acknowledgements there were. */
async function doEveryRow(client: WireClient): Promise<number> {
  const luck = createLuck(3)
  const scene: WireScene = { luck, contents: createContents(), registers: createRegisters(), tags: new Map() }
  const uploads: WireUpload[] = []
  const missing = new Set(WIRE_ROWS)
  let acknowledged = 0
  for (let tries = 0; missing.size > 0 && tries < MOST_TRIES; tries += 1) {
    const row = luck.pick(WIRE_ROWS)
    const attempt = row.plan(scene, uploads)
    if (attempt === undefined) continue
    const answer = await client.ask(attempt.ask)
    if (answer.status >= 300) continue
    attempt.onDone?.(answer)
    scene.registers.acknowledge(scene.registers.begin(row.name, attempt.touches))
    acknowledged += 1
    missing.delete(row)
  }
  assert.deepEqual(
    [...missing].map(({ name }) => name),
    [],
  )
  return acknowledged
}

async function stop(server: ServeProcess, client: WireClient): Promise<void> {
  client.close()
  server.kill('SIGTERM')
  await server.ended
}

const isWrite = ({ name }: SystemCall): boolean =>
  name === 'write' || name === 'writev' || name === 'pwrite64'
const isSync = ({ name }: SystemCall): boolean => name === 'fsync' || name === 'fdatasync'
/** The path of the descriptor that a call is about. */
const pathOf = ({ args }: SystemCall): string => /^\d+<([^>]*)>/.exec(args)?.[1] ?? ''
const isAnswer = (call: SystemCall): boolean => isWrite(call) && /"HTTP\/1\.1 20[04]/.test(call.args)

/**
 * Files of the data folder that were written or made, and not synced, when an answer began. A content that nothing was
 * written into was made beforehand, and nobody was promised it.
 */
function unsyncedAt(calls: readonly SystemCall[], answer: SystemCall, data: string): readonly string[] {
  const before = calls.filter((call) => call.ended < answer.began)
  const removed = new Set(
    before.filter(({ name }) => name === 'unlink').map(({ args }) => /"([^"]*)"/.exec(args)?.[1]),
  )
  const synced = (path: string, after: number): boolean =>
    before.some((call) => isSync(call) && call.result === 0 && pathOf(call) === path && call.began > after)
  const isPromised = (path: string): boolean =>
    path.startsWith(data) && /contents\/..\/|metadata\/\d+\.log/.test(path) && !removed.has(path)
  const written = new Set(before.filter(isWrite).map(pathOf))
  const isUsed = (path: string): boolean => written.has(path) || path.endsWith('.log')
  const wrong: string[] = []
  for (const call of before) {
    if (isWrite(call) && isPromised(pathOf(call)) && !synced(pathOf(call), call.ended)) {
      wrong.push(`bytes of ${pathOf(call)}`)
    }
    const made = /O_CREAT/.test(call.args) ? /= |"([^"]*)"/.exec(call.args)?.[1] : undefined
    if (made !== undefined && call.result >= 0 && isPromised(made) && isUsed(made)) {
      if (!synced(made.slice(0, made.lastIndexOf('/')), call.ended)) wrong.push(`the name ${made}`)
    }
  }
  return wrong
}

test(
  'no 200 leaves the real server before its bytes, its names and its log are synced',
  options,
  async (context) => {
    const { folder, trace, start } = await traced(context)
    const server = await start()
    const client = createWireClient(server.port)
    const acknowledged = await doEveryRow(client)
    await stop(server, client)
    const calls = await readTrace(trace)
    const answers = calls.filter(isAnswer)
    assert.ok(answers.length >= acknowledged, `${answers.length} answers of ${acknowledged}`)
    const data = join(folder, 'data')
    for (const answer of answers) assert.deepEqual(unsyncedAt(calls, answer, data), [])
    // The check can fail: without any one kind of sync some answer comes too early.
    for (const kind of [/contents\/..\/\w/, /contents\/..$/, /metadata\/\d+\.log$/, /metadata$/]) {
      const fewer = calls.filter((call) => !(isSync(call) && kind.test(pathOf(call))))
      const early = answers.filter((answer) => unsyncedAt(fewer, answer, data).length > 0)
      assert.ok(early.length > 0, `a trace without syncs of ${kind} is seen through`)
    }
    // Every batch went to LevelDB's log and was synced there, before the answer that needed it.
    const logSyncs = calls.filter((call) => isSync(call) && /metadata\/\d+\.log$/.test(pathOf(call)))
    assert.ok(logSyncs.length >= WIRE_ROWS.length, `${logSyncs.length} syncs of the log`)
  },
)

test('fast syncs nothing between a request and its 200', options, async (context) => {
  const { folder, trace, start } = await traced(context)
  const server = await start([], { durability: 'fast' })
  const client = createWireClient(server.port)
  await doEveryRow(client)
  await stop(server, client)
  const calls = await readTrace(trace)
  const answers = calls.filter(isAnswer)
  const first = answers[0]?.began ?? Number.POSITIVE_INFINITY
  const last = answers.at(-1)?.began ?? 0
  const syncs = calls.filter(
    (call) => isSync(call) && call.began > first && call.began < last && pathOf(call).startsWith(folder),
  )
  assert.deepEqual(syncs, [])
})

for (const { what, call, number } of [
  { what: 'bytes and records', call: 'fdatasync', number: 14 },
  // Of folders there are few: the start's, and then one for more and more contents.
  { what: 'folders', call: 'fsync', number: 8 },
] as const) {
  test(
    `once the system says that a sync of ${what} failed, the real server acknowledges nothing more`,
    options,
    async (context) => {
      const { start } = await traced(context)
      const healthy = await start()
      const before = createWireClient(healthy.port)
      const body = Buffer.from('kept')
      for (const key of ['a', 'b']) {
        assert.equal((await before.ask({ method: 'PUT', bucket: 'one', key, body })).status, 200)
      }
      await stop(healthy, before)

      // One call fails, all after it succeed: as a disk does that lost what it was given. The first ones are the start's.
      // The tracer counts the calls of each thread apart, so one of them makes all.
      const one = { environment: { UV_THREADPOOL_SIZE: '1' } }
      const server = await start(['-e', `inject=${call}:error=EIO:when=${number}`], one)
      const client = createWireClient(server.port)
      const statuses: number[] = []
      for (let number = 0; number < 40; number += 1) {
        const answer = await client.ask({ method: 'PUT', bucket: 'one', key: `c${number}`, body })
        statuses.push(answer.status)
        if (answer.status !== 200) assert.match(answer.text, /<Code>InternalError</)
      }
      const failedAt = statuses.indexOf(500)
      assert.ok(failedAt >= 0, 'it failed')
      assert.ok(
        statuses.slice(failedAt).every((status) => status === 500),
        statuses.join(' '),
      )
      assert.equal((await client.ask({ method: 'DELETE', bucket: 'one', key: 'a' })).status, 500)
      assert.equal((await client.ask({ method: 'GET', bucket: 'one', key: 'a' })).status, 500)
      assert.match(server.complaints(), /can't be relied on any more/)
      await stop(server, client)

      const again = await start()
      const after = createWireClient(again.port)
      const acknowledged = [
        'a',
        'b',
        ...statuses.flatMap((status, number) => (status === 200 ? [`c${number}`] : [])),
      ]
      for (const key of acknowledged) {
        assert.equal((await after.ask({ method: 'GET', bucket: 'one', key })).text, 'kept')
      }
      assert.equal((await after.ask({ method: 'PUT', bucket: 'one', key: 'new', body })).status, 200)
      await stop(again, after)
    },
  )
}
