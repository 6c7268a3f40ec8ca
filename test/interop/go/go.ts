/**
 * The OSS Go SDK v2, by the integration tests of its makers: the module is downloaded, its tests are compiled and run as
 * they are, each in a process and with buckets of its own, so that one which breaks off takes no other with it.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { forEachAtOnce, isChosen, type Outcome, type Part, type PartContext } from '../part.js'
import { runProgram } from '../programs.js'
import { type LoggedRequest, type Serving, startServe } from '../serving.js'
import { type GoEnd, readGoOutput } from './judge.js'
import { compileSuite, copyModule, findGo, type Suite } from './module.js'
import { CORE, EXCEPTIONS, type GoException, MODULE, NOT_STARTED, VERSION } from './tests.js'

/** The tests sleep much more than they work. */
const AT_ONCE = 4
/** The slowest takes a quarter of it on a quiet machine. */
const TEST_MS = 180_000

const ways = [
  { way: 'V1', signature: 'v1', durability: 'memory' },
  { way: 'V4', signature: 'v4', durability: 'memory' },
  { way: 'V1, on disk', signature: 'v1', durability: 'durable' },
  { way: 'V4, on disk', signature: 'v4', durability: 'durable' },
] as const

type Way = (typeof ways)[number]

export const go: Part = {
  name: 'go',
  async run(context) {
    const tools = await findGo(context.folder)
    context.say(`${MODULE} ${VERSION} with ${tools.version}; its tests take a minute to compile`)
    const source = await copyModule(tools, {
      module: MODULE,
      version: VERSION,
      folder: join(context.folder, 'sdk'),
    })
    const suite = await compileSuite(tools, source)
    refuseUnknownNames(suite)
    for (const way of ways) await runWay(context, suite, way)
    for (const [test, because] of Object.entries(NOT_STARTED)) {
      if (!isChosen(context, test)) continue
      for (const { way } of ways.slice(0, 2)) context.note({ test, way, outcome: 'not applicable', because })
    }
    return `OSS Go SDK v2 ${VERSION.slice(1)}, ${tools.version}`
  },
}

/** A list that names a test which is not there says nothing about the one that was meant. */
function refuseUnknownNames(suite: Suite): void {
  const listed = [...CORE, ...Object.keys(EXCEPTIONS), ...Object.keys(NOT_STARTED)]
  const unknown = listed.filter((name) => !suite.names.includes(name))
  if (unknown.length > 0)
    throw new Error(`The lists name tests that the SDK does not have: ${unknown.join(' ')}`)
}

async function runWay(context: PartContext, suite: Suite, way: Way): Promise<void> {
  const tests = suite.names
    .filter((test) => NOT_STARTED[test] === undefined && isChosen(context, test))
    .filter((test) => way.durability === 'memory' || CORE.includes(test))
  if (tests.length === 0) return
  context.say(`${tests.length} tests, ${way.way}`)
  const server = await startServe({
    folder: join(
      context.folder,
      `serve-${way.signature}-${way.durability}-${randomBytes(4).toString('hex')}`,
    ),
    durability: way.durability,
  })
  try {
    await forEachAtOnce(tests, AT_ONCE, (test) => runTest(context, { suite, server, way, test }))
  } finally {
    await server.stop()
  }
}

interface Run {
  readonly suite: Suite
  readonly server: Serving
  readonly way: Way
  readonly test: string
}

async function runTest(context: PartContext, { suite, server, way, test }: Run): Promise<void> {
  const prefix = `t${suite.names.indexOf(test)}-`
  const since = server.requests.length
  const ended = await runProgram(suite.program, ['-test.v', '-test.run', `^${test}$`], {
    cwd: suite.cwd,
    signal: context.signal,
    limitMs: TEST_MS,
    env: {
      OSS_TEST_REGION: server.region,
      OSS_TEST_ENDPOINT: server.endpoint,
      OSS_TEST_ACCESS_KEY_ID: server.accessKeyId,
      OSS_TEST_ACCESS_KEY_SECRET: server.accessKeySecret,
      OSS_TEST_SIGNATURE_VERSION: way.signature,
      OSS_TEST_BUCKET_PREFIX: prefix,
    },
  })
  const end = readGoOutput(test, ended.output, ended.code)
  // Operations of no bucket can't be told apart by their prefix.
  const lacking = server.requests
    .slice(since)
    .filter(({ bucket, status }) => status === 501 && (bucket?.startsWith(prefix) ?? true))
  const exception = EXCEPTIONS[test]
  const outcome = judge({ suite, end, lacking, exception })
  const detail = outcome === 'failed' ? describe(suite, end, exception) : undefined
  context.note({
    test,
    way: way.way,
    outcome,
    ...(outcome === 'explained' || outcome === 'not applicable' ? { because: exception?.because ?? '' } : {}),
    ...(detail === undefined ? {} : { detail }),
  })
}

function judge({
  suite,
  end,
  lacking,
  exception,
}: {
  readonly suite: Suite
  readonly end: GoEnd
  /** What was answered with NotImplemented. */
  readonly lacking: readonly LoggedRequest[]
  readonly exception: GoException | undefined
}): Outcome {
  // An explanation of what passes is out of date.
  if (end.passed) return exception?.outcome === 'explained' ? 'failed' : 'pass'
  if (exception === undefined) return 'failed'
  if (exception.outcome === 'not applicable') return lacking.length > 0 ? 'not applicable' : 'failed'
  const { fails = [], mayFail = [], stopsAt } = exception
  const isWhole =
    stopsAt === undefined
      ? end.brokeOff === undefined
      : end.brokeOff !== 'at the time limit' &&
        lacking.every(({ bucket, operation }) => bucket === undefined || operation === stopsAt)
  const asked = end.failures
    .map(({ file, line }) => suite.lineOf(file, line) ?? '')
    .filter((text) => !mayFail.includes(text))
  const isAsTold = asked.length > 0 && [...asked].sort().join('\n') === [...fails].sort().join('\n')
  return isWhole && isAsTold ? 'explained' : 'failed'
}

function describe(suite: Suite, end: GoEnd, exception: GoException | undefined): string {
  if (end.passed) return 'It passes now: take its explanation out of the list.'
  const lines = end.failures.map(
    ({ file, line, said }) => `${file}:${line}: ${suite.lineOf(file, line) ?? ''} <- ${said.slice(0, 200)}`,
  )
  if (end.brokeOff !== undefined) lines.push(`It broke off ${end.brokeOff}.`)
  if (exception?.outcome === 'not applicable') lines.push('It failed, but not by NotImplemented.')
  return lines.join('\n')
}
