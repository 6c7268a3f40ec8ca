/**
 * `npm run docs:recordings`: writes docs/recordings/*.txt, what a person sees of the command line at a real terminal. Each
 * session runs against a server of its own with a rate that is limited, so that two recordings differ little. Needs Python 3
 * for the terminal.
 */
import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { createServer, type FaultRule } from '../../../src/server/index.js'
import { choose, endOnSignals, endsWithUs, readCommand, workFolder } from '../../support/command.js'
import { fixture } from '../../support/paths.js'
import { createTerminal } from '../../support/terminal.js'
import { bytesOf, mainScript } from '../stage.js'
import { wordsOf } from '../transcript.js'
import { fromNothing, recordFromNothing } from './from-nothing.js'
import { sessions } from './sessions.js'

const inTerminal = fixture('test/cli/recordings/in-terminal.py')
const rows = 24
/** How often the screen is looked at, in seconds. */
const everySeconds = 0.5

export interface Step {
  /** What is typed, beginning with `longhaul`. */
  readonly type: string
  /** Seconds after which Ctrl-C is pressed. */
  readonly pressAt?: number
  /** What the server does wrong meanwhile. */
  readonly faults?: readonly FaultRule[]
}

export interface Session {
  readonly name: string
  readonly title: string
  readonly columns: number
  /** Names and sizes in bytes. */
  readonly files: Readonly<Record<string, number>>
  readonly steps: readonly Step[]
}

async function record({ title, columns, files, steps }: Session): Promise<string> {
  const folder = workFolder('longhaul-recording-')
  const credentials = { accessKeyId: 'LHRECORDING', accessKeySecret: 'secret' }
  const server = await createServer({ buckets: ['examplebucket'], credentials, onFailure() {} })
  try {
    // Called by this name, the program names itself so.
    await symlink(mainScript, join(folder, 'longhaul'))
    for (const [name, size] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), bytesOf(size))
    }
    // Names that are not the same each time are replaced before lines are wrapped.
    const shown = (text: string): string =>
      text.replaceAll(folder, '/home/me').replaceAll(server.endpoint, 'http://127.0.0.1:9500')
    const environment = {
      PATH: process.env['PATH'],
      HOME: folder,
      TERM: 'xterm-256color',
      LONGHAUL_STORE: join(folder, 'store'),
      OSS_ENDPOINT: server.endpoint,
      OSS_ACCESS_KEY_ID: credentials.accessKeyId,
      OSS_ACCESS_KEY_SECRET: credentials.accessKeySecret,
    }
    const texts: string[] = [
      `# ${title}`,
      `# A terminal of ${columns} columns. "s |" stands before what was seen on the way.`,
      '',
    ]
    for (const step of steps) {
      server.faults.clear()
      for (const rule of step.faults ?? []) server.faults.add(rule)
      texts.push(...(await play(step, { columns, folder, environment, shown })), '')
    }
    return `${texts.join('\n').trimEnd()}\n`
  } finally {
    await server.close()
  }
}

async function play(
  { type, pressAt }: Step,
  where: {
    readonly columns: number
    readonly folder: string
    readonly environment: NodeJS.ProcessEnv
    readonly shown: (text: string) => string
  },
): Promise<readonly string[]> {
  const [, ...args] = wordsOf(type)
  const press = pressAt === undefined ? '-' : String(pressAt)
  const command = [
    inTerminal,
    String(where.columns),
    String(rows),
    press,
    process.execPath,
    join(where.folder, 'longhaul'),
    ...args,
  ]
  const running = promisify(execFile)('python3', command, {
    cwd: where.folder,
    env: where.environment,
    timeout: 120_000,
    maxBuffer: 64 * 1024 * 1024,
  })
  endsWithUs(running.child)
  const { stdout } = await running
  const terminal = createTerminal({ columns: where.columns })
  const seen: string[] = []
  let exitCode = 0
  let nextLook = everySeconds
  let last: readonly string[] = []
  for (const line of stdout.trim().split('\n')) {
    const [seconds, text, code] = JSON.parse(line) as [number, string | null, number?]
    for (; seconds > nextLook && code === undefined; nextLook += everySeconds) {
      const shown = terminal.lines()
      const before = last
      const news = shown.filter((each) => !before.includes(each))
      seen.push(...news.map((each) => `${nextLook.toFixed(1).padStart(5)} s | ${each}`))
      last = shown
    }
    if (text !== null) terminal.write(where.shown(text))
    exitCode = code ?? exitCode
  }
  return [`$ ${type}`, ...seen, ...terminal.lines(), `exit: ${exitCode}`]
}

const known = [...sessions.map(({ name }) => ({ name })), { name: fromNothing }]
const usage = `npm run docs:recordings [-- NAME...]
  NAME             ${known.map(({ name }) => name).join(', ')}; default all

Writes docs/recordings/*.txt. Needs Python 3.`
const { positionals } = readCommand(usage, { allowPositionals: true })
const wanted = choose('recording', known, positionals).map(({ name }) => name)

endOnSignals()
for (const session of sessions) {
  if (!wanted.includes(session.name)) continue
  const text = await record(session)
  await mkdir(fixture('docs/recordings'), { recursive: true })
  await writeFile(fixture(`docs/recordings/${session.name}.txt`), text)
  process.stdout.write(`docs/recordings/${session.name}.txt\n`)
}
if (wanted.includes(fromNothing)) await recordFromNothing(fromNothing)
