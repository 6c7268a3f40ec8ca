/** From an empty folder to an object that is proved, as somebody new would go: what is typed, what is said, how long it took. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { endsWithUs, tidyAtEnd, workFolder } from '../../support/command.js'
import { measuredOn } from '../../support/figures.js'
import { fixture, projectRoot } from '../../support/paths.js'

const steps = (tarball: string): readonly string[] => [
  `npm install --no-audit --no-fund ../${tarball}`,
  'npx longhaul serve --port 0 --bucket demo > serve.log 2>&1 &',
  'until grep -q listens serve.log; do sleep 0.1; done; head -n 1 serve.log',
  'head -c 50MB /dev/urandom > big.iso',
  'npx longhaul put --local big.iso oss://demo/',
  'npx longhaul verify --local big.iso oss://demo/big.iso',
  'npx longhaul ls --local oss://demo',
]

/** The name of its recording. */
export const fromNothing = 'empty-folder'

export async function recordFromNothing(name: string): Promise<void> {
  const temp = workFolder('longhaul-recording-')
  const folder = join(temp, 'trial')
  await mkdir(folder)
  // What is published one day is packed here before the clock starts.
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', temp], {
    cwd: projectRoot,
  })
  const [tarball = ''] = (await readdir(temp)).filter((each) => each.endsWith('.tgz'))
  const environment = {
    ...process.env,
    LONGHAUL_HOME: join(temp, 'home'),
    LONGHAUL_STORE: join(temp, 'store'),
  }
  const shell = spawn('bash', ['--norc'], {
    cwd: folder,
    env: environment,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  endsWithUs(shell)
  // npx passes no signal on: the server itself says who it is.
  const stopServer = tidyAtEnd(() => {
    const file = join(temp, 'home', 'serve.json')
    if (!existsSync(file)) return
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { readonly pid?: number }
    if (pid !== undefined) process.kill(pid, 'SIGTERM')
  })
  shell.stdout.setEncoding('utf8')
  const lines = [
    '# From an empty folder to an object that is proved to be the file.',
    `# ${measuredOn()}; npm took what it needed from the registry or its cache.`,
    '',
  ]
  let totalMs = 0
  try {
    for (const step of steps(tarball)) {
      const startedMs = performance.now()
      const said = await answer(shell, step)
      const tookMs = performance.now() - startedMs
      totalMs += tookMs
      const plain = said.replaceAll(folder, '/home/me/trial').replaceAll(temp, '/home/me').trimEnd()
      lines.push(`$ ${step}`, ...(plain === '' ? [] : [plain]), `# ${(tookMs / 1000).toFixed(1)} s`, '')
    }
    lines.push(`# In all ${(totalMs / 1000).toFixed(1)} s.`, '')
    await writeFile(fixture(`docs/recordings/${name}.txt`), lines.join('\n'))
    process.stdout.write(`docs/recordings/${name}.txt\n`)
  } finally {
    shell.stdin.end()
    stopServer()
  }
}

/** What a command said until the mark after it; a failure of it is a failure of the recording. */
function answer(shell: ReturnType<typeof spawn>, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const timer = setTimeout(() => reject(new Error(`${command} took too long`)), 180_000)
    const take = (piece: string): void => {
      said += piece
      const end = /<<<(\d+)>>>\n$/.exec(said)
      if (end === null) return
      clearTimeout(timer)
      shell.stdout?.off('data', take)
      if (end[1] === '0') resolve(said.slice(0, end.index))
      else reject(new Error(`${command} ended with ${end[1]}: ${said}`))
    }
    shell.stdout?.on('data', take)
    // What belongs to the background must not hold the mark back.
    const separator = command.endsWith('&') ? ' ' : '; '
    shell.stdin?.write(`{ ${command}${separator}} 2>&1; echo "<<<$?>>>"\n`)
  })
}
