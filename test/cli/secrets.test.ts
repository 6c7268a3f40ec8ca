/** Planted secrets are in nothing that a command prints, fail as it may, with LONGHAUL_DEBUG set; nor in what `ps` shows. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createWorld, temporaryFolder } from '../library/world.js'
import { mainScript } from './stage.js'

/** Each is planted in another place. */
const planted = {
  environment: 'PlantedEnvironmentSecret0',
  token: 'PlantedSecurityToken1',
  profile: 'PlantedProfileSecret2',
  process: 'PlantedProcessSecret3',
  file: 'PlantedFileSecret4',
  proxy: 'PlantedProxyPassword5',
  flag: 'PlantedFlagSecret6',
  ossutil: 'PlantedOssutilSecret7',
}

test('no failure shows a secret, on the screen or in the list of processes', async (t) => {
  const { server } = await createWorld(t)
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'home'))
  const config = `[default]\naccess-key-id = a\naccess-key-secret = ${planted.profile}\nproxy = http://me:${planted.proxy}@127.0.0.1:1\n`
  await writeFile(join(folder, 'home', 'config'), config, { mode: 0o600 })
  await writeFile(
    join(folder, '.ossutilconfig'),
    `[profile old]\naccessKeyID=a\naccessKeySecret=${planted.ossutil}\n`,
  )
  await writeFile(join(folder, 'keys.json'), `{"AccessKeyId":"a","AccessKeySecret":"${planted.file}"}`)
  await writeFile(join(folder, 'broken.json'), `{"AccessKeyId":"a","AccessKeySecret":"${planted.file}"`)
  await writeFile(
    join(folder, 'program.cjs'),
    `console.log('{"AccessKeyId":"a","AccessKeySecret":"${planted.process}"}')`,
  )
  await writeFile(
    join(folder, 'failing.cjs'),
    `console.log('"${planted.process}"'); console.error('it was ${planted.process}'); process.exit(1)`,
  )
  await writeFile(join(folder, 'a.bin'), 'x')
  const plain = {
    PATH: process.env['PATH'],
    HOME: folder,
    LONGHAUL_HOME: join(folder, 'home'),
    LONGHAUL_DEBUG: '1',
    OSS_REGION: server.region,
  }
  const around = {
    ...plain,
    OSS_ACCESS_KEY_ID: server.accessKeyId,
    OSS_ACCESS_KEY_SECRET: planted.environment,
    OSS_SESSION_TOKEN: planted.token,
    LONGHAUL_STORE: join(folder, 'store'),
  }
  const put = ['put', 'a.bin', 'oss://examplebucket/a', '--retry-for', '1s']
  const local = ['--endpoint', server.endpoint]
  const proxied = {
    HTTP_PROXY: `http://me:${planted.proxy}@127.0.0.1:1`,
    ALL_PROXY: `socks5://me:${planted.proxy}@127.0.0.1:1`,
  }
  const rows: readonly (readonly [
    args: readonly string[],
    environment?: Record<string, string | undefined>,
  ])[] = [
    [[...put, ...local], around],
    [[...put, '--endpoint', 'http://127.0.0.1:1', '--json'], around],
    [[...put, '--endpoint', 'http://oss.invalid'], { ...around, ...proxied }],
    [[...put, '--endpoint', 'https://oss.invalid'], { ...around, ...proxied, HTTP_PROXY: undefined }],
    [[...put, ...local, '--profile', 'default']],
    [[...put, ...local, '--profile', 'old']],
    [[...put, ...local, '--profile', 'nobody']],
    [[...put, ...local, '--credential-process', `${process.execPath} program.cjs`]],
    [[...put, ...local, '--credential-process', `${process.execPath} failing.cjs`]],
    [[...put, ...local, '--credentials-file', 'keys.json']],
    [[...put, ...local, '--credentials-file', 'broken.json']],
    [[...put, `--access-key-secret=${planted.flag}`]],
    [['config', 'set', 'access-key-secret', planted.flag]],
    [['config', 'list']],
    [['config', 'show'], around],
    [['config', 'get', 'access-key-secret']],
    [['config', 'get', 'proxy']],
    [['doctor', 'oss://examplebucket', ...local, '--no-measure'], around],
    [
      ['doctor', 'oss://examplebucket', '--endpoint', 'http://oss.invalid', '--no-measure', '--json'],
      { ...around, ...proxied },
    ],
    [['ls', ...local], around],
    [['resume', '--all', ...local], around],
  ]
  const seen: string[] = []
  let commandLines = 0
  // Some at once: most of their time is the start.
  const queue = [...rows]
  const worker = async (): Promise<void> => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
      const [args, env = plain] = row
      const child = spawn(process.execPath, [mainScript, ...args], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const printed: string[] = []
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (bytes) => printed.push(String(bytes)))
        stream.once('data', async () => {
          const line = await commandLine(child.pid)
          // Its own words may hold what somebody typed there.
          if (line === undefined || args.some((arg) => arg.includes(planted.flag))) return
          commandLines += 1
          seen.push(line)
        })
      }
      await once(child, 'close')
      seen.push(printed.join(''))
      assert.ok(printed.length > 0, `${args.join(' ')} printed something`)
    }
  }
  await Promise.all([worker(), worker(), worker()])
  assert.equal(seen.filter((text) => text.includes('longhaul: ')).length >= 12, true, 'most of them fail')
  for (const [place, secret] of Object.entries(planted)) {
    const shown = seen.filter((text) => text.includes(secret))
    assert.deepEqual(shown, [], `the secret of the ${place} was shown`)
  }
  for (const name of await readdir(folder, { recursive: true })) {
    if (!/journal|lock/.test(name)) continue
    const kept = await readFile(join(folder, name), 'utf8').catch(() => '')
    for (const secret of Object.values(planted)) assert.ok(!kept.includes(secret), `${name} keeps a secret`)
  }
  if (process.platform === 'linux') assert.ok(commandLines > 0)
})

async function commandLine(pid: number | undefined): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return text === '' ? undefined : text
}
