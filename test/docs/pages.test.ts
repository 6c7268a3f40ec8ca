/**
 * What the pages show is run as it stands there: commands in a shell, in an empty folder beside a real `longhaul serve`;
 * programs by the package's name; lines for cron as cron would; units for systemd by its own checker, where that is.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { mainScript } from '../cli/stage.js'
import { bytesFrom, temporaryFolder } from '../library/world.js'
import { fixture } from '../support/paths.js'
import { runProgram } from '../support/run-program.js'

const pages = ['concepts', 'recipes', 'migration', 'unfinished-uploads', 'json-lines'] as const

interface Block {
  readonly language: string
  readonly code: string
  /** From a comment above it. */
  readonly file: string | undefined
}

function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(fixture(`docs/${page}.md`), 'utf8')
  const pattern = /(?:<!-- file: (\S+) -->\n)?^```(\w+)\n(.*?)^```$/gms
  return [...text.matchAll(pattern)].map(([, file, language = '', code = '']) => ({ language, code, file }))
}

/** Other programs that a page's commands use: where they are not, it is not run. */
const needs: Readonly<Record<string, string>> = { 'json-lines': 'jq' }

/** Shown beside ours, of tools that are not here. */
const notOurs = new Set(['python', 'javascript'])
const isBuilt = existsSync(fixture('dist/index.js'))

interface Place {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  readonly endpoint: string
}

/** An empty folder but for the files that pages speak of, `longhaul` on the path, and a server. */
async function placeFor(t: TestContext): Promise<Place> {
  const folder = await temporaryFolder(t)
  mkdirSync(join(folder, 'bin'))
  writeFileSync(
    join(folder, 'bin', 'longhaul'),
    `#!/bin/sh\nexec '${process.execPath}' '${mainScript}' "$@"\n`,
  )
  chmodSync(join(folder, 'bin', 'longhaul'), 0o755)
  writeFileSync(join(folder, 'backup.tar'), bytesFrom(1, 3_000_000))
  mkdirSync(join(folder, 'photos'))
  writeFileSync(join(folder, 'photos', 'a.jpg'), bytesFrom(2, 1000))
  const keys = { OSS_ACCESS_KEY_ID: 'LHPAGES', OSS_ACCESS_KEY_SECRET: 'a-secret-of-the-pages' }
  const home = {
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    HOME: folder,
    LONGHAUL_HOME: join(folder, '.longhaul'),
  }
  const args = ['serve', '--port', '0', '--json', '--log', 'off', '--durability', 'memory']
  const server: ChildProcess = spawn(
    process.execPath,
    [
      mainScript,
      ...args,
      '--access-key-id',
      keys.OSS_ACCESS_KEY_ID,
      '--access-key-secret',
      keys.OSS_ACCESS_KEY_SECRET,
    ],
    { cwd: folder, env: home, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  t.after(async () => {
    const ended = once(server, 'exit')
    server.kill('SIGTERM')
    await ended
  })
  assert.ok(server.stdout)
  const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string]
  const { endpoint } = JSON.parse(line) as { endpoint: string }
  return { folder, endpoint, environment: { ...home, ...keys, OSS_ENDPOINT: endpoint } }
}

function shell(code: string, { folder, environment }: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, env: environment, timeout: 120_000 }
    execFile('bash', ['-euo', 'pipefail', '-c', code], options, (error, stdout, stderr) => {
      if (error === null) resolve()
      else reject(new Error(`${code}\n--- stdout\n${stdout}--- stderr\n${stderr}--- ${error.message}`))
    })
  })
}

/** Five fields that cron knows, and a command that a shell runs. */
async function cron(code: string, place: Place): Promise<void> {
  for (const line of code.trim().split('\n')) {
    const match = /^((?:[\d*/,-]+ +){5})(.+)$/.exec(line)
    assert.ok(match, `no line for cron: ${line}`)
    assert.doesNotMatch(match[2] ?? '', /%/, 'cron makes a line break of it')
    await shell(match[2] ?? '', place)
  }
}

const systemd = spawnSync('systemd-analyze', ['--version'], { timeout: 20_000 }).status === 0

function unit({ file = '', code }: Block, { folder }: Place): void {
  const path = join(folder, file)
  // The command is where this test has it.
  writeFileSync(path, code.replaceAll('/usr/local/bin/', `${join(folder, 'bin')}/`))
  for (const line of code.split('\n')) assert.match(line, /^(|\[\w+\]|[A-Z]\w+=.+)$/, file)
}

function checkUnits(names: readonly string[], { folder }: Place): void {
  if (!systemd || names.length === 0) return
  const ended = spawnSync(
    'systemd-analyze',
    ['verify', '--man=no', ...names.map((name) => join(folder, name))],
    {
      encoding: 'utf8',
      timeout: 60_000,
    },
  )
  const said = `${ended.stdout}${ended.stderr}`.split('\n').filter((line) => line.includes('longhaul'))
  assert.deepEqual([ended.status, said], [0, []])
}

for (const page of pages) {
  const needed = needs[page]
  const isMissing = needed !== undefined && spawnSync(needed, ['--version']).status !== 0
  const skip = isMissing ? `no ${needed} here` : !isBuilt
  test(`docs/${page}.md works as it stands there`, { skip }, async (t) => {
    const place = await placeFor(t)
    const blocks = blocksOf(page)
    assert.ok(blocks.length > 0)
    await shell('longhaul mb oss://examplebucket', place)
    for (const block of blocks) {
      const { language, code } = block
      if (language === 'sh') await shell(code, place)
      else if (language === 'cron') await cron(code, place)
      else if (language === 'ini') unit(block, place)
      else if (language === 'ts') await program(code, place, t)
      else assert.ok(notOurs.has(language), `who runs ${language}?`)
    }
    checkUnits(
      blocks.flatMap(({ file }) => file ?? []),
      place,
    )
  })
}

async function program(
  code: string,
  { folder, environment, endpoint }: Place,
  t: TestContext,
): Promise<void> {
  const settings = {
    endpoint,
    accessKeyId: environment['OSS_ACCESS_KEY_ID'],
    accessKeySecret: environment['OSS_ACCESS_KEY_SECRET'],
  }
  const given = [
    `const { endpoint, accessKeyId, accessKeySecret } = ${JSON.stringify(settings)}`,
    'Object.assign(process.env, { OSS_ENDPOINT: endpoint, OSS_ACCESS_KEY_ID: accessKeyId })',
    'process.env.OSS_ACCESS_KEY_SECRET = accessKeySecret\n',
  ].join('\n')
  const placed = code
    .replaceAll(/\/data\/(local\.dat|backup\.tar)/g, join(folder, 'backup.tar'))
    .replaceAll('/data/uploads', join(folder, 'uploads'))
  await runProgram(await temporaryFolder(t), given + placed)
}

test('this test can fail: a command that fails, a line that is no cron line', async (t) => {
  const folder = await temporaryFolder(t)
  const place = { folder, endpoint: '', environment: { PATH: process.env['PATH'] ?? '' } }
  await assert.rejects(shell('false', place))
  await assert.rejects(shell('false | true', place))
  await assert.rejects(cron('every day true', place))
})
