import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixture } from './paths.js'

const { scripts } = JSON.parse(readFileSync(fixture('package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
}
/** Those that are run from build/, with their sources. */
const commands = Object.entries(scripts).flatMap(([name, line]) => {
  const program = /node build\/(\S+)\.js$/.exec(line)?.[1]
  return program === undefined ? [] : [{ name, source: `${program}.ts` }]
})

test('every command of package.json can tell how it is called', () => {
  assert.ok(commands.length > 15)
  for (const { name, source } of commands) {
    const text = readFileSync(fixture(source), 'utf8')
    assert.match(text, /\breadCommand\(/, source)
    assert.match(text, new RegExp(`[\`']npm run ${name}(?![\\w:])(?!\`)`), `${source} has no usage`)
  }
})

test('every script of package.json is told of in CONTRIBUTING.md', () => {
  const page = readFileSync(fixture('CONTRIBUTING.md'), 'utf8')
  const untold = Object.keys(scripts).filter(
    (name) => !new RegExp(`\`npm (?:run )?${name}(?![\\w:])`).test(page),
  )
  assert.deepEqual(untold, [])
})

test('a command shows its usage when asked, and for an option that it does not know', () => {
  const prove = fixture('build/test/checksum/prove.js')
  const asked = spawnSync(process.execPath, [prove, '--help'], { encoding: 'utf8' })
  assert.deepEqual([asked.status, asked.stderr], [0, ''])
  assert.match(asked.stdout, /^npm run prove:checksum\n/)
  const wrong = spawnSync(process.execPath, [prove, '--nonsense'], { encoding: 'utf8' })
  assert.deepEqual([wrong.status, wrong.stdout], [2, ''])
  assert.match(wrong.stderr, /--nonsense.*\n\nnpm run prove:checksum\n/s)
})

test('a command that a signal ends leaves no folder and no process behind', async (t) => {
  const program = `
    import { spawn } from 'node:child_process'
    import { endOnSignals, endsWithUs, workFolder } from ${JSON.stringify(new URL('./command.js', import.meta.url).href)}
    endOnSignals()
    const folder = workFolder('longhaul-command-')
    const child = endsWithUs(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }))
    console.log(JSON.stringify({ folder, pid: child.pid }))`
  const command = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(command, 'close')
  const [line] = (await once(createInterface({ input: command.stdout }), 'line')) as [string]
  const { folder, pid } = JSON.parse(line) as { readonly folder: string; readonly pid: number }
  t.after(() => {
    rmSync(folder, { recursive: true, force: true })
    if (isThere(pid)) process.kill(pid, 'SIGKILL')
  })
  assert.ok(existsSync(folder) && isThere(pid))
  command.kill('SIGTERM')
  const [code] = await closed
  assert.equal(code, 143)
  assert.equal(existsSync(folder), false)
  // Its end is sent, and the system may take a moment for it.
  for (let look = 0; look < 500 && isThere(pid); look += 1) await sleep(20)
  assert.equal(isThere(pid), false)
})

/** A process that is dead, but that nobody has asked for its end, is gone. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    const state = existsSync('/proc/self') ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ''
    return !/^\d+ \(.*\) Z/s.test(state)
  } catch {
    return false
  }
}
