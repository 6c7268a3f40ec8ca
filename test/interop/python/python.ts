/** The OSS SDKs for Python, by scripts of ours: oss2 and its successor alibabacloud-oss-v2, each under both signatures. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fixture } from '../../support/paths.js'
import type { Part, PartContext } from '../part.js'
import { findProgram, mustRun } from '../programs.js'
import { type Serving, startServe } from '../serving.js'

interface PythonClient {
  readonly name: string
  /** As pip knows it. */
  readonly package: string
  readonly script: string
}

const limitMs = 900_000

export const oss2: Part = partOf({ name: 'oss2', package: 'oss2', script: 'oss2_tests.py' })

export const ossV2: Part = partOf({
  name: 'python-v2',
  package: 'alibabacloud-oss-v2',
  script: 'v2_tests.py',
})

function partOf({ name, package: pipName, script }: PythonClient): Part {
  return {
    name,
    async run(context) {
      const python = await environment(context, pipName)
      for (const signature of ['v1', 'v4'] as const) {
        const folder = join(context.folder, `serve-${signature}-${randomBytes(4).toString('hex')}`)
        const server = await startServe({ folder, durability: 'durable' })
        try {
          await runScript(context, { python, script, signature, server })
        } finally {
          await server.stop()
        }
      }
      const version = /^Version: (\S+)/m.exec(await mustRun(python, ['-m', 'pip', 'show', pipName]))?.[1]
      return `${pipName} ${version ?? ''}, ${(await mustRun(python, ['--version'])).trim()}`
    },
  }
}

/** A Python of the part's own that has the package. */
async function environment({ folder, say }: PartContext, pipName: string): Promise<string> {
  const hint = 'Python 3 with venv is needed: https://www.python.org'
  const program = await findProgram(['python3', 'python'], ['-m', 'venv', '--help'], hint)
  const python = join(folder, 'venv', 'bin', 'python')
  if (!existsSync(python)) {
    say(`installing ${pipName} with pip`)
    await mustRun(program, ['-m', 'venv', join(folder, 'venv')])
  }
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', pipName]
  await mustRun(python, install, { limitMs: 300_000 })
  return python
}

/** The script tells of each test as it ends; one that ends early has failed, whatever it told before. */
async function runScript(
  context: PartContext,
  run: {
    readonly python: string
    readonly script: string
    readonly signature: 'v1' | 'v4'
    readonly server: Serving
  },
): Promise<void> {
  const { python, script, signature, server } = run
  const way = signature.toUpperCase()
  const child = spawn(python, [fixture(`test/interop/python/${script}`)], {
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: '1',
      HOME: context.folder,
      OSS_ENDPOINT: server.endpoint,
      OSS_REGION: server.region,
      OSS_ACCESS_KEY_ID: server.accessKeyId,
      OSS_ACCESS_KEY_SECRET: server.accessKeySecret,
      OSS_SIGNATURE_VERSION: signature,
      ...(context.only === undefined ? {} : { INTEROP_ONLY: context.only.source }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
    signal: context.signal,
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { test, detail } = JSON.parse(line) as { test: string; detail: string | null }
    if (detail === null) context.note({ test, way, outcome: 'pass' })
    else context.note({ test, way, outcome: 'failed', detail })
  })
  const code = await ended
  if (code !== 0) {
    context.note({ test: script, way, outcome: 'failed', detail: `it ended with ${code ?? 'a signal'}` })
  }
}
