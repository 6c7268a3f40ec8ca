/**
 * The documented call in Python beside ours, and the Python of the README, against the embedded server, under both
 * signatures. What else users of oss2 do is a part of `npm run interop`. Needs a Python that has oss2:
 * `PYTHON=venv/bin/python node scripts/interop-python.mjs`.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildOrRefuse } from './build.mjs'
import { setup } from './setup.mjs'
import { refuse, root, say } from './shared.mjs'

const python = process.env.PYTHON ?? 'python3'
/** Nothing here takes a minute; what takes longer hangs. */
const LIMIT_MS = 240_000

const counts = { passed: 0, failed: 0 }

function note(ok, name, detail = '') {
  counts[ok ? 'passed' : 'failed'] += 1
  process.stdout.write(`${ok ? 'ok' : 'FAILED'} ${name}${detail === '' ? '' : `: ${detail}`}\n`)
}

/** Resolves to the exit code and what was written to stdout; stderr goes through. */
function run(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString() }))
  })
}

async function requirePython() {
  const { code } = await run(python, ['-c', 'import oss2'], {}).catch(() => ({ code: 1 }))
  if (code === 0) return
  refuse(
    `${python} has no module oss2. Make one that has: python3 -m venv /tmp/oss2 && /tmp/oss2/bin/pip install oss2, then PYTHON=/tmp/oss2/bin/python`,
  )
}

/** A sample has to end well, to have told 100 % last, and to have made the object of the file. */
async function runSample(sample, { key, version, longhaul, bucket, env, filename, folder }) {
  const { code, output } = await run(sample.program, [...sample.args, filename, folder], env)
  const lines = output.trim().split('\n')
  const { equal, crc64 } = await longhaul.verifyObject(bucket, key, filename).catch(() => ({ equal: false }))
  const [, , crc] = (lines.at(-1) ?? '').split(' ')
  note(
    code === 0 && equal && crc === crc64.file,
    `${version} ${sample.name}`,
    code === 0 ? '' : `exit ${code}`,
  )
  note(lines.at(-2) === '100 %', `${version} ${sample.name} told 100 % in the end`)
}

/** The Python of the README as it stands there, but for endpoint, key and paths. Its `oss2.Auth` signs with V1. */
async function runReadme({ longhaul, bucket, env, filename, folder }) {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const blocks = [...readme.matchAll(/```python\n(.*?)```/gs)].map(([, code]) => code)
  const store = join(folder, 'readme')
  const settings = {
    key_id: env.OSS_ACCESS_KEY_ID,
    key_secret: env.OSS_ACCESS_KEY_SECRET,
    endpoint: env.OSS_ENDPOINT,
  }
  const given = Object.entries(settings).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
  for (const [index, block] of blocks.entries()) {
    const code = block.replaceAll('/data/local.dat', filename).replaceAll('/data/uploads', store)
    const program = join(folder, `readme-${index + 1}.py`)
    writeFileSync(program, given.join('') + code)
    const { code: exitCode } = await run(python, [program], env)
    const key = 'exampledir/object.dat'
    const { equal } = await longhaul.verifyObject(bucket, key, filename).catch(() => ({ equal: false }))
    note(exitCode === 0 && equal, `README, Python block ${index + 1}`, `exit ${exitCode}`)
  }
  note(blocks.length === 1, 'the README has one block of Python')
}

async function runVersion(version, longhaul, createServer) {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-python-'))
  const server = await createServer({ buckets: ['examplebucket'] })
  const { endpoint, region, accessKeyId, accessKeySecret } = server
  const env = {
    HOME: folder,
    OSS_ENDPOINT: endpoint,
    OSS_REGION: region,
    OSS_BUCKET: 'examplebucket',
    OSS_ACCESS_KEY_ID: accessKeyId,
    OSS_ACCESS_KEY_SECRET: accessKeySecret,
    OSS_SIGNATURE_VERSION: version,
  }
  try {
    const filename = join(folder, 'local.dat')
    writeFileSync(filename, randomBytes(3 * 1024 * 1024 + 1))
    const bucket = new longhaul.Bucket({
      endpoint,
      name: 'examplebucket',
      credentials: { accessKeyId, accessKeySecret },
    })
    const setting = { version, longhaul, bucket, env, filename }
    const samples = [
      [
        { name: 'sample.py', program: python, args: ['test/interop/python/sample.py'] },
        'exampledir/python.dat',
      ],
      [
        { name: 'resumable-upload.mjs', program: process.execPath, args: ['examples/resumable-upload.mjs'] },
        'exampledir/javascript.dat',
      ],
    ]
    for (const [sample, key] of samples) {
      const store = join(folder, sample.name)
      await runSample(sample, { ...setting, key, folder: store })
      const left = readdirSync(store, { recursive: true }).filter((name) => name !== 'uploads')
      note(left.length === 0, `${version} ${sample.name} left nothing in its store`, left.join(' '))
    }
    if (version === 'v1') await runReadme({ ...setting, folder })
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

setup()
await buildOrRefuse()
await requirePython()
const load = (path) => import(pathToFileURL(join(root, 'dist', path)).href)
const [longhaul, { createServer }] = [await load('index.js'), await load('server/index.js')]
say(`oss2 of ${python} against the embedded server`)
for (const version of ['v1', 'v4']) await runVersion(version, longhaul, createServer)
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`)
process.exitCode = counts.failed === 0 ? 0 : 1
